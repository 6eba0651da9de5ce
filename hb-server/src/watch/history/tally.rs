//! One app's hour, piece by piece: seconds in each state, and what was counted meanwhile. Pure.
//!
//! A piece is told and begun anew whenever somebody takes it; the store adds the pieces up. What is less than a second
//! waits for the next piece. Not here: when a piece is taken ([`super::ledger`]).

use std::time::Duration;

use hb_core::beat::State;
use hb_core::id::{Boot, OwnedIdentity};
use hb_core::registry::Snapshot;
use hb_lease::time::{Time, Wall};

use crate::store::row::Hour;

/// An hour in ms.
const HOUR: i64 = 60 * 60 * 1_000;
/// Longer than this nobody looked: this machine slept, or its calendar was set. Of that time nothing is told.
const UNSEEN: Duration = Duration::from_secs(10 * 60);

/// What is known of the hour under way, and of its piece that was not told yet.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    /// Up to when time is accounted for, in ms since 1970.
    until: i64,
    state: State,
    millis: [u32; State::ALL.len()],
    beats: u64,
    reloads: u32,
    errors: u32,
    slowest: Option<u32>,
    /// Sum and number of the frame rates looked at.
    rates: (u64, u32),
    gap: Option<u32>,
    seen: Seen,
}

/// The counters of an app as they were last seen: what they are beyond that is new.
#[derive(Clone, Copy, Debug)]
struct Seen {
    first_seen: Time,
    beats: u64,
    reloads: u32,
    errors: u32,
    boot: Option<Boot>,
}

impl Tally {
    /// From `at` on, for an app that is in `state`.
    pub(super) fn new(at: Wall, state: State, first_seen: Time) -> Self {
        let seen = Seen { first_seen, beats: 0, reloads: 0, errors: 0, boot: None };
        Self {
            until: at.as_unix_millis(),
            state,
            millis: [0; State::ALL.len()],
            beats: 0,
            reloads: 0,
            errors: 0,
            slowest: None,
            rates: (0, 0),
            gap: None,
            seen,
        }
    }

    /// Which hour is under way.
    pub(super) fn hour(&self) -> u32 {
        u32::try_from(self.until.div_euclid(HOUR)).unwrap_or(0)
    }

    /// Takes what an app counts of itself; what is new belongs to the hour under way. Older news changes nothing.
    pub(super) fn count(&mut self, app: &Snapshot) {
        let seen = &mut self.seen;
        if app.first_seen != seen.first_seen {
            *seen = Seen { first_seen: app.first_seen, beats: 0, reloads: 0, errors: 0, boot: None };
        }
        self.beats += app.beats.saturating_sub(seen.beats);
        let older = app.beats < seen.beats;
        seen.beats = seen.beats.max(app.beats);
        if older {
            return;
        }
        self.reloads = self.reloads.saturating_add(app.reloads.saturating_sub(seen.reloads));
        seen.reloads = app.reloads;
        // Errors are counted from each page load on.
        let errors = app.vitals.errors.unwrap_or(0);
        let known = if app.vitals.boot == seen.boot { seen.errors } else { 0 };
        self.errors = self.errors.saturating_add(errors.saturating_sub(known));
        (seen.errors, seen.boot) = (errors, app.vitals.boot);
        self.gap = self.gap.max(app.vitals.gap);
    }

    /// Takes the last count of an app that is gone.
    pub(super) fn count_beats(&mut self, beats: u64) {
        self.beats += beats.saturating_sub(self.seen.beats);
    }

    /// Takes the frame rate that an app has now.
    pub(super) fn rate(&mut self, app: &Snapshot) {
        let Some(fps) = app.fps.filter(|fps| fps.is_finite() && *fps >= 0.0) else { return };
        let tenths = (fps * 10.0).round() as u32;
        self.slowest = Some(self.slowest.map_or(tenths, |slowest| slowest.min(tenths)));
        self.rates = (self.rates.0 + u64::from(tenths), self.rates.1 + 1);
    }

    /// Beats that no piece has told yet.
    #[cfg(test)]
    pub(super) const fn untold(&self) -> u64 {
        self.beats
    }

    /// Time has passed; an hour that is over by that is told.
    pub(super) fn pass(&mut self, id: &OwnedIdentity, now: Wall, tell: &mut impl FnMut(Hour)) {
        let now = now.as_unix_millis();
        let seen = u128::try_from(now.saturating_sub(self.until)).is_ok_and(|ms| ms <= UNSEEN.as_millis());
        if !seen {
            if now.div_euclid(HOUR) != self.until.div_euclid(HOUR) {
                self.end_hour(id).into_iter().for_each(&mut *tell);
            }
            self.until = now;
            return;
        }
        while now.div_euclid(HOUR) > self.until.div_euclid(HOUR) {
            let end = (self.until.div_euclid(HOUR) + 1) * HOUR;
            // Its last ms: what ends at the hour itself is of the next one already.
            self.account(end - 1);
            self.millis[place(self.state)] += 1;
            self.end_hour(id).into_iter().for_each(&mut *tell);
            self.until = end;
        }
        self.account(now);
    }

    /// The last piece of an hour. What is less than a second in each state goes to the one that has most of it: in the next
    /// hour it would make more of that than an hour has.
    fn end_hour(&mut self, id: &OwnedIdentity) -> Option<Hour> {
        let rests = self.millis.map(|millis| millis % 1_000);
        let most = (0..rests.len()).max_by_key(|&state| rests[state])?;
        self.millis = self.millis.map(|millis| millis - millis % 1_000);
        self.millis[most] += rests.iter().sum::<u32>() / 1_000 * 1_000;
        self.take(id)
    }

    /// The app turned into `to`, perhaps before what is accounted for already: then that was wrong.
    pub(super) fn turn(&mut self, id: &OwnedIdentity, at: Wall, to: State, tell: &mut impl FnMut(Hour)) {
        self.pass_to(id, at, tell);
        let late = u32::try_from(self.until - at.as_unix_millis()).unwrap_or(0);
        let wrong = late.min(self.millis[place(self.state)]);
        self.millis[place(self.state)] -= wrong;
        self.millis[place(to)] += wrong;
        self.state = to;
    }

    fn pass_to(&mut self, id: &OwnedIdentity, at: Wall, tell: &mut impl FnMut(Hour)) {
        if at.as_unix_millis() > self.until {
            self.pass(id, at, tell);
        }
    }

    fn account(&mut self, until: i64) {
        let passed = u32::try_from(until - self.until).unwrap_or(0);
        self.millis[place(self.state)] += passed;
        self.until = until;
    }

    /// The piece since the last one, if there is anything in it.
    pub(super) fn take(&mut self, id: &OwnedIdentity) -> Option<Hour> {
        let hour = self.hour();
        let mut seconds = |state: State| {
            let millis = &mut self.millis[place(state)];
            let whole = *millis / 1_000;
            *millis %= 1_000;
            u16::try_from(whole).unwrap_or(u16::MAX)
        };
        let mean = (self.rates.1 > 0).then(|| (self.rates.0 / u64::from(self.rates.1)) as u32);
        let told = Hour {
            app: id.clone(),
            hour,
            missing: seconds(State::Missing),
            down: seconds(State::Down),
            stalled: seconds(State::Stalled),
            hidden: seconds(State::Hidden),
            late: seconds(State::Late),
            unknown: seconds(State::Unknown),
            reconnecting: seconds(State::Reconnecting),
            starting: seconds(State::Starting),
            up: seconds(State::Up),
            off: seconds(State::Off),
            done: seconds(State::Done),
            beats: std::mem::take(&mut self.beats),
            reloads: std::mem::take(&mut self.reloads),
            errors: std::mem::take(&mut self.errors),
            slowest: self.slowest.take(),
            mean,
            gap: self.gap.take(),
        };
        self.rates = (0, 0);
        let counts = [told.beats, u64::from(told.reloads), u64::from(told.errors)];
        let measured = told.slowest.or(told.mean).or(told.gap).is_some();
        let seconds = [told.missing, told.down, told.stalled, told.hidden, told.late, told.unknown];
        let more = [told.reconnecting, told.starting, told.up, told.off, told.done];
        let passed = seconds.iter().chain(&more).any(|&seconds| seconds > 0);
        (passed || measured || counts.iter().any(|&count| count > 0)).then_some(told)
    }
}

const fn place(state: State) -> usize {
    state as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_hour_has_more_seconds_than_an_hour() {
        let id = hb_core::id::Identity::new("h", "", "x").unwrap().to_owned();
        let begin = 490_896 * HOUR;
        let mut tally = Tally::new(Wall::from_unix_millis(begin), State::Up, Time::ZERO);
        let mut hours = Vec::new();
        let now = |at| Wall::from_unix_millis(begin + at);
        // Of one state 0.8 s are left at the hour, and the next has the 0.2 s that make it a second too many.
        for (at, to) in [(700, State::Late), (1_400, State::Up)] {
            tally.turn(&id, now(at), to, &mut |hour| hours.push(hour));
        }
        for minute in 1..60 {
            tally.pass(&id, now(minute * 60_000), &mut |hour| hours.push(hour));
        }
        for (at, to) in [(HOUR - 100, State::Late), (HOUR + 200, State::Up)] {
            tally.turn(&id, now(at), to, &mut |hour| hours.push(hour));
        }
        for minute in 61..=120 {
            tally.pass(&id, now(minute * 60_000), &mut |hour| hours.push(hour));
        }
        let told: Vec<u16> = hours.iter().map(|hour| hour.late + hour.up).collect();
        assert_eq!(told, [3_600, 3_600], "{hours:?}");
    }
}
