//! `list` and `status`: the texts that scripts and Nagios have read since the reference server.

use std::time::Duration;

use hb_core::beat::State;
use hb_core::detect::Ratio;
use hb_core::id::Identity;
use hb_core::registry::{Policy, Snapshot};
use hb_core::verdict;
use hb_core::wire::status::{self, Line, Silence, Thresholds, Verdict};
use hb_core::wire::{self, Asked};
use hb_lease::time::Time;

use crate::engine::Engine;
use crate::engine::peer::Peer;

/// How long an app may be hidden before that is critical (in opening hours; there are no others yet).
const HIDDEN: Duration = Duration::from_secs(30);

/// The IDs now tracked, one per line, in the order in which they appeared.
pub(super) fn list(engine: &Engine) -> String {
    wire::list::text(tracked(engine).iter().map(|app| app.id.borrow()))
}

/// The Nagios line of one app. The asker names app and slot; that it means those on its own host goes without saying.
pub(super) fn status(engine: &Engine, asker: &Peer, asked: &Asked<'_>) -> String {
    let Ok(id) = Identity::new(asker.host(), &asked.slot, &asked.app) else {
        return status::no_record(&asked.app).text;
    };
    match engine.snapshot(id).filter(|app| app.state != State::Done) {
        Some(snapshot) => line(engine.clock().now(), &snapshot).text,
        None => status::no_record(id).text,
    }
}

/// The Nagios line of all.
pub(super) fn status_of_all(engine: &Engine) -> String {
    match &tracked(engine)[..] {
        [] => status::nobody().text,
        [app] => line(engine.clock().now(), app).text,
        apps => status::several(apps.iter().map(|app| app.id.borrow())).text,
    }
}

fn tracked(engine: &Engine) -> Vec<Snapshot> {
    let mut apps = Vec::new();
    engine.for_each(|app| {
        if app.state != State::Done {
            apps.push(app);
        }
    });
    apps.sort_by(|a, b| (a.first_seen, &a.id).cmp(&(b.first_seen, &b.id)));
    apps
}

fn line(now: Time, app: &Snapshot) -> Line {
    let silence = Silence { since: now.since(app.silent_since), granted: app.granted };
    // Detectors count in whole granted times, the line in thousandths of one.
    let Ratio { late, down, dropped } = app.thresholds;
    let thresholds =
        Thresholds { late: late * 1000, down: down * 1000, dropped: dropped.map(|times| times * 1000) };
    if app.policy == Policy::Hilbert {
        return status::by_silence(app.id.borrow(), silence, thresholds);
    }
    let verdict = Verdict {
        state: app.state,
        cause: app.cause,
        sentence: verdict::sentence(app.state, app.cause),
        maintenance: false,
        long_hidden: app.state == State::Hidden && now.since(app.since) >= HIDDEN,
    };
    status::judged(app.id.borrow(), verdict, silence, thresholds)
}
