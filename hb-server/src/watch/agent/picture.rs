//! What an agent shows of its screen: a small picture, and what it saw in it. One line of JSON, then the JPEG.
//!
//! Not here: how a picture is taken (`cmd::run`), who may look at it (`http`).

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// Where an agent shows what is on its screen, in its own place.
pub const PICTURE: &str = "picture";
/// Longest line before the picture, bytes.
const LONGEST_LINE: usize = 512;
/// What a JPEG begins with.
const JPEG: [u8; 3] = [0xFF, 0xD8, 0xFF];

/// What was seen in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caption {
    /// It stands still although it should move.
    pub stuck: bool,
    /// It is black.
    pub black: bool,
    /// For how long it has shown no change, ms.
    pub still_ms: u64,
}

/// A picture and what was seen in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// What was seen.
    pub caption: Caption,
    /// A JPEG, at most [`Caption::LARGEST`] bytes.
    pub jpeg: Bytes,
}

impl Caption {
    /// Longest JPEG that is taken, bytes.
    pub const LARGEST: usize = 64 * 1024;

    /// It and its picture, to be said.
    #[must_use]
    pub fn with(&self, jpeg: &[u8]) -> Bytes {
        let mut said = serde_json::to_vec(self).expect("words and numbers are always JSON");
        said.push(b'\n');
        said.extend_from_slice(jpeg);
        said.into()
    }
}

impl Picture {
    /// What was said; `None` where that is no picture, or too large a one.
    #[must_use]
    pub fn read(said: &[u8]) -> Option<Self> {
        let end = said.iter().take(LONGEST_LINE).position(|&byte| byte == b'\n')?;
        let (line, jpeg) = (&said[..end], &said[end + 1..]);
        let caption = serde_json::from_slice(line).ok()?;
        let fits = jpeg.starts_with(&JPEG) && jpeg.len() <= Caption::LARGEST;
        // Copied out of the message, which would keep all of what it came with.
        fits.then(|| Self { caption, jpeg: Bytes::copy_from_slice(jpeg) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_said_is_read_and_nothing_else_is() {
        let caption = Caption { stuck: true, black: false, still_ms: 300_000 };
        let jpeg = [&JPEG[..], &[b'\n'; 100]].concat();
        let read = Picture::read(&caption.with(&jpeg)).unwrap();
        assert_eq!((read.caption, &read.jpeg[..]), (caption, &jpeg[..]));
        let large = [&JPEG[..], &vec![0; Caption::LARGEST - 3]].concat();
        assert!(Picture::read(&caption.with(&large)).is_some());
        for odd in [
            caption.with(&[large, vec![0]].concat()),
            caption.with(b"<svg onload=alert(1)>"),
            caption.with(b""),
            Bytes::from_static(b"{}\n\xFF\xD8\xFF"),
            Bytes::from_static(b"\xFF\xD8\xFF"),
            Bytes::from(vec![b' '; 4096]),
        ] {
            assert_eq!(Picture::read(&odd), None);
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(said in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = Picture::read(&said);
        }
    }
}
