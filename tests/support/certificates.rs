//! An authority of the test's own, and the certificates that it signs.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tempfile::TempDir;

/// An authority that nobody trusts unless told to.
#[derive(Debug)]
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    folder: TempDir,
}

/// A server's certificate and its key, all in PEM.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    /// The certificate.
    pub(crate) chain: String,
    /// The key.
    pub(crate) key: String,
    /// The certificate of who signed it.
    pub(crate) authority: String,
}

impl Authority {
    /// Makes one. All have the same name, as one has that is made anew.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names, no bad name");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "an authority of a test");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let pem = certificate.pem();
        std::fs::write(folder.path().join("ca.pem"), &pem).expect("a temporary folder takes a file");
        Self { issuer: Issuer::new(params, key), pem, folder }
    }

    /// The file that one names to trust it.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Its own certificate, taken for a server's.
    pub(crate) fn as_server(&self) -> Certificate {
        let key = self.issuer.key().serialize_pem();
        Certificate { chain: self.pem.clone(), key, authority: self.pem.clone() }
    }

    /// Signs a certificate for a host, by name or address.
    pub(crate) fn certify(&self, host: &str) -> Certificate {
        let params = CertificateParams::new(vec![host.to_owned()]).expect("a name for a host");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Certificate { chain: certificate.pem(), key: key.serialize_pem(), authority: self.pem.clone() }
    }
}
