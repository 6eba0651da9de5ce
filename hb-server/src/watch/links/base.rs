//! The address under which people reach this server. Not here: where it listens.

use std::fmt;
use std::str::FromStr;

use axum::http::Uri;

/// An address like `https://hb.museum.example`, perhaps with a path before ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    text: Box<str>,
    host: Box<str>,
}

/// What was written is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address like https://hb.museum.example")]
pub struct NoBase;

impl Base {
    /// The name in it, without port and brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl FromStr for Base {
    type Err = NoBase;

    fn from_str(text: &str) -> Result<Self, NoBase> {
        let text = text.trim_end_matches('/');
        let uri: Uri = text.parse().map_err(|_| NoBase)?;
        let authority = uri.authority().ok_or(NoBase)?.as_str();
        let is_base = matches!(uri.scheme_str(), Some("http" | "https"))
            && !text.contains(['?', '#', '"', '\'', '<', '>', '\\'])
            && !authority.contains('@');
        let host =
            uri.host().map(|host| host.trim_start_matches('[').trim_end_matches(']')).unwrap_or_default();
        // Of a port that is none, the parser says nothing.
        let has_end = authority.ends_with(uri.host().unwrap_or_default())
            || uri.port_u16().is_some_and(|port| port > 0);
        if is_base && has_end && !host.is_empty() {
            Ok(Self { text: text.into(), host: host.into() })
        } else {
            Err(NoBase)
        }
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_nothing_else() {
        for (text, host, shown) in [
            ("https://hb.museum.example", "hb.museum.example", "https://hb.museum.example"),
            ("https://hb.museum.example/", "hb.museum.example", "https://hb.museum.example"),
            ("http://10.0.0.7:8888", "10.0.0.7", "http://10.0.0.7:8888"),
            ("http://[fd00::1]:8888", "fd00::1", "http://[fd00::1]:8888"),
            ("https://museum.example/hb", "museum.example", "https://museum.example/hb"),
        ] {
            let base: Base = text.parse().unwrap();
            assert_eq!((base.host(), &*base.to_string()), (host, shown), "{text}");
        }
        for text in [
            "",
            "hb.museum.example",
            "/hb",
            "ftp://hb.museum.example",
            "https://",
            "https://hb.museum.example?x=1",
            "https://hb.museum.example/#x",
            "https://me:secret@hb.museum.example",
            "https://hb.museum.example:0",
            "https://hb.museum.example:x",
            "https://hb museum",
            "javascript:alert(1)",
        ] {
            assert_eq!(text.parse::<Base>(), Err(NoBase), "{text}");
        }
    }
}
