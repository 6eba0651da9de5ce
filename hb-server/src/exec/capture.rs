//! What a program says, up to a bound. Not here: when to stop listening.

use std::fmt;

use tokio::io::{AsyncRead, AsyncReadExt};

/// The beginning of what was said, where the first complaint stands, and how much more there was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capture {
    most: usize,
    kept: Vec<u8>,
    dropped: u64,
}

impl Capture {
    /// Keeps at most `most` bytes.
    pub(super) const fn new(most: usize) -> Self {
        Self { most, kept: Vec::new(), dropped: 0 }
    }

    /// What was kept.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.kept
    }

    /// How many bytes were not.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Reads to the end, also what is not kept: a program must not stand still because its pipe is full. What cannot be
    /// read ends it. Cancelling loses nothing that was read.
    pub(super) async fn read(&mut self, mut from: impl AsyncRead + Unpin) {
        let mut room = [0; 4096];
        while let Ok(more @ 1..) = from.read(&mut room).await {
            self.take(&room[..more]);
        }
    }

    pub(super) fn take(&mut self, said: &[u8]) {
        let (kept, dropped) = said.split_at(said.len().min(self.most - self.kept.len()));
        self.kept.extend_from_slice(kept);
        self.dropped += dropped.len() as u64;
    }
}

impl fmt::Display for Capture {
    /// As text, with a line on what is missing; no character of it is one that steers a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        f.write_str(&String::from_utf8_lossy(&self.kept).replace(steers, "\u{FFFD}"))?;
        if self.dropped == 0 { Ok(()) } else { write!(f, "\n[{} bytes more]", self.dropped) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_is_kept_and_the_rest_is_counted() {
        let mut capture = Capture::new(5);
        for said in ["abc", "", "\u{1B}ef", "gh"] {
            capture.take(said.as_bytes());
        }
        assert_eq!((capture.bytes(), capture.dropped()), (&b"abc\x1Be"[..], 3));
        assert_eq!(capture.to_string(), "abc\u{FFFD}e\n[3 bytes more]");
        let mut nothing = Capture::new(0);
        nothing.take(b"x");
        assert_eq!((nothing.bytes(), nothing.dropped()), (&b""[..], 1));
    }
}
