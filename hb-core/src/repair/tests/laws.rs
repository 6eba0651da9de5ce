//! What must hold whatever happens, over random schedules in virtual time: a naive book of all that was ever said is
//! read from the beginning for every move.

use std::collections::{BTreeMap, BTreeSet};
use std::vec;

use proptest::prelude::*;

use super::*;
use crate::defaults::REPAIRS;

const HOSTS: [&str; 4] = ["a", "b", "c", "d"];
const APPS: [&str; 2] = ["x", "y"];
const GROUPS: [&[&str]; 4] = [&[], &["hall"], &["hall", "left"], &["left"]];

type Name = (usize, usize);

pub(super) fn config() -> Config {
    let ms = Duration::from_millis;
    let step = |action, when, wait, cap| Step { action, when, wait: ms(wait), cap };
    let steps = [
        step(Action::Reload, Signs::CLIENT, 20, 2),
        step(Action::Command, Signs::of(&[Evidence::GpuStuck, Evidence::Exited]), 10, 1),
        step(Action::Restart, Signs::ANY, 30, 1),
        step(Action::Reboot, Signs::ANY, 50, 1),
    ];
    Config {
        hold: ms(30),
        context_wait: ms(3),
        context_span: ms(40),
        span: ms(250),
        reboot_span: ms(900),
        visitor: ms(25),
        settle: ms(15),
        backoff: ms(4),
        backoff_most: ms(20),
        ladder: Arc::new(Ladder::new(&steps).unwrap()),
        apps: 100,
    }
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Evidence(Evidence, bool),
    Context(bool),
    Held(Reason, bool),
    Clock(bool),
    Groups(usize),
    Adopt(Adoption),
    State(State),
    Touched,
    Result(bool),
    Now,
    Forget,
    /// All is well again: the evidence ends, and it beats.
    Mend,
    Restart,
}

#[derive(Clone, Copy, Debug)]
struct Event {
    after: u64,
    name: Name,
    act: Act,
}

fn act() -> impl Strategy<Value = Act> {
    let evidence = prop::sample::select(Evidence::ALL);
    let reason = prop::sample::select(Reason::ALL);
    const STATES: &[State] =
        &[State::Up, State::Stalled, State::Down, State::Late, State::Starting, State::Done];
    prop_oneof![
        12 => (evidence, prop::bool::weighted(0.8)).prop_map(|(evidence, on)| Act::Evidence(evidence, on)),
        3 => prop::bool::weighted(0.7).prop_map(Act::Context),
        3 => (reason, prop::bool::weighted(0.3)).prop_map(|(reason, on)| Act::Held(reason, on)),
        1 => prop::bool::weighted(0.8).prop_map(Act::Clock),
        1 => (0..GROUPS.len()).prop_map(Act::Groups),
        2 => prop::sample::select(&[Adoption::New, Adoption::DryRun, Adoption::Repairs, Adoption::Repairs][..])
            .prop_map(Act::Adopt),
        4 => prop::sample::select(STATES).prop_map(Act::State),
        2 => Just(Act::Touched),
        3 => any::<bool>().prop_map(Act::Result),
        2 => Just(Act::Now),
        1 => Just(Act::Forget),
        3 => Just(Act::Mend),
        1 => Just(Act::Restart),
    ]
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let after = prop_oneof![2 => 0..5_u64, 3 => 0..40_u64, 1 => 0..150_u64];
    let name = (prop::sample::select(&[0_usize, 0, 0, 1, 1, 2, 3][..]), 0..APPS.len());
    let event = (after, name, act()).prop_map(|(after, name, act)| Event { after, name, act });
    prop::collection::vec(event, 1..60)
}

fn identity(name: Name) -> Identity<'static> {
    Identity::new(HOSTS[name.0], "", APPS[name.1]).unwrap()
}

/// What was said about one app, in order, and what was done.
#[derive(Default)]
struct Book {
    said: Vec<(u64, Act)>,
    runs: Vec<u64>,
    /// Until when, what, and by which ticket.
    running: Option<(u64, Action, u64)>,
    adoption: Adoption,
    open: bool,
    gave_up: bool,
    attempts: u16,
    /// Moves of the ladder's own on each step, since a person or an adoption began it anew.
    tries: BTreeMap<u8, u8>,
}

/// What the book says about one moment.
#[derive(Default)]
struct Reading {
    /// Since when each evidence holds.
    since: BTreeMap<Evidence, u64>,
    word_since: u64,
    lost: Option<u64>,
    twice: bool,
    holds: BTreeSet<Reason>,
    state: Option<State>,
    touched: Option<u64>,
    good: Option<u64>,
}

impl Book {
    fn read(&self, config: &Config) -> Reading {
        let mut r = Reading::default();
        let mut last_loss = None;
        let mut expected = false;
        for &(at, act) in &self.said {
            match act {
                Act::Adopt(adoption) => {
                    expected = adoption != Adoption::New;
                    if !expected {
                        (last_loss, r.twice) = (None, false);
                    }
                }
                Act::Evidence(evidence, true) if Signs::CLIENT.has(evidence) => {
                    let before = r.since.keys().copied().find(|&word| Signs::CLIENT.has(word));
                    if before != Some(evidence) {
                        let since = before.and_then(|word| r.since.remove(&word)).unwrap_or(at);
                        r.since.insert(evidence, since);
                        r.word_since = at;
                    }
                }
                Act::Evidence(evidence, true) => _ = r.since.entry(evidence).or_insert(at),
                Act::Evidence(evidence, false) => _ = r.since.remove(&evidence),
                Act::Context(false) => r.lost = None,
                Act::Context(true) if r.lost.is_none() && !expected => r.lost = Some(at),
                Act::Context(true) if r.lost.is_none() => {
                    let span = config.context_span.as_millis() as u64;
                    r.twice = last_loss.is_some_and(|before| at <= before + span);
                    r.lost = Some(at);
                    last_loss = Some(at);
                }
                Act::Held(reason, true) if reason.stops(Stops::Repairs) => _ = r.holds.insert(reason),
                Act::Held(reason, false) => _ = r.holds.remove(&reason),
                Act::State(state) => r.state = Some(state),
                Act::Touched if expected => r.touched = Some(at),
                // A new browser.
                Act::Restart => (last_loss, r.twice) = (None, false),
                _ => {}
            }
            let good = r.state == Some(State::Up) && r.since.is_empty();
            r.good = if good { r.good.or(Some(at)) } else { None };
        }
        r
    }
}

struct World {
    config: Config,
    repairs: Repairs,
    now: u64,
    /// The world's time at which this run of the server began.
    origin: u64,
    trusted: bool,
    groups: [usize; 4],
    books: BTreeMap<Name, Book>,
    reboots: [Vec<u64>; 4],
    ticket: u64,
    told: usize,
}

impl World {
    fn new() -> Self {
        let config = config();
        let repairs = Repairs::new(config.clone());
        let books = (0..4).flat_map(|host| (0..2).map(move |app| ((host, app), Book::default()))).collect();
        let mut world = Self {
            config,
            repairs,
            now: 0,
            origin: 0,
            trusted: true,
            groups: [1, 2, 3, 0],
            books,
            reboots: Default::default(),
            ticket: 0,
            told: 0,
        };
        world.begin().unwrap();
        for name in world.names() {
            world.act(name, Act::Adopt(Adoption::Repairs)).unwrap();
        }
        world
    }

    fn names(&self) -> Vec<Name> {
        self.books.keys().copied().collect()
    }

    fn begin(&mut self) -> Result<(), TestCaseError> {
        self.input(Input::Clock { trusted: self.trusted })?;
        for (host, group) in self.groups.into_iter().enumerate() {
            self.input(Input::Groups { host: HOSTS[host], groups: GROUPS[group] })?;
        }
        Ok(())
    }

    fn input(&mut self, input: Input<'_>) -> Result<(), TestCaseError> {
        let mut out = Vec::new();
        self.repairs.handle(Time::from_millis(self.now - self.origin), input, &mut out);
        out.iter().try_for_each(|output| self.hear(output))
    }

    fn advance(&mut self, then: u64) -> Result<(), TestCaseError> {
        while let Some(next) = self.repairs.next_timeout() {
            let next = next.as_millis() + self.origin;
            if next > then {
                break;
            }
            self.now = self.now.max(next);
            self.input(Input::Tick)?;
            prop_assert!(
                self.repairs.next_timeout().is_none_or(|at| at.as_millis() + self.origin > self.now)
            );
        }
        self.now = then;
        Ok(())
    }

    /// Says it to the book first, then to the machine.
    fn act(&mut self, name: Name, act: Act) -> Result<(), TestCaseError> {
        let now = self.now;
        let was_new = self.books[&name].adoption == Adoption::New;
        let id = identity(name);
        let book = self.books.get_mut(&name).unwrap();
        // A new machine is told of whole hosts, and a new browser is none of a person's doing.
        if !matches!(act, Act::Restart) {
            book.said.push((now, act));
        }
        let input = match act {
            Act::Evidence(evidence, on) => Input::Evidence { id, evidence, on },
            Act::Context(lost) => Input::Context { id, lost },
            Act::Held(reason, on) => Input::Held { id, reason, on },
            Act::Clock(trusted) => {
                self.trusted = trusted;
                Input::Clock { trusted }
            }
            Act::Groups(groups) => {
                self.groups[name.0] = groups;
                Input::Groups { host: id.host(), groups: GROUPS[groups] }
            }
            Act::Adopt(adoption) => {
                if adoption == Adoption::Repairs && book.adoption != adoption {
                    book.tries.clear();
                }
                book.adoption = adoption;
                Input::Adopt { id, adoption }
            }
            Act::State(state) => Input::State { id, state },
            Act::Touched => Input::Touched { id },
            Act::Result(ok) => {
                let ticket = book.running.map_or(7, |(_, _, ticket)| ticket);
                if !ok && ticket > 0 {
                    book.running = None;
                }
                Input::Result { id, ticket, failure: (!ok).then_some(Failure::Exit(1)) }
            }
            Act::Now => Input::Now { id, who: Who::new("Ada", "here").unwrap() },
            Act::Forget => {
                book.said.clear();
                (book.running, book.adoption) = (None, Adoption::New);
                book.tries.clear();
                Input::Forget { id }
            }
            Act::Mend => {
                for &evidence in Evidence::ALL {
                    self.act(name, Act::Evidence(evidence, false))?;
                }
                return self.act(name, Act::State(State::Up));
            }
            Act::Restart => return self.restart(),
        };
        // A screen that works, or that said goodbye, is no longer under repair.
        let book = self.books.get_mut(&name).unwrap();
        let reading = book.read(&self.config);
        if reading.since.is_empty() && matches!(reading.state, Some(State::Up | State::Done)) {
            book.running = None;
        }
        self.input(input)?;
        match reading.state {
            // Of whom nobody expects anything, it was not kept.
            Some(state) if was_new && matches!(act, Act::Adopt(Adoption::DryRun | Adoption::Repairs)) => {
                self.input(Input::State { id, state })
            }
            _ => Ok(()),
        }
    }

    /// The server starts again, with another clock; evidence, touches and losses are to be proved anew.
    fn restart(&mut self) -> Result<(), TestCaseError> {
        let at = Time::from_millis(self.now - self.origin);
        let records: Vec<_> = self.repairs.records(at).map(|(id, record)| (id.clone(), record)).collect();
        let statuses: Vec<_> = self.names().iter().map(|&name| self.repairs.status(identity(name))).collect();
        let reboots: Vec<_> =
            self.repairs.reboots(at).map(|(host, left)| (String::from(host), left)).collect();
        self.repairs = Repairs::new(self.config.clone());
        (self.origin, self.ticket) = (self.now, 0);
        self.begin()?;
        for (host, left) in &reboots {
            self.input(Input::Rebooted { host, left: *left })?;
        }
        for (id, record) in &records {
            let (id, record) = (id.borrow(), record.clone());
            self.input(Input::Restore { id, record, after: Duration::ZERO, ticket: None })?;
        }
        let after: Vec<_> = self.names().iter().map(|&name| self.repairs.status(identity(name))).collect();
        prop_assert_eq!(statuses, after, "amnesty with memory");
        let again: Vec<_> =
            self.repairs.records(Time::ZERO).map(|(id, record)| (id.clone(), record)).collect();
        prop_assert_eq!(records, again);
        for name in self.names() {
            let book = self.books.get_mut(&name).unwrap();
            if let Some((_, _, ticket)) = &mut book.running {
                *ticket = 0;
            }
            let holds = book.read(&self.config).holds;
            let adoption = book.adoption;
            book.said = vec![(self.now, Act::Adopt(adoption))];
            // The machine hears of reasons before it hears of adoption, as of a fresh start it must.
            for reason in holds {
                self.act(name, Act::Held(reason, true))?;
            }
            self.input(Input::Adopt { id: identity(name), adoption })?;
        }
        Ok(())
    }

    fn hear(&mut self, output: &Output) -> Result<(), TestCaseError> {
        self.told += 1;
        match output {
            Output::Run(step) => self.judge(step, true),
            Output::WouldRun(step) => self.judge(step, false),
            Output::Ended { .. } | Output::Refused { .. } => Ok(()),
            Output::GaveUp { id, .. } => {
                let book = self.book(id);
                prop_assert!(!book.gave_up, "{} is given up twice", id);
                prop_assert_eq!(book.adoption, Adoption::Repairs);
                (book.open, book.gave_up) = (true, true);
                self.allowed(self.name(id))
            }
            Output::Recovered { id, at, attempts } => {
                let (origin, config) = (self.origin, self.config.clone());
                let book = self.book(id);
                let good = book.read(&config).good.map(|good| good + config.settle.as_millis() as u64);
                prop_assert_eq!(good, Some(at.as_millis() + origin), "{} has not worked for so long", id);
                prop_assert_eq!(book.attempts, *attempts);
                Self::close(book)
            }
            Output::Closed { id, .. } => Self::close(self.book(id)),
        }
    }

    fn close(book: &mut Book) -> Result<(), TestCaseError> {
        prop_assert!(book.open);
        (book.open, book.gave_up, book.attempts) = (false, false, 0);
        book.tries.clear();
        Ok(())
    }

    fn name(&self, id: &OwnedIdentity) -> Name {
        *self.books.keys().find(|&&name| identity(name) == id.borrow()).unwrap()
    }

    fn book(&mut self, id: &OwnedIdentity) -> &mut Book {
        let name = self.name(id);
        self.books.get_mut(&name).unwrap()
    }

    /// No reason to wait holds.
    fn allowed(&self, name: Name) -> Result<(), TestCaseError> {
        prop_assert!(self.trusted, "the clock is not trusted");
        let holds = self.books[&name].read(&self.config).holds;
        prop_assert!(holds.is_empty(), "{:?} forbid it", holds);
        Ok(())
    }

    fn judge(&mut self, step: &Move, real: bool) -> Result<(), TestCaseError> {
        let name = self.name(&step.id);
        let ms = |span: Duration| span.as_millis() as u64;
        self.allowed(name)?;
        prop_assert!(step.ticket > self.ticket);
        self.ticket = step.ticket;
        let (now, config) = (self.now, self.config.clone());
        prop_assert_eq!(step.at.as_millis() + self.origin, now, "acts for the past");
        let wanted = if real { Adoption::Repairs } else { Adoption::DryRun };
        prop_assert_eq!(self.books[&name].adoption, wanted);

        // Evidence, and its age.
        let reading = self.books[&name].read(&config);
        let since = reading.since.get(&step.why).copied();
        prop_assert!(since.is_some(), "{:?} is no evidence", step.why);
        prop_assert_eq!(since, Some(step.since.as_millis() + self.origin));
        let old = since.is_some_and(|since| since + ms(config.hold) <= now);
        let lost = reading.lost.map(|lost| lost.max(reading.word_since) + ms(config.context_wait));
        let early = step.why == Evidence::ContextLost
            && lost.is_some_and(|at| at <= now)
            && (step.action == Action::Reload || step.action == Action::Restart && reading.twice);
        prop_assert!(old || early || step.who.is_some(), "{:?} on young evidence", step);
        let useless = reading.twice && step.why == Evidence::ContextLost && step.action == Action::Reload;
        prop_assert!(!useless, "a reload brings no context back");
        let rung = config.ladder.steps()[usize::from(step.step)];
        prop_assert!(rung.when.has(step.why) && rung.action == step.action);
        if step.action == Action::Reload && step.who.is_none() {
            let alone = reading.touched.is_none_or(|at| at + ms(config.visitor) <= now);
            prop_assert!(alone || matches!(reading.state, Some(State::Stalled | State::Down)), "a visitor");
        }

        // Who else is under repair.
        let under_way = |book: &Book| book.running.filter(|&(until, _, _)| until > now);
        for (&other, book) in self.books.iter().filter(|_| real) {
            let Some((_, action, _)) = under_way(book) else { continue };
            prop_assert!(other != name, "one at a time");
            if other.0 == name.0 {
                prop_assert!(
                    action != Action::Reboot && step.action != Action::Reboot,
                    "a host that reboots"
                );
            } else {
                let theirs = GROUPS[self.groups[other.0]];
                let shared = GROUPS[self.groups[name.0]].iter().any(|group| theirs.contains(group));
                prop_assert!(!shared, "two hosts of a group");
            }
        }

        // Caps.
        let book = self.books.get_mut(&name).unwrap();
        book.open = true;
        book.attempts += 1;
        prop_assert_eq!(book.attempts, step.attempt);
        if step.who.is_some() {
            book.tries.clear();
        } else {
            let tries = book.tries.entry(step.step).or_default();
            *tries += 1;
            prop_assert!(*tries <= rung.cap, "too often");
        }
        if real {
            book.runs.push(now);
            let recent = book.runs.iter().filter(|&&at| at + ms(config.span) > now).count();
            prop_assert!(recent <= REPAIRS, "{} in one span", recent);
            book.running = Some((now + ms(rung.wait), step.action, step.ticket));
            if matches!(step.action, Action::Restart | Action::Reboot) {
                book.said.push((now, Act::Restart));
            }
            if step.action == Action::Reboot {
                let reboots = &mut self.reboots[name.0];
                prop_assert!(
                    reboots.last().is_none_or(|at| at + ms(config.reboot_span) <= now),
                    "two reboots"
                );
                reboots.push(now);
            }
        }
        Ok(())
    }

    fn play(&mut self, events: &[Event]) -> Result<(), TestCaseError> {
        for event in events {
            self.advance(self.now + event.after)?;
            self.act(event.name, event.act)?;
            prop_assert!(self.repairs.len() <= self.books.len());
            prop_assert!(self.repairs.timers.len() + self.repairs.waiting.len() <= 2 * self.repairs.len());
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn laws_5_11_12_whatever_happens_no_repair_breaks_a_rule(events in events()) {
        World::new().play(&events)?;
    }

    /// Found by chance: what an app was before it was adopted is told again then.
    #[test]
    fn who_worked_before_it_was_adopted_has_worked_since_its_evidence_ended(late in 0..20_u64) {
        let event = |after, act| Event { after, name: (1, 0), act };
        let events = [
            event(0, Act::Adopt(Adoption::New)),
            event(0, Act::Mend),
            event(0, Act::Adopt(Adoption::DryRun)),
            event(0, Act::Evidence(Evidence::BrowserDead, true)),
            event(30, Act::Evidence(Evidence::BrowserDead, false)),
            event(late, Act::Mend),
        ];
        let mut world = World::new();
        world.play(&events)?;
        world.advance(world.now + 60)?;
        prop_assert!(!world.books[&(1, 0)].open, "nobody said that it works");
    }

    /// Found by chance: nobody remembers a loss from before the adoption, and so it is no second one.
    #[test]
    fn losses_are_counted_from_the_adoption_on(late in 0..40_u64) {
        let event = |after, act| Event { after, name: (0, 0), act };
        let events = [
            event(0, Act::Adopt(Adoption::New)),
            event(0, Act::Context(true)),
            event(late, Act::Context(false)),
            event(0, Act::Adopt(Adoption::Repairs)),
            event(0, Act::Context(true)),
            event(0, Act::Evidence(Evidence::ContextLost, true)),
        ];
        let mut world = World::new();
        world.play(&events)?;
        world.advance(world.now + 3)?;
        prop_assert_eq!(world.repairs.status(identity((0, 0))), Status::Running(Action::Reload));
    }

    /// Rules that only forbid would be kept by a ladder that never moves.
    #[test]
    fn whatever_happened_what_stays_broken_is_given_up_in_the_end(events in events()) {
        let mut world = World::new();
        world.play(&events)?;
        for name in world.names() {
            for &reason in Reason::ALL {
                world.act(name, Act::Held(reason, false))?;
            }
            world.act(name, Act::Clock(true))?;
            world.act(name, Act::Adopt(Adoption::Repairs))?;
            world.act(name, Act::Evidence(Evidence::NoFrames, true))?;
        }
        world.advance(world.now + 20_000)?;
        for name in world.names() {
            prop_assert_eq!(world.repairs.status(identity(name)), Status::GaveUp, "{:?}", name);
        }
    }
}

proptest! {
    // Somebody is looked at in every millisecond: a few thousand schedules are a minute's work.
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whoever sleeps until `next_timeout` tells the same as whoever looks at everybody in every millisecond.
    #[test]
    fn an_early_tick_is_harmless_and_none_is_missed(events in events()) {
        let mut lazy = Stage::new(config());
        let mut eager = Stage::new(config());
        let mut trusted = true;
        for event in [0, 1, 2, 3].map(|host| Event { after: 0, name: (host, 0), act: Act::Groups((host + 1) % 4) })
            .into_iter()
            .chain([(0, 0), (0, 1), (1, 0), (2, 0), (3, 1)].map(|name| Event { after: 0, name, act: Act::Adopt(Adoption::Repairs) }))
            .chain(events)
        {
            let then = lazy.now + event.after;
            lazy.until(then);
            while eager.now < then {
                eager.now += 1;
                eager.input(Input::Tick);
                eager.input(Input::Clock { trusted });
            }
            let id = identity(event.name);
            for stage in [&mut lazy, &mut eager] {
                stage.input(match event.act {
                    Act::Evidence(evidence, on) => Input::Evidence { id, evidence, on },
                    Act::Context(lost) => Input::Context { id, lost },
                    Act::Held(reason, on) => Input::Held { id, reason, on },
                    Act::Clock(on) => {
                        trusted = on;
                        Input::Clock { trusted }
                    }
                    Act::Groups(groups) => Input::Groups { host: id.host(), groups: GROUPS[groups] },
                    Act::Adopt(adoption) => Input::Adopt { id, adoption },
                    Act::State(state) => Input::State { id, state },
                    Act::Touched => Input::Touched { id },
                    Act::Result(ok) => {
                        let failure = (!ok).then_some(Failure::Refused);
                        Input::Result { id, ticket: stage.last_ticket(id), failure }
                    }
                    Act::Now => Input::Now { id, who: Who::new("Ada", "here").unwrap() },
                    Act::Forget => Input::Forget { id },
                    Act::Mend | Act::Restart => Input::Tick,
                });
            }
            // In one millisecond the one may look at others first.
            let sorted = |stage: &Stage| BTreeSet::from_iter(stage.told());
            prop_assert_eq!(sorted(&lazy), sorted(&eager));
        }
    }
}
