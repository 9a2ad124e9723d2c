//! An authority of the stand-in's own, and the certificate that it signs.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tempfile::NamedTempFile;

/// A server's certificate, and the file by which a client trusts it.
#[derive(Debug)]
pub(crate) struct Certificates {
    ca_file: NamedTempFile,
    server: Arc<ServerConfig>,
}

impl Certificates {
    /// Makes an authority and a certificate for this name or address.
    pub(crate) fn for_name(name: &str) -> Self {
        let authority_key = KeyPair::generate().expect("a key");
        let mut authority = CertificateParams::new([]).expect("no names");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let authority_certificate = authority.self_signed(&authority_key).expect("a certificate");
        let mut ca_file = NamedTempFile::new().expect("a temporary file");
        ca_file.write_all(authority_certificate.pem().as_bytes()).expect("a write");

        let key = KeyPair::generate().expect("a key");
        let leaf = CertificateParams::new([name.to_owned()]).expect("a name");
        let certificate = leaf.signed_by(&key, &Issuer::new(authority, authority_key)).expect("a certificate");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let server = ServerConfig::builder_with_provider(llm_exporter::tls::provider())
            .with_safe_default_protocol_versions()
            .expect("its own versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("the key is the certificate's");
        Self { ca_file, server: Arc::new(server) }
    }

    /// The authority's certificate in PEM.
    pub(crate) fn ca_file(&self) -> &Path {
        self.ca_file.path()
    }

    /// For whoever serves with it.
    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server)
    }
}
