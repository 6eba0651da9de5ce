//! Whose certificates are believed: those that this machine trusts, or only those of a file. Not here: one's own
//! certificate (`identity`).

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::{ClientConfig, RootCertStore};

/// Certificates of authorities.
#[derive(Clone)]
pub struct Roots(Arc<[CertificateDer<'static>]>);

/// Why there are none.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// The machine has none.
    #[error("this machine trusts no certificates; install ca-certificates{0}")]
    None(String),
    /// The file cannot be read.
    #[error("cannot read the certificates {}: {reason}", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: std::io::Error,
    },
    /// The file holds something else.
    #[error("{} holds no certificate: expected PEM, which begins with -----BEGIN CERTIFICATE-----", .0.display())]
    NoCertificate(PathBuf),
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roots({})", self.0.len())
    }
}

impl Roots {
    /// Only those of this file, or, without one, those of the machine. Reads files.
    ///
    /// # Errors
    /// There is no certificate to be had.
    pub fn read(ca: Option<&Path>) -> Result<Self, RootsError> {
        ca.map_or_else(Self::of_machine, Self::of_file)
    }

    /// These, or those of the machine. Perhaps reads files.
    ///
    /// # Errors
    /// The machine has none.
    pub fn or_of_machine(these: Option<&Self>) -> Result<Self, RootsError> {
        these.map_or_else(Self::of_machine, |these| Ok(these.clone()))
    }

    fn of_machine() -> Result<Self, RootsError> {
        let found = rustls_native_certs::load_native_certs();
        if found.certs.is_empty() {
            let why = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
            return Err(RootsError::None(why));
        }
        Ok(Self(found.certs.into()))
    }

    fn of_file(path: &Path) -> Result<Self, RootsError> {
        let text = std::fs::read(path).map_err(|reason| RootsError::Unread { path: path.into(), reason })?;
        Self::of_pem(path, &text)
    }

    /// Those in `text`, which was read from `path`.
    ///
    /// # Errors
    /// It holds none.
    pub fn of_pem(path: &Path, text: &[u8]) -> Result<Self, RootsError> {
        let none = || RootsError::NoCertificate(path.into());
        let all: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(text).collect();
        let all = all.map_err(|_| none())?;
        // What stands between the lines may still be anything.
        let (known, _) = RootCertStore::empty().add_parsable_certificates(all.iter().cloned());
        if known == 0 { Err(none()) } else { Ok(Self(all.into())) }
    }

    /// The certificates.
    #[must_use]
    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.0
    }

    /// How a client speaks that believes these.
    #[must_use]
    pub fn client(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(self.0.iter().cloned());
        let config = ClientConfig::builder_with_provider(super::provider())
            .with_safe_default_protocol_versions()
            .expect("ring knows the versions that rustls calls safe")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }
}
