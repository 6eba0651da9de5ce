//! Channels by TLS, with receivers that an authority of the test's own vouches for: what arrives, and who is told nothing.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::notify::channel::mail::{self, Mail, Security};
use crate::notify::channel::mqtt::topics::Topics;
use crate::notify::channel::mqtt::{self, Mqtt};
use crate::notify::channel::webhook::{Shape, Webhook};
use crate::tls::Identity;
use crate::tls::tests::Authority;

/// How TLS begins.
#[derive(Clone, Copy)]
enum Beginning {
    Bare,
    /// After words of SMTP.
    StartTls,
}

/// TLS in front of the server at `to`; its port.
async fn in_front_of(to: String, identity: Arc<Identity>, beginning: Beginning) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (to, identity) = (to.clone(), Arc::clone(&identity));
            tokio::spawn(async move {
                let mut behind = TcpStream::connect(to).await.unwrap();
                let stream = match beginning {
                    Beginning::Bare => stream,
                    Beginning::StartTls => {
                        // The greeting of who is behind was said in front.
                        behind.read_exact(&mut [0; b"220 test\r\n".len()]).await.unwrap();
                        words_before_tls(stream).await
                    }
                };
                // Who does not believe us is gone.
                if let Ok(mut secure) = TlsAcceptor::from(identity.config()).accept(stream).await {
                    let _ = copy_bidirectional(&mut secure, &mut behind).await;
                }
            });
        }
    });
    port
}

async fn words_before_tls(stream: TcpStream) -> TcpStream {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 test\r\n").await.unwrap();
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    assert!(line.starts_with("EHLO "), "{line}");
    stream.write_all(b"250-test\r\n250 STARTTLS\r\n").await.unwrap();
    line.clear();
    stream.read_line(&mut line).await.unwrap();
    assert_eq!(line, "STARTTLS\r\n");
    stream.write_all(b"220 go on\r\n").await.unwrap();
    stream.into_inner()
}

/// Who believes the authority delivers by `channel`; who believes another is told why not, and nothing is heard.
async fn check(
    channel: impl Fn(&Authority) -> Channel,
    authority: &Authority,
    heard: impl AsyncFn() -> bool,
) {
    let failure = send(&channel(&Authority::new()), &about("Tetris")).await.unwrap_err();
    assert!(
        failure.reason.contains(" speaks no TLS that can be trusted: nobody whom this machine trusts signed"),
        "{failure}"
    );
    assert_eq!(failure.outcome, Outcome::Unavailable { after: None });
    assert!(!heard().await);
    send(&channel(authority), &about("Tetris")).await.unwrap();
    assert!(heard().await);
}

#[tokio::test]
async fn a_webhook_arrives_by_tls() {
    let authority = Authority::new();
    let (address, heard) = server::start(Vec::new()).await;
    let port = in_front_of(address, authority.identity(&["localhost"]), Beginning::Bare).await;
    let hook = |ca: &Authority| {
        let token = Some(Secret::new("hunter2"));
        let url = format!("https://localhost:{port}/x");
        Channel::Webhook(Webhook::new(&url, token, Shape::Json, Some(&ca.roots())).unwrap())
    };
    check(hook, &authority, async || !heard.lock().unwrap().is_empty()).await;
    assert!(heard.lock().unwrap()[0].0.contains("authorization: Bearer hunter2"));
}

#[tokio::test]
async fn a_mail_arrives_by_tls_from_the_first_byte_or_from_starttls_on() {
    let authority = Authority::new();
    for (security, beginning) in [(Security::Tls, Beginning::Bare), (Security::StartTls, Beginning::StartTls)]
    {
        let (behind, heard) = super::mail::server("250 taken\r\n").await;
        let to = format!("127.0.0.1:{behind}");
        let port = in_front_of(to, authority.identity(&["127.0.0.1"]), beginning).await;
        let mail = |ca: &Authority| {
            let plain = super::mail::config(port);
            Channel::Mail(Mail::new(mail::Config { security, ca: Some(ca.roots()), ..plain }).unwrap())
        };
        check(mail, &authority, async || heard.lock().unwrap().contains("MAIL FROM")).await;
    }
}

#[tokio::test]
async fn a_message_reaches_a_broker_by_tls() {
    let authority = Authority::new();
    let (_broker, behind, _folder) = super::mqtt::broker().await;
    let to = format!("127.0.0.1:{behind}");
    let port = in_front_of(to, authority.identity(&["127.0.0.1"]), Beginning::Bare).await;
    let (_client, mut events) = super::mqtt::witness(behind).await;
    let mqtt = |ca: &Authority| {
        let login = Some(("hb".into(), Secret::new("pass")));
        let (host, topics, ca) = ("127.0.0.1".into(), Topics::default(), Some(ca.roots()));
        Channel::Mqtt(
            Mqtt::new(mqtt::Config { host, port: Some(port), tls: true, ca, login, topics }).unwrap(),
        )
    };
    let failure = send(&mqtt(&Authority::new()), &about("Pong")).await.unwrap_err();
    assert!(failure.reason.contains("nobody whom this machine trusts signed its certificate"), "{failure}");
    send(&mqtt(&authority), &about("Tetris")).await.unwrap();
    let heard = super::mqtt::told(&mut events).await;
    assert!(String::from_utf8_lossy(&heard.payload).contains("Tetris on kiosk-17"), "and not Pong");
}
