//! Nothing is wrong with the picture: whatever is said is a false alarm.

use super::super::case::{ALL, BOTH, CASE, Case, EACH, Signal, Step, Want, Whom, event};

pub(super) const CASES: &[Case] = &[
    Case { name: "healthy for 60 s", harm: &[Step::Last(60_000)], browsers: ALL, ..CASE },
    Case { name: "healthy for 10 min", harm: &[Step::Last(600_000)], browsers: EACH, long: true, ..CASE },
    Case {
        name: "draws on demand, and nothing for 10 s",
        query: "&source=demand",
        harm: &[Step::Last(10_000)],
        browsers: EACH,
        ..CASE
    },
    Case {
        name: "30 % of the processor left for 15 s",
        harm: &[Step::Share(30, 15)],
        mend: Some(&[]),
        browsers: ALL,
        ..CASE
    },
    Case {
        name: "computer asleep for 10 s",
        harm: &[
            Step::Signal(Whom::Group, Signal::Stop),
            Step::Signal(Whom::Server, Signal::Stop),
            Step::Last(10_000),
            Step::Signal(Whom::Server, Signal::Go),
            Step::Signal(Whom::Group, Signal::Go),
        ],
        mend: Some(&[]),
        browsers: ALL,
        ..CASE
    },
    Case {
        name: "computer asleep for 60 s",
        harm: &[
            Step::Signal(Whom::Group, Signal::Stop),
            Step::Signal(Whom::Server, Signal::Stop),
            Step::Last(60_000),
            Step::Signal(Whom::Server, Signal::Go),
            Step::Signal(Whom::Group, Signal::Go),
        ],
        mend: Some(&[]),
        browsers: EACH,
        long: true,
        ..CASE
    },
    Case {
        name: "eight windows on one host",
        harm: &[
            Step::OpenAs("window-2"),
            Step::OpenAs("window-3"),
            Step::OpenAs("window-4"),
            Step::OpenAs("window-5"),
            Step::OpenAs("window-6"),
            Step::OpenAs("window-7"),
            Step::OpenAs("window-8"),
            Step::Last(8000),
        ],
        mend: Some(&[]),
        browsers: BOTH,
        ..CASE
    },
    Case {
        name: "two tabs of one name",
        harm: &[Step::OpenAs("truth")],
        want: Want::Seen(&[event("conflict", 5000)]),
        browsers: BOTH,
        ..CASE
    },
];
