//! A registry as a child would write it: it remembers everything that was ever said, walks through time millisecond by
//! millisecond, and works the state of every app out anew each time. Slow, and hard to get wrong in the same way.

use alloc::collections::BTreeMap;

use super::*;

type Name = (&'static str, &'static str);

/// One thing said by a session.
#[derive(Clone, Debug)]
pub(super) struct Said {
    at: u64,
    verb: Verb,
    promise: u64,
    vitals: Vitals,
}

#[derive(Clone, Debug, PartialEq)]
enum End {
    Open,
    Superseded,
    Done,
}

#[derive(Clone, Debug)]
struct Voice {
    kind: Kind,
    said: Vec<Said>,
    /// The highest number heard before the last goodbye.
    counted: u32,
    end: End,
    /// Presence sockets that are open.
    sockets: u32,
    /// When the last socket closed and how long it is waited for.
    closed: Option<(u64, u64)>,
}

#[derive(Clone, Debug)]
struct Exhibit {
    voices: Vec<Voice>,
    newest_page: Option<Boot>,
    state: (State, Cause),
    since: u64,
    first: u64,
    conflict: bool,
}

pub(super) struct Model {
    config: Config,
    now: u64,
    exhibits: BTreeMap<Name, Exhibit>,
    /// Sockets of pages that have not spoken yet.
    waiting: BTreeMap<(Name, Boot), u32>,
    /// Every line told, by the name of the app.
    pub(super) told: BTreeMap<&'static str, Vec<String>>,
}

impl Voice {
    /// The highest number heard.
    fn seq(&self) -> u32 {
        self.said.iter().filter_map(|said| said.vitals.seq).max().unwrap_or(0).max(self.counted)
    }

    /// Late news: only pages count, and only an init reopens one.
    fn is_stale(&self, beat: &Beat<'_>) -> bool {
        let overtaken = beat.vitals.seq.is_some_and(|seq| seq <= self.seq());
        self.is_page() && (overtaken || (self.end == End::Done && beat.verb != Verb::Init))
    }

    fn is_page(&self) -> bool {
        matches!(self.kind, Kind::Page(_))
    }

    /// The last claim that counts: an init of a session that already spoke claims nothing.
    fn claim(&self) -> Option<&Said> {
        self.said
            .iter()
            .enumerate()
            .rfind(|(at, said)| *at == 0 || said.verb != Verb::Init)
            .map(|(_, said)| said)
    }

    fn is_leaving(&self) -> bool {
        self.claim().is_some_and(|said| said.vitals.diagnosis == Some(Diagnosis::Leaving))
    }

    fn state(&self, now: u64, config: &Config) -> (State, Cause, bool) {
        let tolerance = config.tolerance.as_millis() as u64;
        let claim = self.claim().expect("a voice has spoken");
        let prompt = self.said.iter().rev().find_map(|said| said.vitals.version).is_some_and(|v| v >= 1);
        let (late, down, gone) = match (config.policy, prompt) {
            (Policy::Auto, true) | (Policy::Strict, _) => (1, 2, u64::MAX),
            (Policy::Auto, false) => (3, 5, u64::MAX),
            (Policy::Hilbert, _) => (3, 5, 6),
        };
        let diagnosis = claim.vitals.diagnosis;
        let pinged = self.said.iter().any(|said| said.verb != Verb::Init);
        let bad = match diagnosis {
            Some(Diagnosis::NoFrames) => Some(Cause::NoFrames),
            Some(Diagnosis::ContextLost) => Some(Cause::ContextLost),
            _ => None,
        };
        let beat = self.said.iter().rfind(|said| said.verb != Verb::State);
        let word = self.said.iter().rfind(|said| said.verb == Verb::State);
        let bearing = match (beat, word) {
            (Some(beat), Some(word)) if bad.is_some() || self.is_leaving() => {
                if word.at >= beat.at {
                    word
                } else {
                    beat
                }
            }
            (Some(beat), _) => beat,
            (None, word) => word.expect("a voice has spoken"),
        };
        let silent = now - bearing.at;
        let granted = bearing.promise + tolerance;
        let over = |times: u64| times != u64::MAX && silent >= granted * times;
        let lost = self.closed.is_some_and(|(at, grace)| now >= at + grace);
        let cause = bad.unwrap_or(match (self.is_leaving(), lost) {
            (true, _) => Cause::Left,
            (false, true) => Cause::ConnectionLost,
            (false, false) => Cause::Silence,
        });
        let (state, cause) = if over(down) {
            (State::Down, cause)
        } else if bad.is_some() && !over(late) {
            (State::Stalled, cause)
        } else if diagnosis == Some(Diagnosis::Hidden) && !over(late) && self.closed.is_none() {
            (State::Hidden, Cause::None)
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

impl Exhibit {
    fn open_pages(&self) -> usize {
        self.voices.iter().filter(|v| v.is_page() && v.end == End::Open).count()
    }

    fn judge(&self, now: u64, config: &Config) -> (State, Cause, bool) {
        let pages = self.open_pages() > 0;
        let counted: Vec<_> = self
            .voices
            .iter()
            .filter(|v| v.end == End::Open && (v.is_page() || !pages))
            .map(|v| v.state(now, config))
            .collect();
        let gone = !counted.is_empty() && counted.iter().all(|v| v.2);
        let worst = counted.iter().map(|v| (v.0, v.1)).min();
        let (state, cause) = worst.unwrap_or((State::Done, Cause::None));
        (state, cause, gone)
    }
}

impl Model {
    pub(super) fn new(config: Config) -> Self {
        Self { config, now: 0, exhibits: BTreeMap::new(), waiting: BTreeMap::new(), told: BTreeMap::new() }
    }

    fn tell(&mut self, name: Name, at: u64, what: &str) {
        self.told.entry(name.1).or_default().push(format!("{} @ {} {at} {what}", name.1, name.0));
    }

    /// Walks to `now`, one millisecond after the other. Whoever speaks at `now` is in time unless a tick comes first, so
    /// without one the last millisecond passes without a look; it is made up for before the next one begins.
    pub(super) fn walk(&mut self, now: u64, tick: bool) {
        while self.now < now {
            self.look_at_all();
            self.now += 1;
        }
        if tick {
            self.look_at_all();
        }
    }

    fn look_at_all(&mut self) {
        for name in self.exhibits.keys().copied().collect::<Vec<_>>() {
            self.look(name);
        }
    }

    fn look(&mut self, name: Name) {
        let exhibit = &self.exhibits[&name];
        let (before, since, first) = (exhibit.state, exhibit.since, exhibit.first);
        let (state, cause, gone) = exhibit.judge(self.now, &self.config);
        let last = exhibit.voices.iter().flat_map(|v| &v.said).map(|said| said.at).max().unwrap_or(0);
        let millis = |duration: Duration| duration.as_millis() as u64;
        if gone {
            self.exhibits.remove(&name);
            return self.tell(name, self.now, "removed Dropped");
        }
        let since = if state == before.0 { since } else { self.now };
        if (state, cause) != before {
            self.tell(name, self.now, &format!("{}→{state} {cause}", before.0));
            let exhibit = self.exhibits.get_mut(&name).expect("it was just there");
            (exhibit.state, exhibit.since) = ((state, cause), since);
        }
        let (end, why) = match state {
            State::Done => (since + millis(self.config.done_retention), "removed Retention"),
            State::Down if last - first < millis(self.config.adopt_after) => {
                (since + millis(self.config.new_retention), "removed Forgotten")
            }
            _ => return,
        };
        if end <= self.now {
            self.exhibits.remove(&name);
            self.tell(name, self.now, why);
        }
    }

    /// Takes a beat at the present moment.
    pub(super) fn beat(&mut self, name: Name, beat: &Beat<'_>) {
        let kind = Kind::of(beat);
        let leaving = beat.vitals.diagnosis == Some(Diagnosis::Leaving);
        self.follow(name, kind, beat);
        let said = Said {
            at: self.now,
            verb: beat.verb,
            promise: beat.promise.as_millis().into(),
            vitals: beat.vitals,
        };
        if !self.exhibits.contains_key(&name) {
            if beat.verb == Verb::Done || leaving {
                return;
            }
            let said = alloc::vec![said];
            let sockets = self.greet(name, kind);
            let voice = Voice { kind, said, counted: 0, end: End::Open, sockets, closed: None };
            let newest_page = kind.boot();
            let mut exhibit = Exhibit {
                voices: alloc::vec![voice],
                newest_page,
                state: (State::Up, Cause::None),
                since: self.now,
                first: self.now,
                conflict: false,
            };
            let (state, cause, _) = exhibit.judge(self.now, &self.config);
            exhibit.state = (state, cause);
            self.exhibits.insert(name, exhibit);
            self.tell(name, self.now, &format!("→{state} {cause}"));
            return self.look(name);
        }
        let mut lines = Vec::new();
        let voice = self.exhibits[&name].voices.iter().find(|v| v.kind == kind);
        let fresh = voice.map_or(beat.verb != Verb::Done, |voice| !voice.is_stale(beat));
        let greeted = if fresh { self.greet(name, kind) } else { 0 };
        let exhibit = self.exhibits.get_mut(&name).expect("it is there");
        let was = exhibit.conflict;
        match exhibit.voices.iter().position(|v| v.kind == kind) {
            None if beat.verb == Verb::Done => return,
            None => {
                if kind.boot().is_some() && exhibit.voices.iter().any(Voice::is_page) {
                    let mut unclean = false;
                    for page in exhibit.voices.iter_mut().filter(|v| v.is_page() && v.end == End::Open) {
                        if page.is_leaving() || !was {
                            unclean |= !page.is_leaving();
                            page.end = End::Superseded;
                        }
                    }
                    if !was {
                        lines.push(if unclean { "unclean reload" } else { "reload" });
                    }
                }
                exhibit.newest_page = kind.boot().or(exhibit.newest_page);
                exhibit.voices.push(Voice {
                    kind,
                    said: alloc::vec![said],
                    counted: 0,
                    end: End::Open,
                    sockets: 0,
                    closed: None,
                });
            }
            Some(at) => {
                let voice = &mut exhibit.voices[at];
                if voice.is_stale(beat) {
                    return;
                }
                let end = voice.end.clone();
                if beat.verb == Verb::Done {
                    voice.end = End::Done;
                } else {
                    if end == End::Done {
                        voice.counted = voice.seq();
                        voice.said.clear();
                        voice.closed = None;
                    }
                    voice.said.push(said);
                    voice.end = End::Open;
                    voice.closed = None;
                }
                if beat.verb != Verb::Done
                    && leaving
                    && (end == End::Superseded || (was && exhibit.open_pages() > 1))
                {
                    exhibit.voices[at].end = End::Superseded;
                }
                if end == End::Superseded && beat.verb != Verb::Done && !leaving {
                    exhibit.conflict = true;
                }
            }
        }
        if let Some(voice) = exhibit.voices.iter_mut().find(|v| v.kind == kind && greeted > 0) {
            (voice.sockets, voice.closed) = (voice.sockets + greeted, None);
        }
        exhibit.conflict &= exhibit.open_pages() > 1;
        if exhibit.conflict != was {
            lines.push(if exhibit.conflict { "conflict" } else { "no conflict" });
        }
        for line in lines {
            self.tell(name, self.now, line);
        }
        self.look(name);
    }

    /// Opens a presence socket of a page.
    pub(super) fn open(&mut self, name: Name, boot: Boot) {
        if let Some(page) = self.page(name, boot) {
            (page.sockets, page.closed) = (page.sockets + 1, None);
            self.look(name);
        } else {
            *self.waiting.entry((name, boot)).or_default() += 1;
        }
    }

    /// Closes a presence socket of a page.
    pub(super) fn close(&mut self, name: Name, boot: Boot, grace: u64) {
        let now = self.now;
        if let Some(page) = self.page(name, boot) {
            page.sockets = page.sockets.saturating_sub(1);
            if page.sockets == 0 {
                page.closed = (!page.is_leaving()).then_some((now, grace));
            }
            self.look(name);
        } else if let Some(sockets) = self.waiting.get_mut(&(name, boot)) {
            *sockets = sockets.saturating_sub(1);
        }
    }

    fn page(&mut self, name: Name, boot: Boot) -> Option<&mut Voice> {
        let voices = self.exhibits.get_mut(&name).map(|exhibit| &mut exhibit.voices);
        voices.into_iter().flatten().find(|v| v.kind == Kind::Page(boot))
    }

    /// How many sockets waited for this page.
    fn greet(&mut self, name: Name, kind: Kind) -> u32 {
        kind.boot().and_then(|boot| self.waiting.remove(&(name, boot))).unwrap_or(0)
    }

    fn follow(&mut self, name: Name, kind: Kind, beat: &Beat<'_>) {
        let Some(boot) = kind.boot() else { return };
        let here = |v: &Voice| v.kind == kind && (v.end == End::Open || v.is_stale(beat));
        if self.exhibits.get(&name).is_some_and(|exhibit| exhibit.voices.iter().any(here)) {
            return;
        }
        let live = |exhibit: &Exhibit| {
            exhibit.newest_page == Some(boot)
                && exhibit.voices.iter().any(|v| v.kind == kind && v.end == End::Open)
        };
        let found = self.exhibits.iter().find(|(other, exhibit)| other.1 == name.1 && live(exhibit));
        let Some(old) = found.map(|(&old, _)| old) else { return };
        if self.exhibits.contains_key(&name) {
            let exhibit = self.exhibits.get_mut(&old).expect("it was found");
            for voice in exhibit.voices.iter_mut().filter(|v| v.kind == kind) {
                voice.end = End::Superseded;
            }
            let was = exhibit.conflict;
            exhibit.conflict &= exhibit.open_pages() > 1;
            if was && !self.exhibits[&old].conflict {
                self.tell(old, self.now, "no conflict");
            }
            self.look(old);
        } else if let Some(exhibit) = self.exhibits.remove(&old) {
            self.exhibits.insert(name, exhibit);
            self.tell(name, self.now, &format!("moved from {}", old.0));
        }
    }
}
