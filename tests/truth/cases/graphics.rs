//! What draws for the page is lost, hangs or is killed.

use super::super::case::{CASE, Case, EACH, Kind, Look, SOON, Signal, Step, Want, Whom, state};

const LOST: Want = Want::Seen(&[state("stalled", "context-lost", 1000)]);
const STUCK: Want = Want::Seen(&[state("stalled", "gpu-stuck", SOON)]);
/// Headless Firefox may have no WebGL.
const DRAWN: &[Kind] = &[Kind::Headless, Kind::Headed, Kind::FirefoxHeaded, Kind::WebKit];
const THAW: Option<&[Step]> = Some(&[Step::Js("truth.thaw()")]);

pub(super) const CASES: &[Case] = &[
    Case {
        name: "context lost",
        harm: &[Step::Js("truth.lose()")],
        want: LOST,
        mend: Some(&[Step::Js("truth.restore()")]),
        browsers: DRAWN,
        sample: true,
        ..CASE
    },
    Case {
        name: "context lost and restored",
        harm: &[Step::Js("truth.lose()"), Step::Last(500), Step::Js("truth.restore()")],
        want: LOST,
        mend: Some(&[]),
        browsers: DRAWN,
        ..CASE
    },
    Case {
        name: "GPU process hangs (SIGSTOP)",
        harm: &[Step::Signal(Whom::Gpu, Signal::Stop)],
        want: STUCK,
        mend: Some(&[Step::Signal(Whom::Gpu, Signal::Go)]),
        browsers: &[Kind::Headless, Kind::Headed, Kind::FirefoxHeaded],
        ..CASE
    },
    Case {
        // Firefox starts it anew and tells the page nothing: its context waits for ever.
        name: "GPU process killed, in Firefox",
        browsers: &[Kind::FirefoxHeaded],
        harm: &[Step::Signal(Whom::Gpu, Signal::Kill)],
        want: STUCK,
        ..CASE
    },
    Case {
        name: "GPU process killed",
        browsers: &[Kind::Headless, Kind::Headed],
        harm: &[Step::Signal(Whom::Gpu, Signal::Kill)],
        want: LOST,
        mend: Some(&[]),
        ..CASE
    },
    Case {
        name: "picture stuck while the loop runs, seen by the page",
        query: "&pixels",
        harm: &[Step::Js("truth.freeze()")],
        // As long as a picture may stand, a look and the last one before, and a second.
        want: Want::Seen(&[state("stalled", "picture-stuck", 4000)]),
        mend: THAW,
        browsers: EACH,
        ..CASE
    },
    Case {
        name: "picture stuck while the loop runs, seen by hb run --capture",
        query: "&large",
        beside: &[Look::Capture],
        harm: &[Step::Js("truth.freeze()")],
        // Four photographs, 0.7 s each, as long again for one just missed, and a second.
        want: Want::Seen(&[state("stalled", "picture-stuck", 4500)]),
        mend: THAW,
        browsers: &[Kind::Headed, Kind::FirefoxHeaded, Kind::WebKit],
        sample: true,
        ..CASE
    },
    Case {
        name: "display off in open hours",
        beside: &[Look::Display],
        harm: &[Step::Display(false)],
        // It is looked at every 2 s.
        want: Want::Seen(&[state("stalled", "display-off", 3000)]),
        mend: Some(&[Step::Display(true)]),
        ..CASE
    },
];
