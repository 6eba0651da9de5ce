//! `list` and `status`: the texts that scripts and Nagios have read since the reference server.

use std::time::Duration;

use hb_core::beat::State;
use hb_core::detect::Ratio;
use hb_core::id::Identity;
use hb_core::registry::{Policy, Snapshot};
use hb_core::verdict;
use hb_core::wire::status::{self, Line, Silence, Thresholds, Verdict};
use hb_core::wire::{self, Asked, ParseError};
use hb_lease::time::Time;

use crate::engine::Engine;
use crate::engine::peer::Peer;

/// How long an app may be hidden before that is critical (in opening hours; there are no others yet).
const HIDDEN: Duration = Duration::from_secs(30);

/// The IDs now tracked, one per line, in the order in which they appeared.
pub(super) fn list(engine: &Engine) -> String {
    wire::list::text(tracked(engine).iter().map(|app| app.id.borrow()))
}

/// The Nagios line for what the query asks.
pub(super) fn status(engine: &Engine, peer: &Peer, query: &str) -> Result<String, ParseError> {
    let line = match wire::parse_status(query)? {
        Some(asked) => of_one(engine, peer, &asked),
        None => of_all(engine),
    };
    Ok(line.text)
}

/// The asker names app and slot; that it means those on its own host goes without saying.
fn of_one(engine: &Engine, peer: &Peer, asked: &Asked<'_>) -> Line {
    let Ok(id) = Identity::new(peer.host(), &asked.slot, &asked.app) else {
        return status::no_record(&asked.app);
    };
    match engine.snapshot(id).filter(|app| app.state != State::Done) {
        Some(snapshot) => line(engine.clock().now(), &snapshot),
        None => status::no_record(id),
    }
}

fn of_all(engine: &Engine) -> Line {
    match &tracked(engine)[..] {
        [] => status::nobody(),
        [app] => line(engine.clock().now(), app),
        apps => status::several(apps.iter().map(|app| app.id.borrow())),
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
