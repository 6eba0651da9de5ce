//! The language of whoever reads a page that the server writes itself: by `Accept-Language`, from the file that the
//! dashboard reads, `www/dashboard/lang/<language>.json`, under the English text.
//!
//! What no file says stays English. Not here: the language of the dashboard (its own `lang.js`), of messages and of the API.

use std::collections::HashMap;

use axum::http::{HeaderMap, header};

use super::ui;

/// The languages that have a file beside English, which needs none.
const TONGUES: [&str; 1] = ["de"];

type Texts = HashMap<String, String>;

/// A language in which texts are said: read anew for each page, of which there are few.
#[derive(Debug)]
pub(super) struct Tongue {
    /// As HTML names it.
    pub(super) tag: &'static str,
    texts: Texts,
}

impl Tongue {
    /// The first that the browser asks for and we have; English, which anybody writes here, counts as one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|line| line.to_str().ok());
        let mut wanted: Vec<(f32, &str)> =
            lines.flat_map(|line| line.split(',')).filter_map(weighed).collect();
        wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
        let known =
            |tag: &str| ["en"].iter().chain(&TONGUES).find(|it| it.eq_ignore_ascii_case(tag)).copied();
        let tag = wanted.into_iter().find_map(|(_, tag)| known(tag)).unwrap_or("en");
        Self { tag, texts: texts(tag) }
    }

    /// `text` in this language, with `{name}` in it as `holes` say.
    pub(super) fn say(&self, text: &str, holes: &[(&str, &str)]) -> String {
        let mut left = self.texts.get(text).map_or(text, String::as_str);
        let mut said = String::with_capacity(left.len());
        // From left to right, so that what is put in stays as it is.
        while let Some((before, rest)) = left.split_once('{') {
            let hole = rest.split_once('}');
            let found = hole
                .and_then(|(name, after)| Some((holes.iter().find(|(known, _)| *known == name)?.1, after)));
            said.push_str(before);
            if let Some((value, after)) = found {
                said.push_str(value);
                left = after;
            } else {
                said.push('{');
                left = rest;
            }
        }
        said + left
    }
}

/// `de-AT;q=0.8` as its weight and language; none that is not wanted.
fn weighed(range: &str) -> Option<(f32, &str)> {
    let mut parts = range.split(';').map(str::trim);
    let tag = parts.next()?.split('-').next()?;
    let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok());
    Some((weight.filter(|q| *q > 0.0)?, tag))
}

/// None where there is no file, as in a binary without its pages.
fn texts(tag: &str) -> Texts {
    ui::texts(tag).and_then(|file| serde_json::from_slice(&file).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn of(wanted: &str) -> Tongue {
        Tongue::of(&HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_str(wanted).unwrap())]))
    }

    #[test]
    fn a_page_speaks_what_is_wanted_most_of_what_is_there() {
        for (wanted, tag) in [
            ("de", "de"),
            ("de-AT,de;q=0.9,en;q=0.8", "de"),
            ("en;q=0.5, de;q=0.8", "de"),
            ("en-GB, de", "en"),
            ("fr, de;q=0.2", "de"),
            ("fr", "en"),
            ("de;q=0", "en"),
            ("DE", "de"),
            ("", "en"),
            (";;q=,-", "en"),
            ("*", "en"),
        ] {
            assert_eq!(of(wanted).tag, tag, "{wanted}");
        }
        assert_eq!(Tongue::of(&HeaderMap::new()).tag, "en");
    }

    #[test]
    fn what_is_put_in_stays_as_it_is() {
        let tongue = of("en");
        assert_eq!(tongue.say("{a} on {b}", &[("a", "{b}"), ("b", "x")]), "{b} on x");
        assert_eq!(tongue.say("{c} {", &[("a", "x")]), "{c} {");
        assert_eq!(of("de").say("I take care of it", &[]), "Ich kümmere mich");
    }
}
