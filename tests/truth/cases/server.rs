//! The server or the way to it fails: then only the page can say so.

use super::super::case::{CASE, Case, EACH, From, Signal, Step, Want, Whom, event, link, state};

const NOBODY: Want = Want::Seen(&[link("offline", 1500)]);

pub(super) const CASES: &[Case] = &[
    Case {
        name: "server killed",
        harm: &[Step::ServerKilled],
        want: NOBODY,
        mend: Some(&[Step::ServerAgain]),
        browsers: EACH,
        sample: true,
        ..CASE
    },
    Case {
        name: "server hangs (SIGSTOP)",
        harm: &[Step::Signal(Whom::Server, Signal::Stop), Step::Last(5000)],
        want: Want::Seen(&[link("timeout", 2500)]),
        mend: Some(&[Step::Signal(Whom::Server, Signal::Go)]),
        browsers: EACH,
        ..CASE
    },
    Case { name: "server restarted", harm: &[Step::ServerAgain], mend: Some(&[]), browsers: EACH, ..CASE },
    Case {
        name: "server at another address",
        harm: &[Step::ServerElsewhere],
        want: NOBODY,
        browsers: EACH,
        ..CASE
    },
    Case {
        name: "network cut",
        away: true,
        harm: &[Step::Cut(true)],
        // Silence, when what was granted is over; the page knows of its first lost beat.
        want: Want::Seen(&[state("late", "silence|connection-lost", 3500), link("timeout", 3000)]),
        mend: Some(&[Step::Cut(false)]),
        browsers: EACH,
        ..CASE
    },
    Case {
        name: "another address by DHCP",
        away: true,
        harm: &[Step::Renumber, Step::Last(6000)],
        want: Want::Seen(&[event("moved", 5000)]),
        mend: Some(&[]),
        browsers: EACH,
        ..CASE
    },
    Case {
        name: "page from the internet without permission",
        page: From::Public,
        warm: false,
        harm: &[Step::Open],
        want: Want::Seen(&[link("blocked-lna", 5000)]),
        ..CASE
    },
    Case {
        name: "policy without connect-src for the server",
        page: From::Policy("connect-src 'self'"),
        warm: false,
        harm: &[Step::Open],
        want: Want::Seen(&[link("blocked-csp", 5000)]),
        browsers: EACH,
        ..CASE
    },
];
