//! `list` and `status`: the texts that scripts and Nagios have read since the reference server.

use hb_core::beat::State;
use hb_core::id::Identity;
use hb_core::registry::{Policy, Snapshot};
use hb_core::wire::status::{self, Line, Silence, Verdict};
use hb_core::wire::{self, Asked};

use crate::engine::Engine;
use crate::engine::peer::Peer;
use crate::notify::voice;
use crate::watch::{self, Standing, Watch};

/// The IDs now tracked, one per line, in the order in which they appeared.
pub(crate) fn list(engine: &Engine) -> String {
    wire::list::text(tracked(engine).iter().map(|app| app.id.borrow()))
}

/// The Nagios line of one app. The asker names app and slot; that it means those on its own host goes without saying.
pub(crate) fn status(engine: &Engine, watch: Option<&Watch>, asker: &Peer, asked: &Asked<'_>) -> String {
    let Ok(id) = Identity::new(asker.host(), &asked.slot, &asked.app) else {
        return status::no_record(&asked.app).text;
    };
    match engine.snapshot(id).filter(|app| app.state != State::Done) {
        Some(snapshot) => line(engine, watch, &snapshot).text,
        None => status::no_record(id).text,
    }
}

/// The Nagios line of all.
pub(crate) fn status_of_all(engine: &Engine, watch: Option<&Watch>) -> String {
    match &tracked(engine)[..] {
        [] => status::nobody().text,
        [app] => line(engine, watch, app).text,
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

fn line(engine: &Engine, watch: Option<&Watch>, app: &Snapshot) -> Line {
    let now = engine.clock().now();
    let silence = Silence { since: now.since(app.silent_since), granted: app.granted };
    // The reference server has no memory, so of who is only remembered it has no line either.
    if app.policy == Policy::Hilbert && app.is_heard() {
        return status::by_silence(app.id.borrow(), silence, app.thresholds);
    }
    let standing = watch.map(|watch| watch.look(|machine, at| machine.standing(at, app.id.borrow())));
    let standing: Standing = standing.unwrap_or_default();
    let watch::Verdict { state, cause, nagios, maintenance } =
        standing.verdict(app, now, engine.clock().wall(now));
    let mut sentence = voice::sentence(state, cause, app.vitals.by).to_owned();
    if let Some(advice) = voice::advice(state, cause, app.vitals.by) {
        sentence.push_str("; ");
        sentence.push_str(advice);
    }
    let verdict = Verdict { state, nagios, cause, sentence: &sentence, maintenance };
    status::judged(app.id.borrow(), verdict, silence, app.thresholds)
}
