//! What is told of each screen, and of all of them by state.
//!
//! A state is a series for each state it could be, 1 for the one that it is and 0 for the others: so `avg_over_time` is an
//! availability, and an alert on `== 1` ends when it should. What is not known has no sample. Not here: what is believed
//! (`engine`) and what is muted (`watch`).

use std::fmt::Error;
use std::time::Duration;

use hb_core::beat::State;
use hb_core::registry::Snapshot;
use hb_core::repair::Status;
use hb_core::window::Kind as Mute;
use hb_lease::time::{Time, Wall};
use prometheus_client::encoding::DescriptorEncoder;

use crate::engine::clock::Clock;
use crate::watch::kind_word;

use super::super::sight::Screen;
use super::changes::Changes;
use super::family::{Family, Kind};

/// Screens told one by one. A house has a hundredth of it; what is beyond is counted, and those in trouble come first.
pub(super) const MOST: usize = 5_000;
/// Whom a figure is of. A screen without a window of its own has an empty slot.
const WHO: &[&str] = &["host", "slot", "app"];

const ALL: Family = Family {
    name: "hb_apps",
    kind: Kind::Gauge,
    labels: &["state"],
    help: "Screens in each state, those that are not told one by one included",
};
const UNTOLD: Family = Family {
    name: "hb_apps_untold",
    kind: Kind::Gauge,
    labels: &[],
    help: "Screens that are not told one by one, since there are too many: those in the best states",
};
const STATE: Family = Family {
    name: "hb_app_state",
    kind: Kind::Gauge,
    labels: &["host", "slot", "app", "state"],
    help: "Whether the screen is in this state: 1 for one of them, 0 for the others",
};
const MUTED: Family = Family {
    name: "hb_app_muted",
    kind: Kind::Gauge,
    labels: &["host", "slot", "app", "kind"],
    help: "Whether nobody is to be told of the screen: closed (opening hours), maintenance or snooze",
};
const GROUP: Family = Family {
    name: "hb_app_group_info",
    kind: Kind::Info,
    labels: &["host", "slot", "app", "group"],
    help: "That the screen is of this group",
};

const CHANGES: Family = Family {
    name: "hb_app_transitions_total",
    kind: Kind::Counter,
    labels: &["host", "slot", "app", "state"],
    help: "How often the screen came into this state in this run of the server; none into missing",
};

/// One figure of each screen.
pub(super) struct Figure {
    pub(super) family: Family,
    value: fn(&Seen<'_>) -> Option<f64>,
}

/// A screen at a moment.
struct Seen<'a> {
    screen: &'a Screen,
    now: Time,
    /// Since when its state is so.
    since: Wall,
}

impl Seen<'_> {
    /// What the registry knows, if it knows it.
    fn app(&self) -> Option<&Snapshot> {
        self.screen.app.as_ref()
    }
}

const fn figure(
    name: &'static str,
    kind: Kind,
    help: &'static str,
    value: fn(&Seen<'_>) -> Option<f64>,
) -> Figure {
    Figure { family: Family { name, kind, labels: WHO, help }, value }
}

/// What has one sample for each screen.
pub(super) const FIGURES: &[Figure] = &[
    figure(
        "hb_app_state_changed_timestamp_seconds",
        Kind::Gauge,
        "Since when the screen is in its state, in seconds since 1970",
        |it| Some(it.since.as_unix_millis() as f64 / 1e3),
    ),
    figure(
        "hb_app_overdue_ratio",
        Kind::Gauge,
        "Silence as a multiple of the time granted: up to 1 the promise is kept",
        |it| Some(it.app()?.overdue),
    ),
    figure("hb_app_beat_age_seconds", Kind::Gauge, "Time since the last beat", |it| {
        Some(seconds(it.now.since(it.app()?.last_beat?)))
    }),
    figure("hb_app_promise_seconds", Kind::Gauge, "Within which time the next beat is promised", |it| {
        Some(seconds(it.app()?.promise.as_duration()))
    }),
    figure(
        "hb_app_frame_rate_hertz",
        Kind::Gauge,
        "Frames per second between the last two beats; none of who is silent",
        |it| it.app()?.fps.map(f64::from),
    ),
    figure("hb_app_frame_age_seconds", Kind::Gauge, "Time since the last frame", |it| {
        it.app()?.frame_age.map(seconds)
    }),
    figure(
        "hb_app_longest_frame_gap_seconds",
        Kind::Gauge,
        "Longest time between two frames since the beat before the last",
        |it| it.app()?.vitals.gap.map(|millis| f64::from(millis) / 1e3),
    ),
    figure("hb_app_beats_total", Kind::Counter, "Beats and words taken in this run of the server", |it| {
        Some(it.app()?.beats as f64)
    }),
    figure("hb_app_reloads_total", Kind::Counter, "Page loads after the first", |it| {
        Some(f64::from(it.app()?.reloads))
    }),
    figure("hb_app_errors_total", Kind::Counter, "Uncaught errors of the page since it was loaded", |it| {
        it.app()?.vitals.errors.map(f64::from)
    }),
    figure("hb_app_heap_bytes", Kind::Gauge, "Memory that the page's JavaScript uses", |it| {
        it.app()?.vitals.memory.map(|kib| f64::from(kib) * 1024.0)
    }),
    figure("hb_app_conflict", Kind::Gauge, "Whether two answer to its name", |it| {
        Some(flag(it.app()?.conflict))
    }),
    figure("hb_app_slowing", Kind::Gauge, "Whether its beats come later than they used to", |it| {
        Some(flag(it.app()?.slowing))
    }),
    figure(
        "hb_app_new",
        Kind::Gauge,
        "Whether it is not adopted yet: such a screen is forgotten soon after it falls silent",
        |it| Some(flag(it.screen.standing.adopted.is_none())),
    ),
    figure("hb_app_incident_open", Kind::Gauge, "Whether it has an open incident", |it| {
        Some(flag(it.screen.standing.incident.is_some()))
    }),
    figure(
        "hb_app_incident_acknowledged",
        Kind::Gauge,
        "Whether somebody takes care of its incident, or put it off",
        |it| {
            let incident = it.screen.standing.incident.as_ref();
            let taken = incident.is_some_and(|it| it.acknowledged.is_some() || it.snoozed.is_some());
            Some(flag(taken))
        },
    ),
    figure("hb_app_repair_running", Kind::Gauge, "Whether it is being repaired", |it| {
        Some(flag(matches!(it.screen.standing.repair, Status::Running(_))))
    }),
    figure("hb_app_repair_given_up", Kind::Gauge, "Whether no repair helped, so that a person must", |it| {
        Some(flag(it.screen.standing.repair == Status::GaveUp))
    }),
];

/// The families here that are no [`FIGURES`].
#[cfg(test)]
pub(super) const FAMILIES: &[&Family] = &[&ALL, &UNTOLD, &STATE, &MUTED, &GROUP, &CHANGES];

/// Writes all of it, for `screens` in the order in which they are told.
pub(super) fn write(
    to: &mut DescriptorEncoder<'_>,
    screens: &[Screen],
    changes: &Changes,
    clock: &Clock,
) -> Result<(), Error> {
    let now = clock.now();
    let wall = clock.wall(now);
    let states: Vec<State> = screens.iter().map(|screen| state(screen, now, wall)).collect();
    ALL.write(to, |samples| {
        State::ALL.iter().try_for_each(|state| {
            let count = states.iter().filter(|it| *it == state).count();
            samples.add(&[state.word()], count as f64)
        })
    })?;
    UNTOLD.write_one(to, Some(screens.len().saturating_sub(MOST) as f64))?;
    let told = &screens[..screens.len().min(MOST)];
    STATE.write(to, |samples| {
        for (screen, is) in told.iter().zip(&states) {
            let [host, slot, app] = who(screen);
            for state in State::ALL {
                samples.add(&[host, slot, app, state.word()], flag(state == is))?;
            }
        }
        Ok(())
    })?;
    MUTED.write(to, |samples| {
        for screen in told {
            let [host, slot, app] = who(screen);
            let is = screen.standing.muted.as_ref().map(|muted| muted.kind);
            for kind in [Mute::Closed, Mute::Maintenance, Mute::Snooze] {
                samples.add(&[host, slot, app, kind_word(kind)], flag(is == Some(kind)))?;
            }
        }
        Ok(())
    })?;
    GROUP.write(to, |samples| {
        for screen in told {
            let [host, slot, app] = who(screen);
            for group in &screen.standing.groups {
                samples.add(&[host, slot, app, group], 1.0)?;
            }
        }
        Ok(())
    })?;
    let counts = changes.of(told.iter().map(|screen| &screen.id));
    CHANGES.write(to, |samples| {
        for (screen, counts) in told.iter().zip(&counts) {
            let [host, slot, app] = who(screen);
            for (state, count) in State::ALL.iter().zip(counts).filter(|(state, _)| **state != State::Missing)
            {
                samples.add(&[host, slot, app, state.word()], f64::from(*count))?;
            }
        }
        Ok(())
    })?;
    for Figure { family, value } in FIGURES {
        family.write(to, |samples| {
            for screen in told {
                let seen = Seen { screen, now, since: since(screen, clock).unwrap_or(wall) };
                if let Some(value) = value(&seen) {
                    samples.add(&who(screen), value)?;
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn who(screen: &Screen) -> [&str; 3] {
    let id = screen.id.borrow();
    [id.host(), id.slot(), id.app()]
}

/// As every other view says it.
fn state(screen: &Screen, now: Time, wall: Wall) -> State {
    screen.app.as_ref().map_or(State::Missing, |app| screen.standing.verdict(app, now, wall).state)
}

fn since(screen: &Screen, clock: &Clock) -> Option<Wall> {
    screen.standing.missing.or_else(|| screen.app.as_ref().map(|app| clock.wall(app.since)))
}

fn flag(is: bool) -> f64 {
    f64::from(u8::from(is))
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
