//! Nobody can see the page, by accident or as it should be.

use super::super::case::{CASE, Case, Kind, Look, Step, Want, state};

const HIDDEN: Want = Want::Seen(&[state("hidden", "none", 1000)]);
const CHROMIUM: &[Kind] = &[Kind::Headless];
/// Those whose tabs can be put behind each other by order.
const TABBED: &[Kind] = &[Kind::Headless, Kind::Headed, Kind::Firefox];

pub(super) const CASES: &[Case] = &[
    Case {
        name: "page hidden for 10 s",
        harm: &[Step::Beside, Step::Hide, Step::Last(10_000)],
        want: HIDDEN,
        mend: Some(&[Step::Show]),
        browsers: TABBED,
        ..CASE
    },
    Case {
        name: "page hidden for 6 min",
        harm: &[Step::Beside, Step::Hide, Step::Last(360_000)],
        want: HIDDEN,
        mend: Some(&[Step::Show]),
        browsers: TABBED,
        long: true,
        ..CASE
    },
    Case {
        name: "window minimised",
        harm: &[Step::Minimise(true), Step::Last(3000)],
        want: HIDDEN,
        mend: Some(&[Step::Minimise(false)]),
        browsers: &[Kind::Headed, Kind::FirefoxHeaded, Kind::WebKit],
        sample: true,
        ..CASE
    },
    Case {
        name: "window minimised for 6 min",
        harm: &[Step::Minimise(true), Step::Last(360_000)],
        want: HIDDEN,
        mend: Some(&[Step::Minimise(false)]),
        browsers: &[Kind::FirefoxHeaded, Kind::WebKit],
        long: true,
        ..CASE
    },
    Case {
        name: "display off at night, when the house is closed",
        beside: &[Look::Display],
        harm: &[Step::House(false), Step::Display(false)],
        // Nobody is alarmed, and it is said why: it is looked at every 2 s.
        want: Want::Seen(&[state("off", "", 3000)]),
        // Somebody must have seen that it is lit before the house opens.
        mend: Some(&[Step::Display(true), Step::Last(3000), Step::House(true)]),
        browsers: CHROMIUM,
        ..CASE
    },
    Case {
        name: "page frozen for 5 s",
        harm: &[
            Step::Beside,
            Step::Hide,
            // Browsers freeze what has been hidden for minutes, and never what is still seen.
            Step::Last(1000),
            Step::Cdp("Page.setWebLifecycleState", r#"{"state":"frozen"}"#),
            Step::Last(5000),
        ],
        want: Want::Seen(&[state("hidden", "none", 1000), state("hidden", "frozen", 2500)]),
        mend: Some(&[Step::Cdp("Page.setWebLifecycleState", r#"{"state":"active"}"#), Step::Show]),
        browsers: CHROMIUM,
        ..CASE
    },
    Case {
        name: "item of a playlist, hidden for 6 s",
        query: "&hidden=fine",
        harm: &[Step::Beside, Step::Hide, Step::Last(6000), Step::Show],
        mend: Some(&[]),
        browsers: TABBED,
        ..CASE
    },
];
