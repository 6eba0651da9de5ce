//! What a program of this machine says, for two seconds at most. Not here: what it means.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(2);

/// What it writes; `None` where there is none, it fails, or takes too long.
pub(super) fn says(program: &str, args: &[&str]) -> Option<String> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut out = child.stdout.take()?;
    let (say, said) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = out.read_to_end(&mut bytes);
        // Programs of Windows write as its terminals did forty years ago; what matters here is ASCII.
        let _ = say.send(read.map(|_| String::from_utf8_lossy(&bytes).into_owned()));
    });
    let text = said.recv_timeout(TIMEOUT);
    if text.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().ok()?;
    text.ok()?.ok().filter(|_| status.success())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_says_counts_if_it_ends_well() {
        assert_eq!(says("printf", &["a\\377b"]).as_deref(), Some("a\u{fffd}b"));
        assert_eq!(says("false", &[]), None);
        assert_eq!(says("no-such-program-of-anybody", &[]), None);
    }
}
