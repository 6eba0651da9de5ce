//! Which settings are drawn as curves, and which stand in the table.
//!
//! Not here: what they mean ([`crate::contender`]).

use crate::contender::Contender::{self, Chen, Fixed, Phi, Slack};

/// A family of detectors, from its most eager setting to its most patient.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    /// Its class in the pictures.
    pub(crate) class: &'static str,
    pub(crate) settings: fn() -> Vec<Contender>,
}

pub(crate) const FAMILIES: [Family; 4] = [
    Family { name: "fixed share of what was granted", class: "fixed", settings: || shares(Fixed) },
    Family { name: "the same with learned slack", class: "slack", settings: || shares(Slack) },
    Family { name: "Chen", class: "chen", settings: || (0..24).map(|step| Chen(rung(100, step))).collect() },
    Family { name: "φ-accrual", class: "phi", settings: || (1..=16).map(|phi| Phi(phi * 10)).collect() },
];

/// What stands in the table: as it is used, or as its authors or users usually set it.
pub(crate) const USUAL: [(&str, Contender); 9] = [
    ("prompt, late (1 × G)", Fixed(100)),
    ("prompt, down (2 × G)", Fixed(200)),
    ("prompt with slack, late", Slack(100)),
    ("prompt with slack, down", Slack(200)),
    ("Hilbert, late (3 × G)", Fixed(300)),
    ("Hilbert, down (5 × G)", Fixed(500)),
    ("Chen, α = 1 s", Chen(1_000)),
    ("φ-accrual, φ = 3", Phi(30)),
    ("φ-accrual, φ = 8", Phi(80)),
];

/// The settings that are marked and named in the pictures.
pub(crate) const MARKED: [(&str, Contender); 4] =
    [("1", Fixed(100)), ("2", Fixed(200)), ("3", Fixed(300)), ("5", Fixed(500))];

fn shares(of: fn(u64) -> Contender) -> Vec<Contender> {
    [30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 135, 150, 175, 200, 250, 300, 350, 400, 500, 600]
        .map(of)
        .to_vec()
}

/// So many steps of a third up from `least`.
fn rung(least: u64, steps: u32) -> u64 {
    (0..steps).fold(least, |value, _| value + value * 3 / 10)
}
