//! The hostile names that are followed everywhere: by `hostile_id.rs` through the server, by `tests/e2e` through the dashboard.

/// An app that means something in every language its name is written in: HTML, JavaScript, SQL, spreadsheets, a shell,
/// Nagios (`|` begins its figures), templates, Prometheus labels, MQTT topics, URLs, Markdown, JSON.
pub(super) const APP: &str = concat!(
    r#"=HYPERLINK("http://e.vil")<img src=x onerror=alert(1)></script><script>alert(1)</script>"#,
    r#"'; DROP TABLE apps;-- | `id` $(id) %00 %0A {{7*7}} {x="y"} \" \n /+/# ../ &amp; @all"#
);

/// What can turn, hide or end a line, or speak to a terminal: refused at the door, percent-encoded as it comes.
pub(super) const REFUSED: &[&str] = &[
    "a%1B[2Jb",
    "a%1B]0;owned%07b",
    "a%9Bb",
    "a%C2%9B2Jb",
    "a%E2%80%AEb",
    "a%E2%81%A6b",
    "a%0Ab",
    "a%0D%0ASet-Cookie:x",
    "a%00b",
    "a%E2%80%8Bb",
    "a%E2%80%A8b",
    "a%FFb",
];
