//! The cookie of a session: what a browser sends, and what it is told.
//!
//! Cookies know no ports: whatever else listens on this name is sent it too, below this path. Not here: sessions (`auth`).

use axum::http::{HeaderMap, HeaderValue, header};

use crate::auth::{SESSION_AGE, Secret};

pub(super) const NAME: &str = "hb_session";
/// Nothing else needs it.
const PATH: &str = "/api/v1";

/// The session that a browser says it has.
pub(super) fn session(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == NAME).map(|(_, value)| value)
}

/// Whether a browser has its page by TLS: by ours, or, as it says itself, by that of a proxy.
pub(super) fn is_secure(by_tls: bool, headers: &HeaderMap) -> bool {
    by_tls || headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"))
}

/// Gives a browser a session; a `secure` one it sends by TLS only.
pub(super) fn set(secret: &Secret, secure: bool) -> HeaderValue {
    line(secret.reveal(), SESSION_AGE.as_secs(), secure)
}

/// Takes it away.
pub(super) fn clear(secure: bool) -> HeaderValue {
    line("", 0, secure)
}

fn line(value: &str, age: u64, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{NAME}={value}; Path={PATH}; Max-Age={age}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&text).expect("hexadecimal digits and our own words")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_found_among_other_cookies() {
        for (lines, expected) in [
            (&["hb_session=a"][..], Some("a")),
            (&["x=1; hb_session=a; y=2"], Some("a")),
            (&["x=1", "hb_session=a"], Some("a")),
            (&["hb_sessions=b; xhb_session=c"], None),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, HeaderValue::from_static(line));
            }
            assert_eq!(session(&headers), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_cookie_is_kept_from_scripts_and_strangers_and_from_the_wire_where_there_is_tls() {
        let mut headers = HeaderMap::new();
        let secret = Secret::random();
        assert!(is_secure(true, &headers) && !is_secure(false, &headers));
        let plain = set(&secret, false).to_str().unwrap().to_owned();
        assert!(plain.ends_with("; Path=/api/v1; Max-Age=604800; HttpOnly; SameSite=Strict"), "{plain}");
        headers.insert(header::ORIGIN, HeaderValue::from_static("https://hall"));
        assert!(is_secure(false, &headers));
        assert!(set(&secret, true).to_str().unwrap().ends_with("; Secure"));
        assert!(clear(true).to_str().unwrap().starts_with("hb_session=; Path=/api/v1; Max-Age=0;"));
    }
}
