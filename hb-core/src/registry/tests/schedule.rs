//! Random schedules of everything that can happen to a registry, played to it and to the naive [`Model`].
//!
//! Not here: what must hold then ([`super::laws`]).

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::model::{Model, Name};
use super::*;

const HOSTS: [&str; 2] = ["h1", "h2"];
/// Slot and app; the last is the first in another window.
const APPS: [(&str, &str); 3] = [("", "x"), ("", "y"), ("left", "x")];

/// Small numbers, so that a child can walk through every millisecond of it.
pub(super) fn config(policy: Policy) -> Config {
    Config {
        policy,
        tolerance: Duration::from_millis(7),
        slack: true,
        stall: Duration::from_millis(50),
        done_retention: Duration::from_millis(150),
        new_retention: Duration::from_millis(90),
        new_hold: Duration::from_millis(40),
        adopt_after: Duration::from_millis(300),
        boot_grace: Duration::from_millis(100),
    }
}

pub(super) fn policies() -> impl Strategy<Value = Policy> {
    prop_oneof![Just(Policy::Auto), Just(Policy::Strict), Just(Policy::Hilbert)]
}

/// One thing that happens, `after` ms later; with a `back` the shell's clock is set back so far before it.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) after: u64,
    pub(super) back: u64,
    pub(super) tick: bool,
    pub(super) name: Name,
    pub(super) act: Act,
}

#[derive(Clone, Debug)]
pub(super) enum Act {
    Beat { verb: Verb, promise: u64, words: String, seq: i32, malformed: u16, from: Origin, admit: bool },
    Open { boot: &'static str },
    Close { boot: &'static str, grace: u64 },
    Forget,
    Dismiss,
    Displace,
    Adopt { on: bool },
    Closed { on: bool },
    Restart { away: u64 },
    Nothing,
}

fn act() -> impl Strategy<Value = Act> {
    let verb = prop_oneof![
        1 => Just(Verb::Init),
        5 => Just(Verb::Ping),
        1 => Just(Verb::Done),
        2 => Just(Verb::State),
    ];
    let who = prop_oneof![3 => Just("boot=a"), 2 => Just("boot=b"), 1 => Just("by=cli"),
        2 => prop_oneof![3 => Just("boot=e by=cli"), 2 => Just("boot=f by=cli"), 1 => Just("boot=g by=cli")], 2 => Just("")];
    let state = prop_oneof![
        4 => Just("state=ok"), 2 => Just(""), 1 => Just("state=starting"), 1 => Just("state=hidden"),
        1 => Just("state=leaving"), 2 => Just("state=no-frames"), 1 => Just("state=context-lost"), 1 => Just("state=picture-stuck"),
        1 => prop::sample::select(&["state=slow", "state=idle", "state=frozen", "state=main-blocked",
            "state=gpu-stuck"][..]),
    ];
    let picture = prop_oneof![
        4 => Just(String::new()), 1 => Just("vis=visible".into()), 1 => Just("vis=hidden".into()),
        2 => (0..100_u32, prop::sample::select(&["", "stall=30", "stall=90"][..]), 0..90_u64).prop_map(
            |(age, limit, frames)| format!("vis=visible age={age} frames={frames} {limit}"),
        ),
    ];
    let version = prop_oneof![2 => Just("v=1"), 1 => Just("")];
    // How far the counter goes on; 0 and −1 are late news, 99 is a client that does not count.
    let seq = prop_oneof![6 => Just(1), 1 => Just(0), 1 => Just(-1), 2 => Just(99)];
    let door = (prop_oneof![9 => Just(0), 1 => 1..4_u16], prop::bool::weighted(0.9));
    let display = prop_oneof![8 => Just(""), 1 => Just("display=off"), 1 => Just("display=on")];
    let words = (who, state, picture, version, display);
    let from = (prop_oneof![4 => Just(0), 1 => Just(1)], any::<bool>());
    let from = from.prop_map(|(place, program)| Origin { place, program });
    let beat = (verb, 0..30_u64, words, seq, door, from);
    let beat = beat.prop_map(|(verb, promise, words, seq, (malformed, admit), from)| {
        let (who, state, picture, version, display) = words;
        let words = format!("{who} {state} {picture} {version} {display}");
        Act::Beat { verb, promise, words, seq, malformed, from, admit }
    });
    prop_oneof![
        24 => beat,
        2 => prop_oneof![Just("a"), Just("b")].prop_map(|boot| Act::Open { boot }),
        2 => (prop_oneof![Just("a"), Just("b")], 0..20_u64).prop_map(|(boot, grace)| Act::Close { boot, grace }),
        1 => Just(Act::Forget),
        1 => Just(Act::Dismiss),
        2 => Just(Act::Displace),
        1 => any::<bool>().prop_map(|on| Act::Adopt { on }),
        2 => any::<bool>().prop_map(|on| Act::Closed { on }),
        2 => prop_oneof![0..40_u64, 0..400_u64].prop_map(|away| Act::Restart { away }),
        2 => Just(Act::Nothing),
    ]
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let after = prop_oneof![3 => 0..12_u64, 2 => 0..60_u64, 1 => 0..200_u64];
    let back = prop_oneof![3 => Just(0_u64), 1 => 1..300_u64];
    let host = prop_oneof![9 => Just(HOSTS[0]), 1 => Just(HOSTS[1])];
    let app = prop::sample::select(&APPS[..]);
    let step = (after, back, host, app, any::<bool>(), act()).prop_map(
        |(after, back, host, (slot, app), tick, act)| Step {
            after,
            back,
            tick,
            name: (host, slot, app),
            act,
        },
    );
    prop::collection::vec(step, 1..40)
}

/// One schedule under way, in both.
pub(super) struct Play {
    pub(super) stage: Stage,
    pub(super) model: Model,
    /// Where the registry's clock stands when the model's stands at zero.
    origin: u64,
    /// What the shell's clock shows, and the latest that it ever showed.
    shell: u64,
    now: u64,
    counters: BTreeMap<String, i32>,
    /// How much of what was told has been looked at.
    heard: usize,
    /// How much was told by earlier runs.
    pub(super) begun: usize,
    /// How many were restored so far.
    pub(super) restored: usize,
}

impl Play {
    pub(super) fn new(policy: Policy, origin: u64) -> Self {
        let mut stage = Stage::new(config(policy));
        stage.now = origin;
        let model = Model::new(config(policy));
        Self {
            stage,
            model,
            origin,
            shell: 0,
            now: 0,
            counters: BTreeMap::new(),
            heard: 0,
            begun: 0,
            restored: 0,
        }
    }

    /// What happens in `step`, told to both; both must answer the same.
    pub(super) fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        // A clock that was never shown to the registry did not go back for it.
        let tick = step.tick || matches!(step.act, Act::Nothing);
        self.advance(self.shell.saturating_sub(step.back) + step.after, tick);
        self.act(step)
    }

    /// Time goes on, or back, to what the shell's clock shows.
    pub(super) fn advance(&mut self, shell: u64, tick: bool) {
        self.shell = shell;
        self.now = self.now.max(shell);
        self.stage.now = self.origin + shell;
        self.model.walk(self.now, tick);
        if tick {
            self.stage.tick();
        }
    }

    /// Lets `after` ms pass, ticking when told, and not in the last of them; how often that was.
    pub(super) fn sleep(&mut self, after: u64) -> Result<usize, TestCaseError> {
        let until = self.now + after;
        let mut wakes = 0;
        while let Some(due) = self.stage.registry.next_timeout().filter(|due| due.as_millis() < until) {
            prop_assert!(wakes == 0 || due.as_millis() > self.now, "spins at {}", due);
            self.advance(due.as_millis().max(self.now), true);
            self.in_time()?;
            wakes += 1;
        }
        self.advance(until, false);
        Ok(wakes)
    }

    /// What was told since the last look is dated now.
    pub(super) fn in_time(&mut self) -> Result<(), TestCaseError> {
        for output in &self.stage.out[self.heard..] {
            let at = match output {
                Output::Transition(told) => told.at,
                Output::Event(told) => told.at,
            };
            prop_assert_eq!(at.as_millis(), self.stage.now, "{}", line(output));
        }
        self.heard = self.stage.out.len();
        Ok(())
    }

    pub(super) fn act(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let (host, slot, app) = step.name;
        let id = Identity::new(host, slot, app).unwrap();
        let page = |boot| Boot::new(boot).unwrap();
        match &step.act {
            Act::Beat { verb, promise, words, seq, malformed, from, admit } => {
                let words = self.numbered(step.name, words, *seq);
                let beat = Beat { malformed: *malformed, ..beat(*verb, *promise, &words) };
                let expected = self.model.beat(step.name, &beat, *from, *admit);
                let reply = self.stage.input(Input::Beat { id, beat: &beat, from: *from, admit: *admit });
                prop_assert_eq!(reply, expected);
            }
            Act::Open { boot } => {
                self.model.open(step.name, page(boot));
                self.stage.input(Input::PresenceOpened { id, boot: page(boot) });
            }
            Act::Close { boot, grace } => {
                self.model.close(step.name, page(boot), *grace);
                let grace = Duration::from_millis(*grace);
                self.stage.input(Input::PresenceClosed { id, boot: page(boot), grace });
            }
            Act::Forget => {
                let expected = self.model.forget(step.name);
                prop_assert_eq!(self.stage.input(Input::Forget { id }), expected);
            }
            Act::Dismiss => {
                let expected = self.model.dismiss(step.name);
                prop_assert_eq!(self.stage.input(Input::Dismiss { id }), expected);
            }
            Act::Displace => {
                let expected = self.model.displace(step.name);
                let app = id.fingerprint(&self.stage.registry.key);
                prop_assert_eq!(self.stage.input(Input::Displace { app }), expected);
            }
            Act::Adopt { on } => {
                let expected = self.model.adopt(step.name, *on);
                prop_assert_eq!(self.stage.input(Input::Adopt { id, on: *on }), expected);
            }
            Act::Closed { on } => {
                let expected = self.model.close_house(step.name, *on);
                prop_assert_eq!(self.stage.input(Input::Closed { id, on: *on }), expected);
            }
            Act::Restart { away } => self.restart(*away)?,
            Act::Nothing => {}
        }
        self.boots_are_live()
    }

    /// The server stops in this very moment, or is killed, and begins again `away` ms later with what it believed.
    fn restart(&mut self, away: u64) -> Result<(), TestCaseError> {
        self.advance(self.now, true);
        self.compare_views()?;
        // That was told at the last moment of the run that ends here.
        self.heard = self.stage.out.len();
        let shown: Vec<_> = self.stage.registry.snapshots(Time::from_millis(self.stage.now)).collect();
        let exhibits = self.model.restart(away);
        (self.now, self.shell) = (self.now + away, self.now + away);
        self.stage.now = self.origin + self.now;
        self.begun = self.stage.out.len();
        self.restored += shown.len();
        self.stage.registry = Registry::new(self.stage.registry.config.clone(), HashKey(self.now, 1));
        // Shows it the time, also where it has nobody.
        self.stage.tick();
        for app in &shown {
            let (name, exhibit) = exhibits
                .iter()
                .find(|((host, slot, name), _)| app.id.borrow() == Identity::new(host, slot, name).unwrap())
                .expect("the views were compared");
            self.model.restore(*name, exhibit, Memory::of(app));
            self.stage.input(Input::Restored { id: app.id.borrow(), memory: Memory::of(app) });
        }
        self.compare_views()
    }

    /// Long after the last word; then both must have told the same.
    pub(super) fn finish(&mut self) -> Result<(), TestCaseError> {
        self.advance(self.now + 2_000, true);
        let mut told: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for output in &self.stage.out {
            let (app, line) = self.line(output);
            told.entry(app).or_default().push(line);
        }
        prop_assert_eq!(by_place(told), by_place(self.model.told.clone()));
        self.boots_are_live()
    }

    /// One entry for each app whose newest voice is a page that is open, however many there were, and each where it is
    /// found.
    fn boots_are_live(&self) -> Result<(), TestCaseError> {
        let registry = &self.stage.registry;
        let live =
            || registry.apps.iter().filter_map(|(slot, _, app)| Some((slot, app.id(), app.live_boot()?)));
        prop_assert_eq!(registry.boots.held().0, live().count());
        for (slot, id, boot) in live() {
            prop_assert_eq!(registry.boots.find(&registry.apps, &registry.key, id, boot), Some(slot));
        }
        Ok(())
    }

    /// What is shown of everybody is what the model believes, unless a tick is due.
    pub(super) fn compare_views(&self) -> Result<(), TestCaseError> {
        let now = Time::from_millis(self.origin + self.now);
        if self.stage.registry.next_timeout().is_some_and(|due| due <= now) {
            return Ok(());
        }
        for host in HOSTS {
            for (slot, app) in APPS {
                let id = Identity::new(host, slot, app).unwrap();
                let shown = self.stage.registry.snapshot(now, id);
                let expected = self.model.view((host, slot, app));
                prop_assert_eq!(shown.is_some(), expected.is_some(), "{} {:?}", id, expected);
                let (Some(shown), Some(view)) = (shown, expected) else { continue };
                self.compare(&shown, &view)?;
            }
        }
        Ok(())
    }

    fn compare(&self, shown: &Snapshot, view: &model::View) -> Result<(), TestCaseError> {
        let voice = model::Shown {
            since: shown.silent_since.as_millis() - self.origin,
            promise: shown.promise.as_millis().into(),
            boot: shown.vitals.boot,
            presence: shown.presence,
            frame_age: shown.frame_age.map(|age| age.as_millis() as u64),
            fps: shown.fps,
        };
        prop_assert_eq!((shown.state, shown.cause), (view.state, view.cause), "{}", shown.id);
        prop_assert_eq!((shown.conflict, shown.sessions), (view.conflict, view.sessions), "{}", shown.id);
        let moments = [shown.since, shown.first_seen].map(|at| at.as_millis() - self.origin);
        prop_assert_eq!(moments, [view.since, view.first], "{}", shown.id);
        let standing = (shown.beats, shown.adopted, shown.new, shown.slowing);
        prop_assert_eq!(standing, (view.beats, view.adopted, view.new, view.slowing), "{}", shown.id);
        prop_assert!(view.voices.contains(&voice), "{}: {:?} is none of {:?}", shown.id, voice, view.voices);
        let granted = voice.promise + 7;
        let overdue = (self.now - voice.since) as f64 / granted as f64;
        prop_assert!((shown.overdue - overdue).abs() < 1e-9, "{}: overdue {}", shown.id, shown.overdue);
        prop_assert_eq!(shown.granted, Duration::from_millis(granted));
        Ok(())
    }

    fn numbered(&mut self, name: Name, words: &str, seq: i32) -> String {
        let who = words.split(' ').next().unwrap_or_default();
        let counter = self.counters.entry(format!("{} {} {who}", name.1, name.2)).or_insert(1);
        if seq == 99 {
            return words.to_owned();
        }
        let number = (*counter + seq).max(0);
        *counter = number.max(*counter);
        format!("{words} seq={number}")
    }

    /// An output as the model would have told it, and the name of its app.
    fn line(&self, output: &Output) -> (&'static str, String) {
        let shifted = |at: Time| Time::from_millis(at.as_millis() - self.origin);
        let mut output = output.clone();
        let id = match &mut output {
            Output::Transition(told) => {
                told.at = shifted(told.at);
                told.id.borrow()
            }
            Output::Event(told) => {
                told.at = shifted(told.at);
                told.id.borrow()
            }
        };
        let app = APPS.iter().find(|(_, app)| *app == id.app()).expect("only these were named").1;
        (app, line(&output))
    }
}

/// Two places of one app are two stories; only within a place is there an order to compare.
fn by_place(mut told: BTreeMap<&'static str, Vec<String>>) -> BTreeMap<&'static str, Vec<String>> {
    for lines in told.values_mut() {
        lines.sort_by_key(|line| line.split(' ').nth(2).map(String::from));
    }
    told
}
