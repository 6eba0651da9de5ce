//! The page or its browser ends, or is loaded anew.

use super::super::case::{ALL, BOTH, CASE, Case, EACH, Kind, Mark, Signal, Step, Want, What, Whom, state};

/// Seen at once over the open socket.
const AT_ONCE: u64 = 100;
/// The grace of presence on the same machine, and a second.
pub(super) const JUDGED: u64 = 3000;
/// The page's grace for its return, what the server adds, and a second.
const LEFT: u64 = 7000;

const DIED: Want =
    Want::Seen(&[state("reconnecting", "", AT_ONCE), state("late", "connection-lost", JUDGED)]);
const WENT: Want = Want::Seen(&[
    // From the press to the last word of a page there is the browser's own time.
    Mark { what: What::State("reconnecting", ""), within: 500 },
    state("late", "left|connection-lost", LEFT),
]);

pub(super) const CASES: &[Case] = &[
    Case {
        name: "browser killed (SIGKILL)",
        harm: &[Step::Signal(Whom::Browser, Signal::Kill)],
        want: DIED,
        browsers: BOTH,
        ..CASE
    },
    Case {
        // Its processes outlive the first one by a moment, in which the page may get to say that it leaves.
        name: "browser killed (SIGKILL), as WebKit does it",
        harm: &[Step::Signal(Whom::Browser, Signal::Kill)],
        want: WENT,
        browsers: &[Kind::WebKit],
        sample: true,
        ..CASE
    },
    Case {
        name: "browser told to end (SIGTERM)",
        harm: &[Step::Signal(Whom::Browser, Signal::Term)],
        want: DIED,
        browsers: BOTH,
        ..CASE
    },
    Case {
        // Its page may get to say that it leaves.
        name: "browser told to end (SIGTERM), as WebKit does it",
        harm: &[Step::Signal(Whom::Browser, Signal::Term)],
        want: WENT,
        browsers: &[Kind::WebKit],
        ..CASE
    },
    Case {
        name: "browser interrupted (SIGINT)",
        harm: &[Step::Signal(Whom::Browser, Signal::Int)],
        want: WENT,
        browsers: BOTH,
        ..CASE
    },
    Case {
        name: "renderer crashes",
        harm: &[Step::Cdp("Page.crash", "{}")],
        want: DIED,
        browsers: &[Kind::Headless, Kind::Headed],
        ..CASE
    },
    Case {
        // Chromium does that to itself; the others, which know no such order, have it done.
        name: "page's process killed (SIGKILL)",
        harm: &[Step::Signal(Whom::Page, Signal::Kill)],
        want: DIED,
        browsers: &[Kind::Firefox, Kind::WebKit],
        sample: true,
        ..CASE
    },
    Case {
        name: "tab closed",
        harm: &[Step::Close],
        want: WENT,
        browsers: &[Kind::Headless, Kind::Headed, Kind::WebKit],
        ..CASE
    },
    Case {
        // It loses the last word of a closing window every now and then: then its silence tells.
        name: "tab closed, as Firefox does it",
        harm: &[Step::Close],
        want: Want::Seen(&[state("late", "left|connection-lost|silence", LEFT)]),
        browsers: &[Kind::Firefox],
        ..CASE
    },
    Case { name: "another page loaded", harm: &[Step::Leave], want: WENT, browsers: EACH, ..CASE },
    Case { name: "page reloaded", harm: &[Step::Reload], mend: Some(&[]), browsers: ALL, ..CASE },
    Case {
        name: "another page and back (bfcache)",
        harm: &[Step::Leave, Step::Last(500), Step::Back, Step::Check("truth.kept()")],
        mend: Some(&[]),
        // Firefox keeps no page whose worker held a socket open.
        browsers: &[Kind::Headless, Kind::WebKit],
        sample: true,
        ..CASE
    },
];
