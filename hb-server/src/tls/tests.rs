//! Handshakes with certificates of a test's own, over sockets in memory; what is refused, and in which words.

use std::fs;

use rustls::pki_types::CertificateDer;
use tokio::io::{DuplexStream, duplex};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server;

use super::*;

#[path = "../../tests/tls/authority.rs"]
mod authority;

pub(crate) use authority::Authority;

impl Authority {
    pub(crate) fn roots(&self) -> Roots {
        Roots::read(Some(&self.ca())).unwrap()
    }

    /// The files of a certificate for these names.
    pub(crate) fn files(&self, names: &[&str]) -> Files {
        let [certificate, key] = self.write(names);
        Files { certificate, key }
    }

    pub(crate) fn identity(&self, names: &[&str]) -> Arc<Identity> {
        Arc::new(Identity::read(self.files(names)).unwrap())
    }
}

/// Both ends after a handshake, or why there is none.
async fn meet(
    identity: &Identity,
    roots: &Roots,
    host: &str,
) -> Result<(TlsStream<DuplexStream>, server::TlsStream<DuplexStream>), String> {
    let (near, far) = duplex(1 << 16);
    let acceptor = TlsAcceptor::from(identity.config());
    let (client, server) = tokio::join!(connect(roots.client(), host, near), acceptor.accept(far));
    let client = client.map_err(|error| reason(&error).unwrap_or_else(|| error.to_string()))?;
    Ok((client, server.map_err(|error| error.to_string())?))
}

fn shown(client: &TlsStream<DuplexStream>) -> CertificateDer<'static> {
    client.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

#[tokio::test]
async fn who_is_vouched_for_is_believed_under_its_names_and_nobody_else() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let identity = ours.identity(&["hall.example", "127.0.0.1", "::1"]);
    for host in ["hall.example", "127.0.0.1", "[::1]"] {
        let (_, server) = meet(&identity, &ours.roots(), host).await.expect(host);
        assert_eq!(server.get_ref().1.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
    }
    for (roots, host, why) in [
        (&theirs, "hall.example", "nobody whom this machine trusts signed its certificate; if"),
        (&ours, "hall.elsewhere", "its certificate is for other names; expected the address to be one"),
        (&ours, "a b", "no certificate could hold such a name"),
    ] {
        let refused = meet(&identity, &roots.roots(), host).await.unwrap_err();
        assert!(refused.starts_with(why), "{refused}");
    }
}

#[tokio::test]
async fn a_certificate_that_changes_is_taken_and_a_broken_one_is_not() {
    let authority = Authority::new();
    let files = authority.files(&["hall.example"]);
    let identity = Identity::read(files.clone()).unwrap();
    let meet = async || shown(&meet(&identity, &authority.roots(), "hall.example").await.unwrap().0);
    let first = meet().await;
    assert!(!identity.refresh().unwrap(), "nothing has changed");

    // Half of a new pair, as while the files are being replaced.
    let [certificate, key] = authority.sign(&["hall.example", "another.example"]);
    fs::write(&files.certificate, &certificate).unwrap();
    let error = identity.refresh().unwrap_err().to_string();
    assert!(error.ends_with("are no pair: the key is that of another certificate"), "{error}");
    assert!(!identity.refresh().unwrap(), "it is told once");
    assert_eq!(meet().await, first);

    // Of another length than what was there, for the clock of a file system is coarse.
    fs::write(&files.key, key + "\n").unwrap();
    assert!(identity.refresh().unwrap());
    let second = meet().await;
    assert_ne!(second, first);

    fs::remove_file(&files.certificate).unwrap();
    assert!(identity.refresh().unwrap_err().to_string().ends_with("cert.pem: there is no such file"));
    assert_eq!(meet().await, second);
}

#[test]
fn what_is_no_pair_is_refused_in_words_that_tell_no_key() {
    let authority = Authority::new();
    let Files { certificate, key } = authority.files(&["hall.example"]);
    let file = |name: &str, text: &str| {
        let path = authority.folder().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let secret = fs::read_to_string(&key).unwrap();
    let body = secret.lines().nth(1).unwrap();
    let broken = "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n";
    for (certificate, key, why) in [
        (&key, &key, "key.pem holds no certificate: expected PEM, which"),
        (&certificate, &certificate, "cert.pem holds no private key: expected PEM, which"),
        (&certificate, &file("empty", ""), "empty holds no private key: expected PEM, which"),
        (&certificate, &file("broken", broken), "are no pair: "),
        (&certificate, &authority.folder().join("none"), "none: there is no such file"),
    ] {
        let files = Files { certificate: certificate.clone(), key: key.clone() };
        let error = Identity::read(files).unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(told.contains(why), "{told}");
        assert!(!told.contains(body) && !told.contains("hunter2"), "{told}");
    }
    for (path, why) in [(&key, "holds no certificate"), (&authority.folder().join("none"), "cannot read")] {
        let error = Roots::read(Some(path)).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
