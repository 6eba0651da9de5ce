//! Hosts and apps to which things happen, and what each step that is told must then be: judged by the books alone.

use std::collections::BTreeMap;
use std::vec;

use super::book::Book;
use super::*;
use crate::defaults::REPAIRS;

pub(super) struct World {
    config: Config,
    pub(super) repairs: Repairs,
    pub(super) now: u64,
    /// The world's time at which this run of the server began.
    origin: u64,
    trusted: bool,
    groups: [usize; 4],
    pub(super) books: BTreeMap<Name, Book>,
    reboots: [Vec<u64>; 4],
    ticket: u64,
    told: usize,
}

impl World {
    pub(super) fn new() -> Self {
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

    pub(super) fn names(&self) -> Vec<Name> {
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

    pub(super) fn advance(&mut self, then: u64) -> Result<(), TestCaseError> {
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
    pub(super) fn act(&mut self, name: Name, act: Act) -> Result<(), TestCaseError> {
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

    pub(super) fn play(&mut self, events: &[Event]) -> Result<(), TestCaseError> {
        for event in events {
            self.advance(self.now + event.after)?;
            self.act(event.name, event.act)?;
            prop_assert!(self.repairs.len() <= self.books.len());
            prop_assert!(self.repairs.timers.len() + self.repairs.waiting.len() <= 2 * self.repairs.len());
        }
        Ok(())
    }
}
