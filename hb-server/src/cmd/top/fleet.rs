//! What the table believes: the words of the stream folded into screens, and how old that is.
//!
//! It judges nothing itself. Pure: `now` is the time since the table was opened. Not here: order and choice (`list`).

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::feed::{Name, View, Word};
use super::words;

/// A view older than this is never shown as good.
const STALE_AFTER: Duration = Duration::from_secs(3);

/// A screen, as it was when it was told.
#[derive(Clone, Debug)]
pub(super) struct Screen {
    pub(super) view: View,
    heard: Duration,
}

/// All screens.
#[derive(Debug, Default)]
pub(super) struct Fleet {
    screens: BTreeMap<Name, Screen>,
    /// A time of the server, and when it was told.
    clock: Option<(Timestamp, Duration)>,
    heard: Option<Duration>,
}

/// How long ago things were.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ages {
    pub(super) state: Option<Duration>,
    pub(super) beat: Option<Duration>,
    pub(super) frame: Option<Duration>,
    pub(super) overdue: Option<f64>,
}

/// What a screen wants of who looks, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wants {
    /// Somebody to look.
    Look,
    /// Nothing more: somebody does.
    Taken,
    /// Nothing for now: it is muted.
    Muted,
    /// Nothing.
    Nothing,
}

impl Fleet {
    /// Takes a word. Any word is a sign of life.
    pub(super) fn fold(&mut self, now: Duration, word: Word) {
        self.heard = Some(now);
        match word {
            Word::Snapshot(at, views) => {
                self.clock = Some((at, now));
                self.screens.clear();
                views.into_iter().for_each(|view| self.put(now, view));
            }
            Word::Vitals(at, views) => {
                self.clock = Some((at, now));
                views.into_iter().for_each(|view| self.put(now, view));
                self.wake(at);
            }
            // It was true when it happened, which may be long ago: a stream that goes on tells what was missed.
            Word::Changed(at, view) => self.put(self.then(now, at), *view),
            Word::Turned { at, who, state, cause, sentence } => {
                if let Some(screen) = self.screens.get_mut(&who) {
                    screen.view = View {
                        state,
                        cause,
                        sentence,
                        since: Some(crate::cmd::when::Stamp(at)),
                        nagios: String::new(),
                        ..screen.view.clone()
                    };
                }
            }
            Word::Gone(who) => drop(self.screens.remove(&who)),
            Word::Moved { who, from } => {
                let old = Name { host: from, ..who.clone() };
                if let Some(mut screen) = self.screens.remove(&old) {
                    screen.view.name = who.clone();
                    // Who speaks there already took the place of the other.
                    self.screens.entry(who).or_insert(screen);
                }
            }
            Word::Conflict { who, on } => {
                if let Some(screen) = self.screens.get_mut(&who) {
                    screen.view.conflict = on;
                }
            }
            Word::Else => {}
        }
    }

    /// All, by name.
    pub(super) fn screens(&self) -> impl Iterator<Item = (&Name, &Screen)> {
        self.screens.iter()
    }

    pub(super) fn get(&self, name: &Name) -> Option<&Screen> {
        self.screens.get(name)
    }

    /// How long nothing was heard; `None` before the first word.
    pub(super) fn silence(&self, now: Duration) -> Option<Duration> {
        self.heard.map(|heard| now.saturating_sub(heard))
    }

    /// Whether what is shown may be no longer so.
    pub(super) fn is_stale(&self, now: Duration) -> bool {
        self.silence(now).is_none_or(|silence| silence > STALE_AFTER)
    }

    /// How old things are. They grow with time, but not beyond what can be known.
    pub(super) fn ages(&self, now: Duration, screen: &Screen) -> Ages {
        let known = self.heard.map_or(now, |heard| now.min(heard + STALE_AFTER));
        let passed = known.saturating_sub(screen.heard);
        let view = &screen.view;
        let grown = |ms: Option<u64>| ms.map(|ms| Duration::from_millis(ms) + passed);
        let ends = matches!(view.state.as_str(), "done" | "off");
        let granted = view.granted_ms.filter(|granted| *granted > 0);
        let overdue = view.overdue.zip(granted).filter(|_| !ends);
        let server = self.clock.and_then(|(at, told)| at.checked_add(known.saturating_sub(told)).ok());
        let since = server.zip(view.since.as_ref()).map(|(server, since)| server.duration_since(since.0));
        Ages {
            state: since.map(|age| age.max(SignedDuration::ZERO).unsigned_abs()),
            beat: grown(view.last_beat_age_ms.into_iter().chain(view.last_word_age_ms).min()),
            frame: grown(view.frame_age_ms),
            overdue: overdue.map(|(share, granted)| share + passed.as_secs_f64() * 1000.0 / granted as f64),
        }
    }

    fn put(&mut self, heard: Duration, view: View) {
        self.screens.insert(view.name.clone(), Screen { view, heard });
    }

    fn then(&self, now: Duration, at: Timestamp) -> Duration {
        let Some((clock, told)) = self.clock else { return now };
        let ahead = at.duration_since(clock);
        let then = if ahead.is_negative() {
            told.saturating_sub(ahead.unsigned_abs())
        } else {
            told + ahead.unsigned_abs()
        };
        then.min(now)
    }

    /// A snooze ends by itself, and of a silent screen nothing else may come.
    fn wake(&mut self, at: Timestamp) {
        for screen in self.screens.values_mut() {
            if let Some(incident) = &mut screen.view.incident {
                incident.snoozed_until = incident.snoozed_until.filter(|until| until.0 > at);
            }
        }
    }
}

impl View {
    /// What it wants of who looks.
    pub(super) fn wants(&self) -> Wants {
        match () {
            () if !words::is_problem(&self.state) => Wants::Nothing,
            () if self.muted => Wants::Muted,
            () if self.is_known() => Wants::Taken,
            () => Wants::Look,
        }
    }

    /// Whether somebody takes care of it, or wants no word of it for a while.
    pub(super) fn is_known(&self) -> bool {
        self.incident.as_ref().is_some_and(|of| of.acknowledged.is_some() || of.snoozed_until.is_some())
    }

    /// The frame rate that can be true: none is drawn where the client says so; a picture that stands, or that nobody can
    /// see, says nothing of the frames beside it.
    pub(super) fn rate(&self) -> Option<f64> {
        let beside =
            ["picture-stuck", "unproven", "display-off", "crash-loop"].contains(&self.cause.as_str());
        match self.state.as_str() {
            "stalled" if beside => self.fps,
            "stalled" => Some(0.0),
            "hidden" | "late" | "starting" | "up" => self.fps,
            _ => None,
        }
    }
}
