//! Until when a certificate is good. Not here: whether it is believed (`reason`), reading it (`identity`).

use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, RootCertStore};

/// Later than any certificate is good for: the end of their calendar.
const END: Duration = Duration::from_secs(253_402_300_799);

/// The last moment of `certificate`, since 1970. It is looked at from the end of all times, where it is over, and over since
/// when is what a refusal says: no second reader of certificates is needed. `None` for one that never ends, or is of no
/// known form.
pub(super) fn of(certificate: &CertificateDer<'static>) -> Option<Duration> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).ok()?;
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), super::provider()).build().ok()?;
    let name = ServerName::try_from("hb").expect("a name");
    let end = UnixTime::since_unix_epoch(END);
    match verifier.verify_server_cert(certificate, &[], &name, &[], end) {
        Err(rustls::Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            Some(Duration::from_secs(not_after.as_secs()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_moment_is_read_whoever_signed() {
        let key = rcgen::KeyPair::generate().unwrap();
        let authority = rcgen::KeyPair::generate().unwrap();
        for is_ca in [false, true] {
            let mut of_authority = rcgen::CertificateParams::new(vec![]).unwrap();
            of_authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            let issuer = rcgen::Issuer::new(of_authority, &authority);
            let mut params = rcgen::CertificateParams::new(vec!["hall".into()]).unwrap();
            params.not_after = rcgen::date_time_ymd(2027, 2, 3);
            if is_ca {
                params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            }
            let signed = params.signed_by(&key, &issuer).unwrap();
            let own = params.self_signed(&key).unwrap();
            for certificate in [signed, own] {
                // 2027-02-03T00:00:00Z.
                assert_eq!(of(certificate.der()), Some(Duration::from_secs(1_801_612_800)), "{is_ca}");
            }
        }
        assert_eq!(of(&CertificateDer::from(vec![1, 2, 3])), None);
    }
}
