//! A screen as it is named on the command line: by its app, and where that runs.
//!
//! Not here: what is done with it (the commands).

use hb_core::id::{Identity, OwnedIdentity};

use super::api;
use super::table::shown;

/// A screen, by its three names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Screen {
    host: String,
    slot: String,
    app: String,
}

impl Screen {
    /// `HOST/APP`, `APP @ HOST#SLOT` as in `hb list`, or `APP`.
    pub(crate) fn parse(text: &str, slot: Option<&str>) -> Self {
        let here = || "127.0.0.1".to_owned();
        let listed = text.parse::<OwnedIdentity>();
        let (host, app, listed) = match (listed.as_ref().map(OwnedIdentity::borrow), text.split_once('/')) {
            (Ok(id), _) => (id.host().to_owned(), id.app(), id.slot()),
            (Err(_), Some((host, app))) => (host.to_owned(), app, ""),
            (Err(_), None) => (here(), text, ""),
        };
        Self { host, app: app.to_owned(), slot: slot.unwrap_or(listed).to_owned() }
    }

    /// What the API has of it under this name.
    pub(crate) fn path(&self, what: &str) -> String {
        let Self { host, slot, app } = self;
        format!("apps/{}/{}/{what}{}", api::part(host), api::part(app), api::slot(slot))
    }
}

/// As `hb list` has it.
impl std::fmt::Display for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match Identity::new(&self.host, &self.slot, &self.app) {
            Ok(id) => f.write_str(&shown(&id.to_string())),
            Err(_) => f.write_str(&shown(&self.app)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_named_in_three_ways() {
        for (text, flag, (host, slot, app)) in [
            ("10.0.0.7/tetris", None, ("10.0.0.7", "", "tetris")),
            ("10.0.0.7/a/b", None, ("10.0.0.7", "", "a/b")),
            ("10.0.0.7/tetris", Some("left"), ("10.0.0.7", "left", "tetris")),
            ("tetris @ 10.0.0.7#left", None, ("10.0.0.7", "left", "tetris")),
            ("x#y @ h%23z#100%25", None, ("h#z", "100%", "x#y")),
            ("x#y", None, ("127.0.0.1", "", "x#y")),
            ("a/b @ hall-3", None, ("hall-3", "", "a/b")),
            ("tetris", None, ("127.0.0.1", "", "tetris")),
        ] {
            let screen = Screen { host: host.into(), slot: slot.into(), app: app.into() };
            assert_eq!(Screen::parse(text, flag), screen, "{text}");
        }
    }
}
