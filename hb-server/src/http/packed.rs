//! The embedded files as they are sent to who reads gzip: packed once, when the binary was built (`build.rs`). What is made anew
//! for each answer is sent as it is: streams and answers of the API are short, or must not wait.
//!
//! Not here: the files themselves ([`super::ui`]).

use axum::http::{HeaderMap, header};

/// Of the pages and of the client, by name, in order.
const PACKED: &[&[(&str, &[u8])]] = include!(concat!(env!("OUT_DIR"), "/packed.rs"));

/// Whose files they are.
#[derive(Clone, Copy)]
pub(super) enum Of {
    /// www
    Pages,
    /// hb-wasm/npm/dist
    Client,
}

/// A file, packed; `None` for one that would be no smaller.
pub(super) fn find(of: Of, name: &str) -> Option<&'static [u8]> {
    let files = PACKED[of as usize];
    files.binary_search_by_key(&name, |(known, _)| known).ok().map(|at| files[at].1)
}

/// Whether who asks reads gzip.
pub(super) fn is_read_by(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
        name.trim().eq_ignore_ascii_case("gzip") && weight.is_ok_and(|weight| weight > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn gzip_is_sent_to_who_says_that_they_read_it() {
        let cases = [
            ("gzip", true),
            ("gzip, deflate, br, zstd", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("br", false),
            ("gzip;q=0", false),
            ("gzip;q=0.000, identity", false),
            ("gzip;q=much", false),
            ("x-gzip-like", false),
            ("", false),
        ];
        for (line, read) in cases {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(line))]);
            assert_eq!(is_read_by(&headers), read, "{line}");
        }
        assert!(!is_read_by(&HeaderMap::new()));
    }
}
