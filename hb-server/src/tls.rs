//! TLS, by rustls with ring: whose certificates are believed, who this server is, and failures in words.
//!
//! Not here: sockets, and who speaks TLS with whom (`http`, `heart`, `carrier`, `notify`, the command line).

mod expiry;
mod identity;
mod reason;
mod roots;

use std::io;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub use identity::{Files, Identity, IdentityError};
pub use reason::reason;
pub use roots::{Roots, RootsError};

/// What encrypts: one choice for all.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Speaks TLS over `stream` with `host`, which is a name or an address, with or without brackets.
///
/// # Errors
/// What rustls or the system says; [`reason`] has words for it.
pub async fn connect<S>(config: Arc<ClientConfig>, host: &str, stream: S) -> io::Result<TlsStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let host = host.trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "no certificate could hold such a name"))?;
    TlsConnector::from(config).connect(name, stream).await
}

#[cfg(test)]
pub(crate) mod tests;
