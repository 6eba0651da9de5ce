//! An authority of a test's own, and servers that it vouches for. Not here: whom hb believes.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

/// An authority, with a folder for what it signs.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("a test may write what it likes");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(
            params,
            KeyPair::generate().expect("a test may write what it likes"),
        )
        .expect("a test may write what it likes");
        let folder = tempfile::tempdir().expect("a test may write what it likes");
        std::fs::write(folder.path().join("ca.pem"), issuer.as_ref().pem())
            .expect("a test may write what it likes");
        Self { issuer, folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file of its own certificate.
    pub(crate) fn ca(&self) -> PathBuf {
        self.folder().join("ca.pem")
    }

    /// A certificate for these names and its key, in PEM.
    pub(crate) fn sign(&self, names: &[&str]) -> [String; 2] {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let key = KeyPair::generate().expect("a test may write what it likes");
        let certificate = CertificateParams::new(names)
            .expect("a test may write what it likes")
            .signed_by(&key, &self.issuer)
            .expect("a test may write what it likes");
        [certificate.pem(), key.serialize_pem()]
    }

    /// The same in files, in the place of what was there.
    pub(crate) fn write(&self, names: &[&str]) -> [PathBuf; 2] {
        let files = ["cert.pem", "key.pem"].map(|name| self.folder().join(name));
        for (file, text) in files.iter().zip(self.sign(names)) {
            std::fs::write(file, text).expect("a test may write what it likes");
        }
        files
    }
}
