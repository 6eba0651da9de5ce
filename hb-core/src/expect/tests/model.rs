//! The rules over random schedules against a naive model that walks through every millisecond and knows no timers: a
//! list of all waits that were ever begun, read anew each time.

use proptest::prelude::*;

use super::*;

const GRACE: u64 = 20;
const GOODBYE: u64 = 9;
const DAY: u64 = 60;
const APPS: [&str; 3] = ["x", "y", "z"];

fn config() -> Config {
    let ms = Duration::from_millis;
    Config { boot_grace: ms(GRACE), goodbye: ms(GOODBYE), adopt_after: ms(DAY), absent: 2 }
}

#[derive(Clone, Copy, Debug)]
enum Act {
    State(usize, State),
    Removed(usize, bool),
    Adopt(usize),
    /// Which apps the place shows; 0 takes it off the list.
    List(usize),
    Closed,
    Opening(u64),
    Open,
    Group(bool),
    Nothing,
}

const LISTS: [&str; 4] = ["", "h x", "h x y", "h *"];

fn act() -> impl Strategy<Value = Act> {
    let app = || 0..APPS.len();
    prop_oneof![
        10 => (app(), prop::sample::select(State::ALL)).prop_map(|(app, state)| Act::State(app, state)),
        4 => app().prop_map(|app| Act::State(app, State::Done)),
        3 => (app(), any::<bool>()).prop_map(|(app, forgotten)| Act::Removed(app, forgotten)),
        2 => app().prop_map(Act::Adopt),
        2 => (0..LISTS.len()).prop_map(Act::List),
        2 => Just(Act::Closed),
        2 => (0..30_u64).prop_map(Act::Opening),
        2 => Just(Act::Open),
        2 => any::<bool>().prop_map(Act::Group),
        2 => Just(Act::Nothing),
    ]
}

#[derive(Clone, Copy, Default)]
struct App {
    state: Option<State>,
    seen: Option<u64>,
    adopted: Option<How>,
}

/// What is true, from the words of the specification.
#[derive(Default)]
struct Model {
    now: u64,
    apps: [App; 3],
    list: usize,
    closed: bool,
    silent: bool,
    missing: bool,
    /// Ends of graces and of the waits after goodbyes that are still in force.
    graces: Vec<u64>,
    goodbye: Option<u64>,
    told: Vec<String>,
}

impl Model {
    fn shows(&self, app: usize) -> bool {
        matches!((self.list, app), (1 | 2, 0) | (2, 1) | (3, _))
    }

    fn runs(&self) -> bool {
        let dark = [None, Some(State::Missing), Some(State::Down), Some(State::Done)];
        (0..3).any(|app| self.shows(app) && !dark.contains(&self.apps[app].state))
    }

    fn tell(&mut self, what: &str) {
        self.told.push(format!("{} {what}", self.now as f64 / 1_000.0));
    }

    fn adopt(&mut self, app: usize, how: How) {
        self.apps[app].adopted = Some(how);
        let by = if how == How::Person { " Ada" } else { "" };
        self.tell(&format!("{} @ h {how:?}{by}", APPS[app]));
    }

    fn absent(&self) -> usize {
        self.apps.iter().filter(|app| app.state.is_none() && app.adopted.is_some()).count()
    }

    fn expected(&mut self) {
        for app in 0..3 {
            let known = self.apps[app].state.is_some() || self.apps[app].adopted.is_some();
            if known && self.shows(app) && self.apps[app].adopted.is_none() {
                self.adopt(app, How::List);
            }
        }
    }

    fn lit(&mut self) {
        if self.runs() {
            self.goodbye = None;
            if core::mem::take(&mut self.missing) {
                self.tell("h present");
            }
        }
    }

    fn parted(&mut self, app: usize) {
        if self.shows(app) && !self.runs() && !self.closed && !self.silent && !self.missing {
            self.goodbye = self.goodbye.or(Some(self.now + GOODBYE));
        }
    }

    fn act(&mut self, act: Act) {
        let now = self.now;
        match act {
            Act::State(app, state) => {
                let before = self.apps[app].state.replace(state);
                if before.is_none() && self.apps[app].adopted.is_none() {
                    self.apps[app].seen = Some(now);
                }
                let lives = !matches!(state, State::Missing | State::Down | State::Done | State::Unknown);
                self.expected();
                self.lit();
                let old = self.apps[app].seen.is_some_and(|seen| seen + DAY <= now);
                if before.is_some() && self.apps[app].adopted.is_none() && old && lives {
                    self.adopt(app, How::Age);
                }
                if state == State::Done && before != Some(state) {
                    self.parted(app);
                }
            }
            Act::Removed(app, forgotten) => {
                let before = self.apps[app];
                let room = before.state.is_none() || self.absent() < 2;
                let keep = before.adopted == Some(How::Person) && !forgotten && room;
                let adopted = before.adopted.filter(|_| keep);
                self.apps[app] = App { state: None, seen: None, adopted };
                if before.state.is_some_and(|state| state != State::Done) {
                    self.parted(app);
                }
            }
            Act::Adopt(app) => {
                let known = self.apps[app].state.is_some() || self.apps[app].adopted.is_some();
                if !known && self.absent() >= 2 {
                    self.told.push(format!("{} @ h full", APPS[app]));
                } else if self.apps[app].adopted != Some(How::Person) {
                    self.adopt(app, How::Person);
                }
            }
            Act::List(0) => {
                if core::mem::take(&mut self.missing) {
                    self.tell("h unlisted");
                }
                *self =
                    Self { now, apps: self.apps, told: core::mem::take(&mut self.told), ..Self::default() };
            }
            Act::List(list) => {
                if self.list != list && !self.closed {
                    self.graces.push(now + GRACE);
                }
                self.list = list;
                self.lit();
                self.expected();
            }
            _ if self.list == 0 => {}
            Act::Closed => {
                self.closed = true;
                self.graces.clear();
                self.goodbye = None;
            }
            Act::Opening(after) => {
                // Zero more when it was open already is no opening.
                if self.closed || after > 0 {
                    self.graces.push(now + after);
                }
                self.closed = false;
            }
            Act::Open => {
                if core::mem::take(&mut self.closed) {
                    self.graces.push(now + GRACE);
                }
            }
            Act::Group(silent) => {
                if self.silent && !silent && !self.closed {
                    self.graces.push(now + GRACE);
                }
                self.silent = silent;
                if silent {
                    self.goodbye = None;
                }
            }
            Act::Nothing => {}
        }
    }

    /// The end of a millisecond, in which nobody says anything any more.
    fn judge(&mut self) {
        for app in 0..3 {
            let App { state, seen, adopted } = self.apps[app];
            let dark = [State::Missing, State::Down, State::Done, State::Unknown];
            let lives = state.is_some_and(|state| !dark.contains(&state));
            if adopted.is_none() && lives && seen.is_some_and(|seen| seen + DAY == self.now) {
                self.adopt(app, How::Age);
            }
        }
        let last = self.graces.iter().copied().chain(self.goodbye).max();
        if last == Some(self.now) && !self.silent && !self.missing && !self.runs() {
            self.missing = true;
            let at = self.now as f64 / 1_000.0;
            self.told.push(format!("{at} h missing"));
        }
        self.graces.retain(|&at| at > self.now);
        self.goodbye = self.goodbye.filter(|&at| at > self.now);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn whatever_happens_what_is_told_is_what_the_model_tells(
        events in prop::collection::vec((prop_oneof![0..4_u64, 0..15_u64, 0..70_u64], act()), 1..60),
    ) {
        let mut stage = Stage::new(config());
        let mut model = Model::default();
        for (after, act) in events.into_iter().chain([(200, Act::Nothing)]) {
            let then = stage.now + after;
            stage.until(then);
            while model.now < then {
                model.judge();
                model.now += 1;
            }
            model.act(act);
            let place = &Place::new("h", "").unwrap();
            let id = |app: usize| Identity::new("h", "", APPS[app]).unwrap();
            let entries = list(if let Act::List(at @ 1..) = act { &LISTS[at..=at] } else { &[] });
            stage.input(match act {
                Act::State(app, state) => Input::State { id: id(app), state },
                Act::Removed(app, forgotten) => Input::Removed { id: id(app), forgotten },
                Act::Adopt(app) => Input::Adopt { id: id(app), who: Who::new("Ada", "here").unwrap() },
                Act::List(_) => Input::List(&entries),
                Act::Closed => Input::Phase { place, phase: Phase::Closed },
                Act::Opening(after) => {
                    Input::Phase { place, phase: Phase::Opening { until: Time::from_millis(then + after) } }
                }
                Act::Open => Input::Phase { place, phase: Phase::Open },
                Act::Group(silent) => Input::Group { place, silent },
                Act::Nothing => Input::Tick,
            });
            model.judge();
            let strip = |line: &String| match line.split_once(" missing") {
                Some((head, _)) => format!("{head} missing"),
                None => line.clone(),
            };
            let told: BTreeSet<String> = stage.told().iter().map(strip).collect();
            let expected: BTreeSet<String> = model.told.iter().cloned().collect();
            // What happens in one millisecond has no order, and nothing is told twice in one.
            prop_assert_eq!((told, stage.out.len()), (expected, model.told.len()));
            prop_assert_eq!(stage.expect.is_missing(place), (model.list > 0).then_some(model.missing));
            prop_assert!(stage.expect.absent == model.absent() && stage.expect.absent <= 2);
            prop_assert!(stage.expect.timers.len() <= 4 && stage.expect.len() <= 3);
        }
    }
}
