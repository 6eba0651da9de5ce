//! Beats by UDP from the command line: what leaves, how often, and what is made of the answer.

use std::net::UdpSocket;
use std::sync::mpsc::{Receiver, channel};

use crate::hb::{Ended, hb};
use crate::stub::{DEADLINE, Stub};

/// A socket that answers lines by a function of how many came before, and tells of each datagram.
struct Door {
    url: String,
    asked: Receiver<String>,
}

impl Door {
    /// `answer` is given the number of the datagram and its key. Ends with the test's process.
    fn new(answer: impl Fn(u32, &str) -> Vec<String> + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let url = format!("udp://{}", socket.local_addr().expect("bound"));
        let (sender, asked) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            for number in 0.. {
                let Ok((length, source)) = socket.recv_from(&mut buffer) else { return };
                let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                let key = text.split(' ').nth(1).unwrap_or_default().to_owned();
                // Told before it is answered, so that who saw the answer finds the question.
                let _ = sender.send(text);
                for answer in answer(number, &key) {
                    let _ = socket.send_to(answer.as_bytes(), source);
                }
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> String {
        self.asked.recv_timeout(DEADLINE).expect("hb asks in time")
    }

    /// The line of the next question.
    #[cfg(unix)]
    fn line(&self) -> String {
        let text = self.asked();
        let mut words = text.trim_end().splitn(3, ' ');
        assert_eq!(words.next(), Some("hb1"), "{text}");
        words.nth(1).expect("a line").to_owned()
    }
}

#[test]
fn a_beat_by_udp_prints_what_was_granted() {
    let door = Door::new(|_, key| vec![format!("hb1 {key} 200 6000")]);
    for (args, line) in [
        (&["init", "--app", "a&b"][..], "hb_init?10000&appid=a%26b&by=cli"),
        (&["ping", "--app", "x", "5000"], "hb_ping?5000&appid=x&by=cli"),
        (&["done", "--app", "x"], "hb_done?0&appid=x&by=cli"),
    ] {
        assert_eq!(hb(args).env("HB_URL", &door.url).end(), Ended::of(0, "6000\n", ""));
        let asked = door.asked();
        assert!(asked.len() == 256 && asked.trim_end().ends_with(&format!(" {line}")), "{asked}");
    }
}

#[test]
fn a_lost_datagram_is_sent_again_and_strange_ones_are_not_believed() {
    let door = Door::new(|number, key| match number {
        0 => vec![],
        _ => vec![
            "hb1 0 200 1".into(),
            "nonsense".into(),
            format!("hb1 {key} hb_ping?5000&appid=x"),
            format!("hb1 {key} 200 6000"),
        ],
    });
    let ended = hb(&["ping", "--app", "x"]).env("HB_URL", &door.url).end();
    assert_eq!(ended, Ended::of(0, "6000\n", ""));
    assert_eq!(door.asked(), door.asked(), "the same question, key and all");
}

#[test]
fn what_goes_wrong_by_udp_is_said_in_one_line() {
    let refusing = Door::new(|_, key| vec![format!("hb1 {key} 400 T is `x`: expected\u{1b}[2J")]);
    let silent = Door::new(|_, _| vec![]);
    let dead = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
    for (url, line) in [
        (refusing.url.clone(), format!("hb: {} refused: 400 T is `x`: expected?[2J\n", refusing.url)),
        (
            silent.url.clone(),
            format!(
                "hb: cannot reach {}: no answer within 2 s, twice; is this the right address?\n",
                silent.url
            ),
        ),
        (
            format!("udp://{dead}"),
            format!("hb: cannot reach udp://{dead}: refused; is `hb serve --udp` running?\n"),
        ),
        (
            "udp://hall".into(),
            "hb: HB_URL is `udp://hall`: expected an address like http://127.0.0.1:8888\n".into(),
        ),
    ] {
        let ended = hb(&["ping", "--app", "x"]).env("HB_URL", &url).end();
        assert_eq!(ended, Ended::of(1, "", &line));
    }
}

#[test]
fn the_rest_is_asked_by_http_at_the_same_port() {
    let stub = Stub::new(|_| (200, "a @ h\n".into()));
    let url = stub.url().replace("http://", "udp://");
    assert_eq!(hb(&["list"]).env("HB_URL", &url).end(), Ended::of(0, "a @ h\n", ""));
    assert_eq!(stub.asked(), "/list");
}

#[cfg(unix)]
#[test]
fn a_supervised_life_can_be_told_by_udp() {
    let door = Door::new(|_, key| vec![format!("hb1 {key} 200 300")]);
    let script = ["run", "--app", "x", "--", "sh", "-c", "read line; exit 7"];
    let mut command = hb(&script).env("HB_URL", &door.url).command();
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().expect("the binary was built");
    assert_eq!(door.line(), "hb_init?10000&appid=x&by=cli");
    assert_eq!(door.line(), "hb_ping?9000&appid=x&by=cli");
    drop(child.stdin.take());
    let last = std::iter::repeat_with(|| door.line()).find(|line| !line.starts_with("hb_ping"));
    assert_eq!(last.as_deref(), Some("hb_done?0&appid=x&by=cli"));
    assert_eq!(child.wait().unwrap().code(), Some(7));
}
