//! What libpq's `sslmode` demands of a server's certificate.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::address::TlsMode;
use crate::tls::{TlsError, certificates, provider};

/// A client that demands what the mode says.
pub(super) fn client(mode: TlsMode, ca_file: Option<&Path>) -> Result<ClientConfig, TlsError> {
    let accepted = match (mode, ca_file) {
        (TlsMode::VerifyFull, ca_file) => return crate::tls::client(ca_file),
        (TlsMode::VerifyCa, None) => Accepted::VouchedFor(Arc::new(Verifier::new(provider())?)),
        // Only this file's: without the name, a certificate that anybody can buy would do.
        (TlsMode::VerifyCa | TlsMode::Require, Some(file)) => Accepted::VouchedFor(vouched_for_by(file)?),
        (TlsMode::Disable | TlsMode::Prefer | TlsMode::Require, _) => Accepted::Any,
    };
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let verifier = Arc::new(AnyName { accepted });
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

fn vouched_for_by(file: &Path) -> Result<Arc<WebPkiServerVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate)?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build();
    verifier.map_err(|error| TlsError::Unusable(Error::General(error.to_string())))
}

/// Certificates for whatever name.
#[derive(Debug)]
struct AnyName {
    accepted: Accepted,
}

#[derive(Debug)]
enum Accepted {
    Any,
    VouchedFor(Arc<dyn ServerCertVerifier>),
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Accepted::VouchedFor(verifier) = &self.accepted else { return Ok(ServerCertVerified::assertion()) };
        match verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The name is looked at last, when the rest is found to be right.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    // The signatures are verified whatever the certificate: the login is bound to it, and so it must be the server's own.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
