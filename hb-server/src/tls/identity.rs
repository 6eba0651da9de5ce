//! Who this server is: a certificate and its key, from two files that are read again when they change.
//!
//! A new pair that is not right is told in the log and not taken: the old one goes on. Not here: handshakes (`http`).

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Where a certificate and its key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The server's certificate, and behind it those that lead to an authority; PEM.
    pub certificate: PathBuf,
    /// Its private key; PEM, without a password.
    pub key: PathBuf,
}

/// The files, and what they last held.
pub struct Identity {
    files: Files,
    held: Mutex<Held>,
}

struct Held {
    config: Arc<ServerConfig>,
    seen: [Stamp; 2],
}

/// By what a change of a file is noticed; `None` while there is none.
type Stamp = Option<(SystemTime, u64)>;

/// Why the files were refused. What is in a key is never repeated.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// One cannot be read.
    #[error("cannot read {}: {}", path.display(), why_unread(reason))]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: io::Error,
    },
    /// There is no certificate in it.
    #[error("{} holds no certificate: expected PEM, which begins with -----BEGIN CERTIFICATE-----", .0.display())]
    NoCertificate(PathBuf),
    /// There is no key in it.
    #[error("{} holds no private key: expected PEM, which begins with -----BEGIN PRIVATE KEY-----, and no password on it", .0.display())]
    NoKey(PathBuf),
    /// They do not belong together, or are of a kind that is not known.
    #[error("{} and {} are no pair: {reason}", certificate.display(), key.display())]
    NoPair {
        /// The file of certificates.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// What is wrong with them.
        reason: String,
    },
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.files.certificate.display())
    }
}

impl Identity {
    /// Reads both files.
    ///
    /// # Errors
    /// Files that cannot be read, or are no pair.
    pub fn read(files: Files) -> Result<Self, IdentityError> {
        let seen = files.stamps();
        let held = Mutex::new(Held { config: config(&files)?, seen });
        Ok(Self { files, held })
    }

    /// How the next connection is spoken to.
    #[must_use]
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.held().config)
    }

    /// Looks whether a file has changed, and takes the new pair if it is one. Touches the disk.
    ///
    /// # Errors
    /// They have changed, and the new ones are not right; said once, until they change again.
    pub fn refresh(&self) -> Result<bool, IdentityError> {
        let now = self.files.stamps();
        if self.held().seen == now {
            return Ok(false);
        }
        // Read without the lock: nobody's handshake waits for the disk.
        let read = config(&self.files);
        let mut held = self.held();
        held.seen = now;
        held.config = read?;
        Ok(true)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files {
    /// Reads both files. Until when the certificate is good, since 1970; `None` where that cannot be said.
    ///
    /// # Errors
    /// Files that cannot be read, or are no pair.
    pub fn good_until(&self) -> Result<Option<Duration>, IdentityError> {
        config(self)?;
        let chain = chain(&self.certificate)?;
        Ok(chain.first().and_then(super::expiry::of))
    }

    fn stamps(&self) -> [Stamp; 2] {
        [stamp(&self.certificate), stamp(&self.key)]
    }
}

fn stamp(path: &Path) -> Stamp {
    let file = fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}

fn config(files: &Files) -> Result<Arc<ServerConfig>, IdentityError> {
    let Files { certificate, key } = files;
    let chain = chain(certificate)?;
    let secret = PrivateKeyDer::from_pem_slice(&read(key)?);
    let secret = secret.map_err(|_| IdentityError::NoKey(key.into()))?;
    let mut config = ServerConfig::builder_with_provider(super::provider())
        .with_safe_default_protocol_versions()
        .expect("ring knows the versions that rustls calls safe")
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(|error| IdentityError::NoPair {
            certificate: certificate.into(),
            key: key.into(),
            reason: no_pair(&error),
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn chain(certificate: &Path) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(certificate)?).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    chain.ok_or_else(|| IdentityError::NoCertificate(certificate.into()))
}

fn read(path: &Path) -> Result<Vec<u8>, IdentityError> {
    fs::read(path).map_err(|reason| IdentityError::Unread { path: path.into(), reason })
}

fn no_pair(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InconsistentKeys(_) => "the key is that of another certificate".into(),
        error => error.to_string(),
    }
}

fn why_unread(reason: &io::Error) -> String {
    match reason.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        io::ErrorKind::PermissionDenied => {
            "permission denied; let the user that runs hb read it, and nobody else".into()
        }
        _ => reason.to_string(),
    }
}
