//! TLS towards receivers: rustls with ring, and the certificates that this machine trusts. Not here: who is called.

use std::io;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// What every connection of a channel goes by. Reads files: once, when a channel is made.
pub(super) fn config() -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map_or_else(String::new, |error| format!(": {error}"));
        let advice = "this machine trusts no certificates; install ca-certificates";
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("{advice}{why}")));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring knows the versions that rustls calls safe")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
