//! What an exhibit is after a restart: whatever was believed, and nobody heard.

use super::voice::thresholds;
use super::*;

impl Model {
    /// The server stops, and begins again `away` ms later, with nothing but what it believed.
    pub(in super::super) fn restart(&mut self, away: u64) -> BTreeMap<Name, Exhibit> {
        self.now += away;
        self.stats = Stats::default();
        self.waiting.clear();
        core::mem::take(&mut self.exhibits)
    }

    /// One of them is known again; of its voices only one is, and its page as whoever showed it said.
    pub(in super::super) fn restore(&mut self, name: Name, before: &Exhibit, memory: Memory) {
        let taken = |(other, exhibit): (&Name, &Exhibit)| {
            (other.1, other.2) == (name.1, name.2)
                && exhibit.newest_page == memory.boot
                && exhibit.open_pages() > 0
        };
        let boot = memory.boot.filter(|_| !self.exhibits.iter().any(taken));
        let (state, cause) = before.state;
        let done = state == State::Done;
        let voice = Voice {
            kind: boot.map_or(Kind::Legacy { program: false }, Kind::Page),
            said: Vec::new(),
            counted: 0,
            end: if done { End::Done } else { End::Open },
            sockets: 0,
            closed: None,
            memory: Some((self.now, Memory { state, cause, ..memory })),
            asleep: !done,
        };
        let exhibit = Exhibit {
            closed: false,
            voices: alloc::vec![voice],
            newest_page: boot,
            beats: 0,
            lived: before.has_lived(&self.config),
            intervals: Vec::new(),
            ..*before
        };
        self.exhibits.insert(name, exhibit);
        self.look(name);
    }

    /// Somebody wants an exhibit here, or no longer.
    pub(in super::super) fn adopt(&mut self, name: Name, on: bool) -> Reply {
        let Some(exhibit) = self.exhibits.get_mut(&name) else { return Reply::Unknown };
        exhibit.adopted = on;
        self.look(name);
        Reply::Done
    }

    /// The house is closed, or open again.
    pub(in super::super) fn close_house(&mut self, name: Name, on: bool) -> Reply {
        let Some(exhibit) = self.exhibits.get_mut(&name) else { return Reply::Unknown };
        exhibit.closed = on;
        self.look(name);
        Reply::Done
    }

    /// Whoever speaks first is the voice that was remembered without a page.
    pub(super) fn recognize(&mut self, name: Name, kind: Kind) {
        let Some(exhibit) = self.exhibits.get_mut(&name) else { return };
        if let Some(voice) = exhibit.voices.iter_mut().find(|v| v.asleep && !v.is_page()) {
            voice.kind = kind;
            voice.memory = voice.memory.map(|(at, memory)| (at, Memory { version: None, ..memory }));
            exhibit.newest_page = kind.boot();
        }
    }
}

impl Voice {
    /// What is left of the memory at `now`: nobody is late before the grace is over, nor before its promise is.
    pub(super) fn recall(&self, at: u64, memory: &Memory, now: u64, config: &Config) -> (State, Cause, bool) {
        let granted = u64::from(memory.promise.as_millis()) + config.tolerance.as_millis() as u64;
        let (late, down, gone) = thresholds(config.policy, memory.version.is_some_and(|v| v >= 1));
        let grace = config.boot_grace.as_millis() as u64;
        let late_at = at + grace.max(granted * late);
        let over = |times: u64| times != u64::MAX && now >= late_at + granted * (times - late);
        let is_late = now >= late_at;
        let (state, cause) = match (memory.state, memory.cause) {
            (State::Down | State::Missing, cause) => (memory.state, cause),
            (State::Stalled, cause) if over(down) => (State::Down, cause),
            (State::Stalled, cause) => (State::Stalled, cause),
            (State::Hidden, cause) if !over(down) => (State::Hidden, cause),
            _ if over(down) => (State::Down, Cause::Silence),
            _ if is_late => (State::Late, Cause::Silence),
            _ => (State::Unknown, Cause::Restart),
        };
        (state, cause, over(gone))
    }
}
