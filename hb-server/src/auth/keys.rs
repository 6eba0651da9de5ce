//! Tokens made and taken back, as rows: by a running server, or on its folder by who may read that.
//!
//! Not here: writing them.

use std::time::Duration;

use hb_core::id::Who;
use hb_lease::time::Wall;

use super::book::Key;
use super::role::Role;
use super::secret::Secret;
use crate::store::row;

/// Name and role of the one-time login: there is one at a time, and the next takes its place.
pub(super) const LOGIN: &str = "login";
/// How long it waits to be used.
const WAITS: Duration = Duration::from_secs(15 * 60);
/// Longest name, in bytes: it stands in every line of the audit.
const LONGEST: usize = 64;

/// What token is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Its name: who will hold it.
    pub name: &'a str,
    /// What it is good for.
    pub role: Role,
    /// How long.
    pub lasts: Option<Duration>,
    /// Who wants it.
    pub who: &'a Who,
}

/// Why not, for the person who asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a name.
    #[error("`{0}` is no name for a token: expected 1 to 64 visible letters, as in museum-desk")]
    Name(String),
    /// Ours.
    #[error("`login` is the name of the one-time login: choose another")]
    Ours,
    /// There is one.
    #[error("there is a token `{0}` already: choose another name, or take it back first, by hb token revoke")]
    Taken(String),
    /// There is none.
    #[error("there is no token `{0}` in force: `hb token list` shows those that are")]
    Unknown(String),
}

/// The row of a new token beside those that are `known`, and the token, which is nowhere else.
///
/// # Errors
/// The name is none, or taken.
pub fn make(known: &[row::Token], order: Order<'_>, now: Wall) -> Result<(row::Token, Secret), Refusal> {
    let Order { name, role, lasts, who } = order;
    let is_name = name.len() <= LONGEST && name.trim() == name && Who::new(name, "-").is_ok();
    if !is_name {
        let shown = name.chars().map(|c| if c.is_control() { '?' } else { c }).take(LONGEST).collect();
        return Err(Refusal::Name(shown));
    }
    if name == LOGIN {
        return Err(Refusal::Ours);
    }
    let taken = |row: &row::Token| row.name == name && Key::of(row).is_some_and(|key| key.is_good(now));
    if known.iter().any(taken) {
        return Err(Refusal::Taken(name.into()));
    }
    Ok(row(name, role.word(), lasts, (who.by(), who.from()), now))
}

/// The row of a token of that name that is taken back now.
///
/// # Errors
/// There is none.
pub fn revoke(known: Vec<row::Token>, name: &str, now: Wall) -> Result<row::Token, Refusal> {
    let found = known.into_iter().find(|row| row.name == name && name != LOGIN);
    let unknown = || Refusal::Unknown(name.chars().filter(|c| !c.is_control()).take(LONGEST).collect());
    found.map(|row| row::Token { revoked: Some(now), ..row }).ok_or_else(unknown)
}

/// The row of a one-time login as admin, and its secret.
#[must_use]
pub fn invite(by: &str, place: &str, now: Wall) -> (row::Token, Secret) {
    row(LOGIN, LOGIN, Some(WAITS), (by, place), now)
}

fn row(
    name: &str,
    role: &str,
    lasts: Option<Duration>,
    (by, place): (&str, &str),
    now: Wall,
) -> (row::Token, Secret) {
    let secret = Secret::random();
    let expires = lasts.map(|lasts| {
        let lasts = i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX);
        Wall::from_unix_millis(now.as_unix_millis().saturating_add(lasts))
    });
    let row = row::Token {
        name: name.into(),
        hash: secret.hash().to_string(),
        role: role.into(),
        at: now,
        by: by.into(),
        place: place.into(),
        expires,
        revoked: None,
    };
    (row, secret)
}
