//! A registry as a child would write it: it remembers everything that was ever said, walks through time millisecond by
//! millisecond, and works the state of every app out anew each time. Slow, and hard to get wrong in the same way.

mod habit;
mod restart;
mod view;
mod voice;

use alloc::collections::BTreeMap;

use super::*;
use crate::registry::session::Kind;
use habit::Interval;
pub(super) use view::{Shown, View};

/// Host, slot and app.
pub(super) type Name = (&'static str, &'static str, &'static str);

/// One thing said by a session.
#[derive(Clone, Debug)]
pub(super) struct Said {
    at: u64,
    verb: Verb,
    promise: u64,
    vitals: Vitals,
    from: Origin,
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
    /// What an earlier run believed, as long as nothing was said in this one, and when that was told.
    memory: Option<(u64, Memory)>,
    /// Nothing was said after that.
    asleep: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Exhibit {
    voices: Vec<Voice>,
    newest_page: Option<Boot>,
    state: (State, Cause),
    since: u64,
    first: u64,
    beats: u64,
    adopted: bool,
    /// Of an earlier run.
    lived: bool,
    /// All that taught something in this one.
    intervals: Vec<Interval>,
    closed: bool,
}

pub(super) struct Model {
    config: Config,
    now: u64,
    exhibits: BTreeMap<Name, Exhibit>,
    /// Sockets of pages that have not spoken yet.
    waiting: BTreeMap<(Name, Boot), u32>,
    /// Every line told, by the name of the app.
    pub(super) told: BTreeMap<&'static str, Vec<String>>,
    pub(super) stats: Stats,
}

impl Exhibit {
    fn open_pages(&self) -> usize {
        self.voices.iter().filter(|v| v.is_page() && v.end == End::Open).count()
    }

    fn is_contested(&self) -> bool {
        self.open_pages() > 1
    }

    /// Pages while there is one, else whoever speaks, an eye only where nobody else ever did; and programs that say in time
    /// that the picture stands still.
    fn counted(&self, now: u64, config: &Config) -> impl Iterator<Item = &Voice> {
        let pages = self.open_pages() > 0;
        let alone = self.voices.iter().all(|v| v.kind.is_eye());
        let lives = move |v: &Voice| v.is_page() || if v.kind.is_eye() { alone } else { !pages };
        self.voices.iter().filter(move |v| v.end == End::Open && (lives(v) || v.warns(now, config, self)))
    }

    /// The last word, if there was one in this run.
    fn heard(&self) -> Option<u64> {
        self.voices.iter().flat_map(|v| &v.said).map(|said| said.at).max()
    }

    fn has_lived(&self, config: &Config) -> bool {
        let life = self.heard().map_or(0, |at| at - self.first);
        self.lived || life >= config.adopt_after.as_millis() as u64
    }

    fn is_new(&self, config: &Config) -> bool {
        !self.adopted && !self.has_lived(config)
    }

    fn judge(&self, now: u64, config: &Config) -> (State, Cause, bool) {
        let counted: Vec<_> = self.counted(now, config).map(|v| v.state(now, config, self)).collect();
        let gone = !counted.is_empty() && counted.iter().all(|v| v.2);
        let worst = counted.iter().map(|v| (v.0, v.1)).min();
        let (state, cause) = match worst {
            None => (State::Done, Cause::None),
            Some((state, Cause::Silence))
                if self.is_contested() && counted.iter().any(|v| v.0 > State::Late) =>
            {
                (state, Cause::Conflict)
            }
            Some(worst) => worst,
        };
        let is_dark = self.voices.iter().any(|v| v.end == End::Open && v.says_dark(now, config));
        match (state, is_dark, self.closed) {
            (State::Up, true, true) => (State::Off, Cause::DisplayOff, gone),
            (State::Missing | State::Down | State::Done, ..) | (_, false, _) | (_, true, true) => {
                (state, cause, gone)
            }
            (_, true, false) => (State::Stalled, Cause::DisplayOff, gone),
        }
    }
}

impl Model {
    pub(super) fn new(config: Config) -> Self {
        Self {
            config,
            now: 0,
            exhibits: BTreeMap::new(),
            waiting: BTreeMap::new(),
            told: BTreeMap::new(),
            stats: Stats::default(),
        }
    }

    fn tell(&mut self, name: Name, at: u64, what: &str) {
        let (host, slot, app) = name;
        let place = if slot.is_empty() { host.into() } else { format!("{host}#{slot}") };
        self.stats.transitions += u64::from(what.contains('→'));
        self.told.entry(app).or_default().push(format!("{app} @ {place} {at} {what}"));
    }

    /// How many exhibits there are, and how many that have not ended.
    pub(super) fn counts(&self) -> (usize, usize) {
        let open = self.exhibits.values().filter(|exhibit| exhibit.state.0 != State::Done);
        (self.exhibits.len(), open.count())
    }

    /// A person wants an exhibit gone.
    pub(super) fn forget(&mut self, name: Name) -> Reply {
        if self.exhibits.remove(&name).is_none() {
            return Reply::Unknown;
        }
        self.tell(name, self.now, "removed Forgotten");
        Reply::Done
    }

    /// A person says that a conflict is none.
    pub(super) fn dismiss(&mut self, name: Name) -> Reply {
        let Some(exhibit) = self.exhibits.get_mut(&name) else { return Reply::Unknown };
        if !exhibit.is_contested() {
            return Reply::Done;
        }
        let heard = |v: &Voice| (v.said.last().map(|said| said.at), v.kind.boot());
        let mut pages: Vec<_> =
            exhibit.voices.iter_mut().filter(|v| v.is_page() && v.end == End::Open).collect();
        let last = pages.iter().map(|v| heard(v)).max().expect("pages");
        for page in pages.iter_mut().filter(|v| heard(v) != last) {
            page.end = End::Superseded;
        }
        self.tell(name, self.now, "no conflict");
        self.look(name);
        Reply::Done
    }

    /// Another wants the place of an exhibit.
    pub(super) fn displace(&mut self, name: Name) -> Reply {
        let Some(exhibit) = self.exhibits.get(&name) else { return Reply::Unknown };
        let remembered = exhibit.voices.iter().find(|v| v.asleep).and_then(|v| v.memory).map(|(at, _)| at);
        let last = exhibit.heard().or(remembered).unwrap_or(exhibit.since);
        let is_unheard = self.now - last >= self.config.new_hold.as_millis() as u64;
        if exhibit.is_new(&self.config) && is_unheard { self.forget(name) } else { Reply::Unknown }
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
        let (before, since, is_new) = (exhibit.state, exhibit.since, exhibit.is_new(&self.config));
        let (state, cause, gone) = exhibit.judge(self.now, &self.config);
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
            State::Down if is_new => (since + millis(self.config.new_retention), "removed Forgotten"),
            _ => return,
        };
        if end <= self.now {
            self.exhibits.remove(&name);
            self.tell(name, self.now, why);
        }
    }

    /// Takes a beat at the present moment.
    pub(super) fn beat(&mut self, name: Name, beat: &Beat<'_>, from: Origin, admit: bool) -> Reply {
        let reply = match beat.verb {
            Verb::Done => Reply::Goodbye,
            _ => Reply::Granted(beat.promise.as_duration() + self.config.tolerance),
        };
        let kind = Kind::of(beat, from);
        let leaving = beat.vitals.diagnosis == Some(Diagnosis::Leaving);
        self.follow(name, kind, beat, admit || beat.verb == Verb::Done || leaving);
        let said = Said {
            at: self.now,
            verb: beat.verb,
            promise: beat.promise.as_millis().into(),
            vitals: beat.vitals,
            from,
        };
        if !self.exhibits.contains_key(&name) {
            if beat.verb == Verb::Done || leaving {
                return reply;
            }
            if !admit {
                return Reply::NotAdmitted;
            }
            self.count(beat, from, true);
            let said = alloc::vec![said];
            let sockets = self.greet(name, kind);
            let voice = Voice {
                kind,
                said,
                counted: 0,
                end: End::Open,
                sockets,
                closed: None,
                memory: None,
                asleep: false,
            };
            let newest_page = kind.boot();
            let mut exhibit = Exhibit {
                voices: alloc::vec![voice],
                newest_page,
                state: (State::Up, Cause::None),
                since: self.now,
                first: self.now,
                beats: 1,
                adopted: false,
                lived: false,
                intervals: Vec::new(),
                closed: false,
            };
            let (state, cause, _) = exhibit.judge(self.now, &self.config);
            exhibit.state = (state, cause);
            self.exhibits.insert(name, exhibit);
            self.tell(name, self.now, &format!("→{state} {cause}"));
            self.look(name);
            return reply;
        }
        let mut lines = Vec::new();
        self.exhibits.get_mut(&name).expect("it is there").beats += 1;
        self.recognize(name, kind);
        let exhibit = &self.exhibits[&name];
        let voice = exhibit.voices.iter().find(|v| v.kind.is(kind));
        let fresh = voice.map_or(beat.verb != Verb::Done, |voice| !voice.is_stale(kind, beat));
        self.count(beat, from, fresh);
        if !fresh {
            return reply;
        }
        let greeted = self.greet(name, kind);
        let interval = self.interval(name, kind, beat);
        let (now, config) = (self.now, self.config.clone());
        let exhibit = self.exhibits.get_mut(&name).expect("it is there");
        let was = exhibit.is_contested();
        match exhibit.voices.iter().position(|v| v.kind.is(kind)) {
            None => {
                if kind.boot().is_some() && exhibit.voices.iter().any(Voice::is_page) {
                    let mut unclean = false;
                    for page in exhibit.voices.iter_mut().filter(|v| v.is_page() && v.end == End::Open) {
                        if page.asleep || page.is_leaving() || (!was && page.gives_way(from, now, &config)) {
                            unclean |= !page.is_leaving() && !page.asleep;
                            page.asleep = false;
                            page.end = End::Superseded;
                        }
                    }
                    if exhibit.open_pages() == 0 && !was {
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
                    memory: None,
                    asleep: false,
                });
            }
            Some(at) => {
                let voice = &mut exhibit.voices[at];
                if voice.kind != kind {
                    // The eye heard last is the eye, and knows nothing of what another saw.
                    voice.said.clear();
                }
                (voice.kind, voice.asleep) = (kind, false);
                let end = voice.end.clone();
                if beat.verb == Verb::Done {
                    voice.end = End::Done;
                } else {
                    if end == End::Done {
                        voice.counted = voice.seq();
                        voice.memory = None;
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
            }
        }
        if let Some(voice) = exhibit.voices.iter_mut().find(|v| v.kind == kind && greeted > 0) {
            (voice.sockets, voice.closed) = (voice.sockets + greeted, None);
        }
        if exhibit.is_contested() != was {
            lines.push(if exhibit.is_contested() { "conflict" } else { "no conflict" });
        }
        for line in lines {
            self.tell(name, self.now, line);
        }
        self.teach(name, kind, interval);
        self.look(name);
        reply
    }

    fn count(&mut self, beat: &Beat<'_>, from: Origin, fresh: bool) {
        self.stats.accepted += 1;
        self.stats.stale += u64::from(!fresh);
        self.stats.malformed += u64::from(beat.malformed);
        self.stats.malformed += u64::from(beat.vitals.display.is_some() && !from.program);
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

    /// With `may_go` a page that has no place to go to leaves all the same.
    fn follow(&mut self, name: Name, kind: Kind, beat: &Beat<'_>, may_go: bool) {
        let Some(boot) = kind.boot() else { return };
        let here = |v: &Voice| v.kind == kind && (v.end == End::Open || v.is_stale(kind, beat));
        if self.exhibits.get(&name).is_some_and(|exhibit| exhibit.voices.iter().any(here)) {
            return;
        }
        let live = |exhibit: &Exhibit| {
            exhibit.newest_page == Some(boot)
                && exhibit.voices.iter().any(|v| v.kind == kind && v.end == End::Open)
        };
        let found = self
            .exhibits
            .iter()
            .find(|(other, exhibit)| (other.1, other.2) == (name.1, name.2) && live(exhibit));
        let Some(old) = found.map(|(&old, _)| old) else { return };
        let known = self.exhibits.contains_key(&name);
        let contested = self.exhibits[&old].is_contested();
        if !known && contested && !may_go {
            return;
        }
        if known || contested {
            let exhibit = self.exhibits.get_mut(&old).expect("it was found");
            let was = exhibit.is_contested();
            for voice in exhibit.voices.iter_mut().filter(|v| v.kind == kind) {
                voice.asleep = false;
                voice.end = End::Superseded;
            }
            if was && !self.exhibits[&old].is_contested() {
                self.tell(old, self.now, "no conflict");
            }
            self.look(old);
        } else if let Some(exhibit) = self.exhibits.remove(&old) {
            self.exhibits.insert(name, exhibit);
            self.tell(name, self.now, &format!("moved from {}", old.0));
        }
    }
}
