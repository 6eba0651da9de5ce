//! Where a server beats to: a base, a template with `%n`, or a place that takes beats by UDP.

use std::fmt;
use std::str::FromStr;

use axum::http::Uri;
use hb_core::beat::Verb;

use super::voice::Word;

/// Where to beat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An HTTP server and what stands before the commands, perhaps nothing.
    Base {
        /// Whether by TLS.
        secure: bool,
        /// Host and port.
        place: String,
        /// Without a slash at its end.
        prefix: String,
    },
    /// An HTTP server that is told the promise in place of `%n`, and nothing else.
    Template {
        /// Whether by TLS.
        secure: bool,
        /// Host and port.
        place: String,
        /// Path and query, with `%n`.
        path: String,
    },
    /// Host and port that take beats by UDP.
    Udp(String),
}

/// A text that is no such place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is nowhere to beat to: expected an address like http://hall:8888 or udp://hall:8888, or a template like http://hall:8888/heartbeat.html?container=kiosk-3&next=%n"
)]
pub struct InvalidTarget(String);

impl Target {
    /// Whether by TLS.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        matches!(self, Self::Base { secure: true, .. } | Self::Template { secure: true, .. })
    }

    /// The path and query, or the line, for `word`; `None` where that cannot be said.
    pub(super) fn path(&self, word: &Word) -> Option<String> {
        let Word { verb, promise, query } = word;
        match self {
            Self::Base { prefix, .. } => Some(format!("{prefix}/{verb}?{query}")),
            Self::Udp(_) => Some(format!("{verb}?{query}")),
            // It can say "alive", so it is silent where we would say anything else.
            Self::Template { path, .. } => {
                let says_alive = matches!(verb, Verb::Init | Verb::Ping);
                says_alive.then(|| path.replace("%n", &promise.as_millis().to_string()))
            }
        }
    }
}

impl FromStr for Target {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, InvalidTarget> {
        let invalid = || InvalidTarget(unkeyed(text).to_owned());
        let trimmed = text.trim();
        let (scheme, rest) = trimmed.split_once("://").unwrap_or(("http", trimmed.trim_start_matches("//")));
        let (udp, secure) = match scheme {
            "http" => (false, false),
            "https" => (false, true),
            "udp" => (true, false),
            _ => return Err(invalid()),
        };
        let uri: Uri = format!("http://{rest}").parse().map_err(|_| invalid())?;
        let authority = uri.authority().ok_or_else(invalid)?;
        let named = !uri.host().unwrap_or_default().is_empty() && !authority.as_str().contains('@');
        // Of a port that is none, the parser says nothing: it shows by a rest behind the host.
        let bare = authority.as_str().ends_with(authority.host());
        let place = match (uri.port_u16(), bare) {
            (Some(1..), _) => authority.to_string(),
            (None, true) if !udp => format!("{authority}:{}", if secure { 443 } else { 80 }),
            _ => return Err(invalid()),
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        match (named, udp, path.contains("%n"), path.contains('?')) {
            (true, true, false, false) if path == "/" => Ok(Self::Udp(place)),
            (true, false, true, _) => Ok(Self::Template { secure, place, path: path.to_owned() }),
            (true, false, false, false) => {
                Ok(Self::Base { secure, place, prefix: path.trim_end_matches('/').to_owned() })
            }
            _ => Err(invalid()),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base { secure, place, prefix: path } | Self::Template { secure, place, path } => {
                write!(f, "http{}://{place}{}", if *secure { "s" } else { "" }, unkeyed(path))
            }
            Self::Udp(place) => write!(f, "udp://{place}"),
        }
    }
}

/// What may be told of an address: a template can hold a key.
fn unkeyed(text: &str) -> &str {
    text.split_once("key=").map_or(text, |(before, _)| before)
}

#[cfg(test)]
mod tests {
    use hb_core::beat::Promise;

    use super::*;

    #[test]
    fn places_are_read_or_refused() {
        let word = |verb| Word {
            verb,
            promise: Promise::from_millis(5_000).unwrap(),
            query: "5000&appid=hb".into(),
        };
        for (text, shown, ping, done) in [
            (
                "http://hall:8888",
                "http://hall:8888",
                "/hb_ping?5000&appid=hb",
                Some("/hb_done?5000&appid=hb"),
            ),
            ("//hall/a/", "http://hall:80/a", "/a/hb_ping?5000&appid=hb", Some("/a/hb_done?5000&appid=hb")),
            (" [::1]:9 ", "http://[::1]:9", "/hb_ping?5000&appid=hb", Some("/hb_done?5000&appid=hb")),
            (
                "https://hall/a",
                "https://hall:443/a",
                "/a/hb_ping?5000&appid=hb",
                Some("/a/hb_done?5000&appid=hb"),
            ),
            ("http://hall:1/x?next=%n&key=k", "http://hall:1/x?next=%n&", "/x?next=5000&key=k", None),
            ("udp://hall:1", "udp://hall:1", "hb_ping?5000&appid=hb", Some("hb_done?5000&appid=hb")),
            ("http://hall:1/x?c=k&next=%n", "http://hall:1/x?c=k&next=%n", "/x?c=k&next=5000", None),
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!(target.to_string(), shown);
            assert_eq!(target.path(&word(Verb::Ping)).as_deref(), Some(ping), "{text}");
            assert_eq!(target.path(&word(Verb::Done)).as_deref(), done, "{text}");
        }
        for text in [
            "",
            "http://",
            "http://a b",
            "http://hall:0",
            "http://hall:99999",
            "http://hall/?x=1",
            "http://me@hall",
            "udp://hall",
            "udp://hall:1/a",
            "udp://hall:1/?%n",
            "ftp://hall:1",
        ] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }
}
