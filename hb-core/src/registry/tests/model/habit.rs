//! What an exhibit's intervals taught: all of them are kept, and what they amount to is worked out anew each time.

use super::*;

/// From one beat to the next, ms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    promise: u64,
    granted: u64,
    late: u64,
    down: u64,
    elapsed: u64,
}

impl Model {
    /// The interval that `beat` ends, if the voice is of a page that counts its frames and was fine before.
    pub(super) fn interval(&self, name: Name, kind: Kind, beat: &Beat<'_>) -> Option<Interval> {
        let voice = self.exhibits[&name].voices.iter().find(|v| v.kind == kind)?;
        let last = voice.said.iter().rfind(|said| said.verb != Verb::State)?;
        let proves = voice.is_page() && beat.vitals.frames.is_some();
        let ordinary = proves && beat.verb == Verb::Ping && voice.end == End::Open && !voice.asleep;
        let (late, down, _) = voice.thresholds(&self.config);
        let granted = last.promise + self.config.tolerance.as_millis() as u64;
        let elapsed = self.now - last.at;
        (ordinary && voice.is_fine(&self.config)).then_some(Interval {
            promise: last.promise,
            granted,
            late,
            down,
            elapsed,
        })
    }

    /// It counts if the voice is fine after it too, and nobody was down in between.
    pub(super) fn teach(&mut self, name: Name, kind: Kind, interval: Option<Interval>) {
        let config = self.config.clone();
        let exhibit = self.exhibits.get_mut(&name).expect("it is there");
        let fine = exhibit.voices.iter().any(|v| v.kind == kind && v.is_fine(&config));
        let Some(interval) = interval.filter(|_| fine && !exhibit.is_contested()) else { return };
        if interval.elapsed >= interval.granted * interval.down + exhibit.slack(interval.promise, &config) {
            return;
        }
        let before = exhibit.is_slowing();
        exhibit.intervals.push(interval);
        match (before, exhibit.is_slowing()) {
            (false, true) => self.tell(name, self.now, "slowing"),
            (true, false) => self.tell(name, self.now, "no longer slowing"),
            _ => {}
        }
    }
}

impl Exhibit {
    /// As a share of 65 535: each interval moves it to what was seen, by one step down or 64 up at most.
    pub(super) fn slack(&self, promise: u64, config: &Config) -> u64 {
        if config.policy == Policy::Hilbert {
            return 0;
        }
        let most = |promise: u64| (promise / 2).max(1_000);
        let share = self.intervals.iter().fold(0_i64, |share, it| {
            let over = it.elapsed.saturating_sub(it.granted * it.late).min(most(it.promise));
            let seen = (over * 65_535).div_ceil(most(it.promise)) as i64;
            let step = (it.elapsed * 65_535 / 3_600_000).max(1) as i64;
            seen.clamp(share - step, share + 64 * step)
        });
        most(promise) * share as u64 / 65_535
    }

    /// Three that are too long weigh more than what is between them takes away.
    pub(super) fn is_slowing(&self) -> bool {
        let (mut mean, mut deviation, mut points, mut slow) = (0_i64, 0_i64, 0_i64, false);
        for (seen, it) in (1..).zip(&self.intervals) {
            let share = (it.elapsed * 8_192 / it.granted.max(1)).min(65_535) as i64;
            let off = share - mean;
            if seen <= 16 {
                mean += off / seen;
                deviation += if seen == 1 { 0 } else { (off.abs() - deviation) / seen };
                continue;
            }
            let long = off > 7 * deviation.max(mean / 32);
            mean += (off + 16).div_euclid(32);
            deviation += (off.abs() - deviation + 16).div_euclid(32);
            points = if long { (points + 8).min(24) } else { (points - 1).max(0) };
            slow = if slow { points > 0 } else { points == 24 };
        }
        slow
    }
}

impl Voice {
    /// Nothing wrong with the picture, seen, started and staying.
    pub(super) fn is_fine(&self, config: &Config) -> bool {
        let Some(claim) = self.claim() else { return false };
        let pinged = self.said.iter().any(|said| said.verb != Verb::Init);
        let starting = claim.vitals.diagnosis == Some(Diagnosis::Starting) || !pinged;
        self.fault(config).is_none() && self.unseen().is_none() && !self.is_leaving() && !starting
    }

    /// The promise of its last beat.
    pub(super) fn promise(&self) -> u64 {
        self.said.iter().rfind(|said| said.verb != Verb::State).map_or(0, |said| said.promise)
    }
}
