//! Every cell of the matrix, as data, in rooms by what breaks. Not here: what is known to be missing ([`super::gaps`]).

mod ends;
mod graphics;
mod hidden;
mod quiet;
mod script;
mod server;

use super::case::Case;

pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    [ends::CASES, script::CASES, graphics::CASES, hidden::CASES, server::CASES, quiet::CASES]
        .into_iter()
        .flatten()
}
