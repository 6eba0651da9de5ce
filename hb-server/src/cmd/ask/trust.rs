//! Whose certificates are believed: `--ca`, else `HB_CA`, else whom this machine trusts; read only where TLS is spoken.
//! Not here: what went wrong with one (the library's `tls`).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hb_server::tls::{Roots, RootsError, provider};
use rustls::ClientConfig;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use crate::cmd::address::Address;
use crate::cmd::environment::Environment;

/// Whose certificates are believed; nobody's where no TLS is spoken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust(Option<Roots>);

impl Trust {
    /// What is needed to speak with `address`.
    pub(crate) fn resolve(
        typed: Option<&Path>,
        address: &Address,
        environment: Environment<'_>,
    ) -> Result<Self, RootsError> {
        if !address.is_secure() {
            return Ok(Self::default());
        }
        let ca = typed.map(PathBuf::from).or_else(|| environment.text("HB_CA").map(PathBuf::from));
        Roots::read(ca.as_deref()).map(|roots| Self(Some(roots)))
    }

    /// For a link; `None` where no TLS is spoken.
    pub(crate) fn client(&self) -> Option<Arc<ClientConfig>> {
        self.0.as_ref().map(Roots::client)
    }

    pub(super) fn tls(&self) -> TlsConfig {
        let roots = self.0.iter().flat_map(Roots::certificates);
        let roots: Vec<_> = roots.map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
        TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(provider())
            .root_certs(RootCerts::new_with_certs(&roots))
            .build()
    }
}
