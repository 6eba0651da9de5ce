//! The page's script hangs, throws, or never draws.

use super::super::case::{
    ALL, BOTH, CASE, Case, EACH, From, GRANTED, Kind, SOON, Signal, Step, Want, Whom, state,
};
use super::ends::JUDGED;

const STILL: Want = Want::Seen(&[state("stalled", "no-frames", SOON)]);
const HANGS: Want = Want::Seen(&[state("stalled", "main-blocked", SOON)]);
/// WebKit sends what its workers say by way of the page's own thread: while that hangs nobody speaks, and its silence alone tells.
const SILENT: Want = Want::Seen(&[state("late", "silence", SOON)]);
const ACCEPT: Option<&[Step]> = Some(&[Step::Accept]);
const ALERT: &[Step] = &[Step::Js("setTimeout(() => alert('nobody is here'))")];
const DRAW: Option<&[Step]> = Some(&[Step::Js("truth.draw()")]);

pub(super) const CASES: &[Case] = &[
    Case {
        name: "loop ended",
        harm: &[Step::Js("truth.stop()")],
        want: STILL,
        mend: DRAW,
        browsers: ALL,
        sample: true,
        ..CASE
    },
    Case {
        name: "loop ended, page from the disk",
        page: From::Disk,
        harm: &[Step::Js("truth.stop()")],
        want: STILL,
        mend: DRAW,
        browsers: EACH,
        ..CASE
    },
    Case {
        name: "loop ended, page over https",
        page: From::Https,
        harm: &[Step::Js("truth.stop()")],
        want: STILL,
        mend: DRAW,
        browsers: BOTH,
        ..CASE
    },
    Case {
        name: "loop threw once",
        harm: &[Step::Js("truth.fail()")],
        want: STILL,
        mend: DRAW,
        browsers: ALL,
        ..CASE
    },
    Case {
        name: "loop throws each frame, asked for the next first",
        query: "&rearm",
        harm: &[Step::Js("truth.fail()")],
        want: STILL,
        mend: DRAW,
        browsers: EACH,
        ..CASE
    },
    Case {
        name: "no frame ever asked for",
        query: "&never&grace=3000",
        warm: false,
        harm: &[Step::Open],
        // Its grace and a second.
        want: Want::Seen(&[state("stalled", "no-frames", 4000)]),
        mend: DRAW,
        browsers: EACH,
        ..CASE
    },
    Case {
        name: "script in a loop for 10 s",
        harm: &[Step::Js("truth.hang(10000)")],
        want: HANGS,
        mend: Some(&[]),
        browsers: BOTH,
        ..CASE
    },
    Case {
        name: "script in a loop for ever",
        harm: &[Step::Js("truth.hang(1e9)")],
        want: HANGS,
        browsers: BOTH,
        ..CASE
    },
    Case {
        name: "script in a loop for ever, then browser killed (SIGKILL)",
        harm: &[Step::Js("truth.hang(1e9)"), Step::Last(4000), Step::Signal(Whom::Browser, Signal::Kill)],
        // Within its hang and the wait, then as of any browser that ends.
        want: Want::Seen(&[
            state("stalled", "main-blocked", SOON),
            state("late", "connection-lost", 4000 + JUDGED),
            state("down", "connection-lost", 4000 + JUDGED + GRANTED),
        ]),
        browsers: BOTH,
        ..CASE
    },
    Case { name: "alert() stands open", harm: ALERT, want: HANGS, mend: ACCEPT, browsers: BOTH, ..CASE },
    Case {
        name: "script in a loop for 10 s, in WebKit",
        harm: &[Step::Js("truth.hang(10000)")],
        want: SILENT,
        mend: Some(&[]),
        browsers: &[Kind::WebKit],
        sample: true,
        ..CASE
    },
    Case {
        name: "script in a loop for ever, in WebKit",
        harm: &[Step::Js("truth.hang(1e9)")],
        want: SILENT,
        browsers: &[Kind::WebKit],
        ..CASE
    },
    Case {
        name: "alert() stands open, in WebKit",
        harm: ALERT,
        want: SILENT,
        mend: ACCEPT,
        browsers: &[Kind::WebKit],
        ..CASE
    },
    Case {
        name: "no worker allowed, and the loop ended",
        page: From::Policy("worker-src 'none'"),
        harm: &[Step::Js("truth.stop()")],
        want: STILL,
        mend: DRAW,
        browsers: EACH,
        ..CASE
    },
];
