//! Where the page of a cell lies: a folder, and where it is asked for over HTTP, a server of its own for that folder. Not
//! here: the server that is beaten to ([`crate::harness::server`]).

use std::path::Path;

use std::sync::Arc;

use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;

use super::case::From;
use crate::harness::server::Server;

/// What the page from the internet is called.
pub(crate) const PUBLIC: &str = "exhibit.example.org";

/// An entry point of the package of its own, which no server delivers.
const PIXELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../hb-wasm/npm/dist/pixels.js");

pub(crate) struct Host {
    folder: TempDir,
    /// Where it listens, unless it is a folder alone.
    port: Option<u16>,
    /// What stands before a file's name.
    base: String,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Host {
    pub(crate) async fn open(from: From, server: &Server) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, body: &[u8]| std::fs::write(folder.path().join(name), body).unwrap();
        put("page.html", include_bytes!("page.html"));
        put("page.js", include_bytes!("page.js"));
        put("other.html", b"<!doctype html><title>Another page</title>");
        put("hb.js", &server.body("/hb.js").await);
        put("pixels.js", &std::fs::read(PIXELS).expect("the npm package is built"));
        let policy = match from {
            From::Disk => {
                let base = format!("file://{}", folder.path().display());
                return Self { folder, port: None, base, task: None };
            }
            From::Http | From::Https | From::Public => "",
            From::Policy(policy) => policy,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let secret = matches!(from, From::Https | From::Public).then(acceptor);
        let scheme = if secret.is_some() { "https" } else { "http" };
        let name = if from == From::Public { PUBLIC } else { "localhost" };
        let base = format!("{scheme}://{name}:{port}");
        let path = folder.path().to_owned();
        let task = tokio::spawn(async move {
            while let Ok((peer, _)) = listener.accept().await {
                let (path, secret) = (path.clone(), secret.clone());
                tokio::spawn(async move {
                    match secret {
                        Some(secret) => answer(secret.accept(peer).await?, &path, policy).await,
                        None => answer(peer, &path, policy).await,
                    }
                });
            }
        });
        Self { folder, port: Some(port), base, task: Some(task) }
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// The address of one of its files.
    pub(crate) fn url(&self, file: &str) -> String {
        format!("{}/{file}", self.base)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
        debug_assert!(self.folder.path().exists());
    }
}

/// One request, one answer, and the connection ends.
async fn answer<P>(mut peer: P, folder: &Path, policy: &str) -> std::io::Result<()>
where
    P: AsyncRead + AsyncWrite + Unpin,
{
    let mut request = vec![0; 8192];
    let length = peer.read(&mut request).await?;
    let request = String::from_utf8_lossy(&request[..length]).into_owned();
    let path = request.split(' ').nth(1).unwrap_or("/");
    let name = path.split('?').next().unwrap_or_default().trim_start_matches('/');
    // Only what was put there: a name without a folder.
    let body = std::fs::read(folder.join(name.replace('/', ""))).unwrap_or_default();
    let kind = if name.ends_with(".js") { "text/javascript" } else { "text/html" };
    let status = if body.is_empty() { "404 Not Found" } else { "200 OK" };
    let mut head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n",
        body.len()
    );
    if !policy.is_empty() {
        head += &format!("Content-Security-Policy: {policy}\r\n");
    }
    peer.write_all((head + "\r\n").as_bytes()).await?;
    peer.write_all(&body).await?;
    peer.shutdown().await
}

/// With a certificate that nobody knows: the browser is told not to ask.
fn acceptor() -> TlsAcceptor {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec!["localhost".into()]).unwrap().self_signed(&key).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}
