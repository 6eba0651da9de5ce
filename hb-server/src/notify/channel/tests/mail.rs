//! Mail against a server that does as it is told.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::*;
use crate::notify::channel::mail::{Config, Invalid, Mail, Security};

/// A mail server for one mail after the other; `answer` is what it says to each. Returns its port and what it heard.
pub(super) async fn server(answer: &'static str) -> (u16, Arc<Mutex<String>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::<Mutex<String>>::default();
    let log = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            stream.write_all(b"220 test\r\n").await.unwrap();
            let (mut line, mut in_mail) = (String::new(), false);
            while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
                log.lock().unwrap().push_str(&line);
                let reply = match line.trim_end() {
                    "." => {
                        in_mail = false;
                        answer
                    }
                    _ if in_mail => "",
                    "DATA" => {
                        in_mail = true;
                        "354 go on\r\n"
                    }
                    "QUIT" => "221 bye\r\n",
                    _ => "250 fine\r\n",
                };
                // Whoever has heard enough does not wait for the goodbye.
                let _ = stream.write_all(reply.as_bytes()).await;
                line.clear();
            }
        }
    });
    (port, heard)
}

pub(super) fn config(port: u16) -> Config {
    Config {
        server: "127.0.0.1".into(),
        port: Some(port),
        security: Security::Plain,
        ca: None,
        login: None,
        from: "hb <hb@museum.example>".into(),
        to: vec!["guard@museum.example".into(), "Ada <ada@museum.example>".into()],
    }
}

fn mail(port: u16) -> Channel {
    Channel::Mail(Mail::new(config(port)).unwrap())
}

#[tokio::test]
async fn a_mail_has_a_subject_a_text_and_a_page_and_one_name_stays_one_name() {
    let (port, heard) = server("250 taken\r\n").await;
    let mut message = about("<i>Größe</i>");
    send(&mail(port), &message).await.unwrap();
    let text = std::mem::take(&mut *heard.lock().unwrap());
    for wanted in [
        "MAIL FROM:<hb@museum.example>",
        "RCPT TO:<guard@museum.example>",
        "RCPT TO:<ada@museum.example>",
        "Auto-Submitted: auto-generated",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
        "&lt;i&gt;",
    ] {
        assert!(text.contains(wanted), "{wanted} in {text}");
    }
    message.incidents[0].app = "a\r\nBcc: all@museum.example\r\n\r\nb\r\n.\r\nMAIL FROM:<x@y.example>".into();
    send(&mail(port), &message).await.unwrap();
    let text = std::mem::take(&mut *heard.lock().unwrap());
    assert_eq!(text.matches("\r\nMAIL FROM").count() + usize::from(text.starts_with("MAIL")), 1, "{text}");
    assert!(!text.contains("\r\nBcc:") && !text.contains("all@museum.example\r\n"), "{text}");
}

#[tokio::test]
async fn what_the_screen_shows_is_attached_under_a_plain_name() {
    let (port, heard) = server("250 taken\r\n").await;
    let mut message = about("<i>Größe</i>");
    send(&mail(port), &message).await.unwrap();
    assert!(!std::mem::take(&mut *heard.lock().unwrap()).contains("image/jpeg"), "none without one");
    message.incidents[0].picture = Some(bytes::Bytes::from_static(b"\xFF\xD8\xFFshown"));
    send(&mail(port), &message).await.unwrap();
    let text = std::mem::take(&mut *heard.lock().unwrap());
    for wanted in [
        "multipart/mixed",
        "image/jpeg",
        "/9j/c2hvd24=",
        "filename=\"-i-Gr",
        ".jpg",
        "text/html",
        "text/plain",
    ] {
        assert!(text.contains(wanted), "{wanted} in {text}");
    }
}

#[tokio::test]
async fn a_server_that_says_no_is_told_by_its_number() {
    for (answer, wanted, outcome) in [
        ("451 try later hunter2\r\n", "127.0.0.1 took no mail (451)", Outcome::Unavailable { after: None }),
        ("554 spam\r\n", "127.0.0.1 does not want this mail (554)", Outcome::Refused),
        (
            "550 who?\r\n",
            "127.0.0.1 knows no such mailbox (550): check `from` and `to`",
            Outcome::Unavailable { after: None },
        ),
    ] {
        let (port, _) = server(answer).await;
        let failure = send(&mail(port), &about("a")).await.unwrap_err();
        assert_eq!(failure, Failure { outcome, reason: wanted.into() });
    }
    let port = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
    let failure = send(&mail(port), &about("a")).await.unwrap_err();
    assert!(failure.reason.starts_with("127.0.0.1 cannot be reached: "), "{failure}");
}

#[test]
fn mail_leaves_this_machine_only_with_tls() {
    let elsewhere =
        |security| Mail::new(Config { server: "mail.museum.example".into(), security, ..config(25) });
    assert!(matches!(elsewhere(Security::Plain), Err(Invalid::Plain(_))));
    assert!(elsewhere(Security::Tls).is_ok() && elsewhere(Security::StartTls).is_ok());
    assert!(matches!(Mail::new(Config { to: Vec::new(), ..config(25) }), Err(Invalid::Nobody)));
    assert!(matches!(Mail::new(Config { from: "guard".into(), ..config(25) }), Err(Invalid::Address(_))));
}
