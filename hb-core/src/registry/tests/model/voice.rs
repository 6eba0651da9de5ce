//! One voice of an exhibit: what all that it ever said amounts to at one moment. Not here: which voices count.

use super::*;

impl Voice {
    /// The highest number heard.
    pub(super) fn seq(&self) -> u32 {
        self.said.iter().filter_map(|said| said.vitals.seq).max().unwrap_or(0).max(self.counted)
    }

    /// Late news: only pages count, and only an init reopens one. And nobody says the goodbye of an eye but itself.
    pub(super) fn is_stale(&self, kind: Kind, beat: &Beat<'_>) -> bool {
        if self.kind != kind {
            return beat.verb == Verb::Done || beat.vitals.diagnosis == Some(Diagnosis::Leaving);
        }
        let overtaken = !self.said.is_empty() && beat.vitals.seq.is_some_and(|seq| seq <= self.seq());
        self.is_page() && (overtaken || (self.end == End::Done && beat.verb != Verb::Init))
    }

    pub(super) fn is_page(&self) -> bool {
        matches!(self.kind, Kind::Page(_))
    }

    /// The last claim that counts: an init of a session that already spoke claims nothing.
    pub(super) fn claim(&self) -> Option<&Said> {
        self.said
            .iter()
            .enumerate()
            .rfind(|(at, said)| *at == 0 || said.verb != Verb::Init)
            .map(|(_, said)| said)
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.claim().is_some_and(|said| said.vitals.diagnosis == Some(Diagnosis::Leaving))
    }

    /// What is wrong with the picture; what that is only a page and programs can prove.
    pub(super) fn fault(&self, config: &Config) -> Option<Cause> {
        self.told_fault(config).map(|cause| if self.is_believed() { cause } else { Cause::Unproven })
    }

    fn is_believed(&self) -> bool {
        self.is_page() || self.said.last().is_some_and(|said| said.from.program)
    }

    /// In the client's own words, or because its last frame is too old.
    fn told_fault(&self, config: &Config) -> Option<Cause> {
        let said = &self.claim().expect("a voice has spoken").vitals;
        let told = self.said.iter().enumerate().filter(|(at, said)| *at == 0 || said.verb != Verb::Init);
        let stall = told.filter_map(|(_, said)| said.vitals.stall).next_back();
        let stall = stall.map_or(config.stall.as_millis() as u64, u64::from);
        let pinged = self.said.iter().any(|said| said.verb != Verb::Init);
        match said.diagnosis {
            Some(Diagnosis::NoFrames) => Some(Cause::NoFrames),
            Some(Diagnosis::MainBlocked) => Some(Cause::MainBlocked),
            Some(Diagnosis::ContextLost) => Some(Cause::ContextLost),
            Some(Diagnosis::GpuStuck) => Some(Cause::GpuStuck),
            Some(Diagnosis::PictureStuck) => Some(Cause::PictureStuck),
            Some(Diagnosis::Ok | Diagnosis::Slow) | None if said.visibility == Some(Visibility::Visible) => {
                (pinged && said.age.is_some_and(|age| u64::from(age) >= stall)).then_some(Cause::NoFrames)
            }
            _ => None,
        }
    }

    /// Whether nobody can see it, and why.
    pub(super) fn unseen(&self) -> Option<Cause> {
        let said = &self.claim().expect("a voice has spoken").vitals;
        match (said.diagnosis, said.visibility) {
            (Some(Diagnosis::Frozen), _) => Some(Cause::Frozen),
            (Some(Diagnosis::Hidden), _) | (None, Some(Visibility::Hidden)) => Some(Cause::None),
            _ => None,
        }
    }

    /// The word from which silence counts.
    pub(super) fn bearing(&self, config: &Config) -> &Said {
        let beat = self.said.iter().rfind(|said| said.verb != Verb::State);
        let word = self.said.iter().rfind(|said| said.verb == Verb::State);
        match (beat, word) {
            (Some(beat), Some(word))
                if self.fault(config).is_some() || self.is_leaving() || self.kind.is_eye() =>
            {
                if word.at >= beat.at { word } else { beat }
            }
            (Some(beat), _) => beat,
            (None, word) => word.expect("a voice has spoken"),
        }
    }

    /// Whether it was heard in this run no longer ago than it promised.
    fn is_kept(&self, now: u64, config: &Config) -> bool {
        !self.asleep && {
            let bearing = self.bearing(config);
            let granted = bearing.promise + config.tolerance.as_millis() as u64;
            now - bearing.at < granted * self.thresholds(config).0
        }
    }

    /// Whether it says in time that the picture stands still, and is believed.
    pub(super) fn warns(&self, now: u64, config: &Config, exhibit: &Exhibit) -> bool {
        !self.asleep && self.is_believed() && self.state(now, config, exhibit).0 == State::Stalled
    }

    /// Whether a page from there is not a second one beside this.
    pub(super) fn gives_way(&self, from: Origin, now: u64, config: &Config) -> bool {
        let here = self.said.last().is_some_and(|said| said.from.place == from.place);
        here || self.is_leaving() || self.closed.is_some() || !self.is_kept(now, config)
    }

    /// Whether it said last that the display is off, and that is no older than it promised.
    pub(super) fn says_dark(&self, now: u64, config: &Config) -> bool {
        let told = self.said.iter().enumerate().filter(|(at, said)| *at == 0 || said.verb != Verb::Init);
        let told = told.filter(|(_, said)| said.from.program);
        let display = told.filter_map(|(_, said)| said.vitals.display).next_back();
        display == Some(Display::Off) && self.is_kept(now, config)
    }

    pub(super) fn shown(&self, now: u64, since: u64, config: &Config) -> Shown {
        let (boot, presence) =
            (self.kind.boot(), (self.sockets > 0).then_some(true).or(self.closed.map(|_| false)));
        if let Some((at, memory)) = self.memory.filter(|_| self.said.is_empty()) {
            let since = if self.asleep { at } else { since };
            let promise = memory.promise.as_millis().into();
            return Shown { since, promise, boot, presence, frame_age: None, fps: None };
        }
        let bearing = self.bearing(config);
        let last = self.said.last().expect("a voice has spoken");
        let unheard = now - last.at;
        // An init says nothing about the picture; a pair of words too close together makes no rate.
        let claim = self.claim().expect("a voice has spoken");
        let rate = self.said.windows(2).rev().find_map(|pair| {
            let (from, to) = (pair[0].vitals.frames?, pair[1].vitals.frames?);
            let span = pair[1].at - pair[0].at;
            let span = (span >= 100).then(|| Duration::from_millis(span).as_secs_f32())?;
            Some(to.saturating_sub(from) as f32 / span)
        });
        let granted = bearing.promise + config.tolerance.as_millis() as u64;
        Shown {
            since: bearing.at,
            promise: bearing.promise,
            boot,
            presence,
            frame_age: claim.vitals.age.map(|age| u64::from(age) + now - claim.at),
            fps: rate.filter(|_| unheard < granted),
        }
    }

    /// After how many times the granted time it is late, down and gone.
    pub(super) fn thresholds(&self, config: &Config) -> (u64, u64, u64) {
        let remembered = self.memory.and_then(|(_, memory)| memory.version);
        let version = self.said.iter().rev().find_map(|said| said.vitals.version).or(remembered);
        thresholds(config.policy, version.is_some_and(|v| v >= 1))
    }

    pub(super) fn state(&self, now: u64, config: &Config, exhibit: &Exhibit) -> (State, Cause, bool) {
        if let Some((at, memory)) = self.memory.as_ref().filter(|_| self.asleep) {
            return self.recall(*at, memory, now, config);
        }
        let tolerance = config.tolerance.as_millis() as u64;
        let (late, down, gone) = self.thresholds(config);
        let diagnosis = self.claim().expect("a voice has spoken").vitals.diagnosis;
        let pinged = self.said.iter().any(|said| said.verb != Verb::Init);
        let bad = self.fault(config);
        let bearing = self.bearing(config);
        let silent = now - bearing.at;
        let granted = bearing.promise + tolerance;
        let slack = if self.is_fine(config) { exhibit.slack(self.promise(), config) } else { 0 };
        let over = |times: u64| times != u64::MAX && silent >= slack + granted * times;
        let lost = self.closed.is_some_and(|(at, grace)| now >= at + grace);
        // The grace says how long it is waited for; why it is silent is known from the moment that it closed.
        let cause = match (bad, self.is_leaving(), self.closed) {
            (None, true, _) => Cause::Left,
            (_, _, Some(_)) => Cause::ConnectionLost,
            (bad, _, None) => bad.unwrap_or(Cause::Silence),
        };
        let (state, cause) = if over(down) {
            (State::Down, cause)
        } else if let (Some(bad), false) = (bad, over(late)) {
            // For so long its own word counts, until nobody waits for it any more.
            (State::Stalled, if lost { Cause::ConnectionLost } else { bad })
        } else if let (Some(cause), false, None) = (self.unseen(), over(late), self.closed) {
            (State::Hidden, cause)
        } else if over(late) || (lost && bad.is_none()) {
            (State::Late, cause)
        } else if self.is_leaving() || self.closed.is_some() {
            (State::Reconnecting, Cause::None)
        } else if diagnosis == Some(Diagnosis::Starting) || !pinged {
            (State::Starting, Cause::None)
        } else {
            (State::Up, Cause::None)
        };
        (state, cause, over(gone))
    }
}

/// After how many times the granted time somebody is late, down and gone.
pub(super) fn thresholds(policy: Policy, prompt: bool) -> (u64, u64, u64) {
    match (policy, prompt) {
        (Policy::Auto, true) | (Policy::Strict, _) => (1, 2, u64::MAX),
        (Policy::Auto, false) => (3, 5, u64::MAX),
        (Policy::Hilbert, _) => (3, 5, 6),
    }
}
