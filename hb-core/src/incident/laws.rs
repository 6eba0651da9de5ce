//! What must hold of incidents whatever happens, over random schedules.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::beat::Cause;
use crate::defaults;

#[derive(Clone, Copy, Debug)]
enum Step {
    Believed(u8, State),
    Held(u8, Reason, bool),
    Tried(u8, bool),
    Removed(u8),
    Moved(u8, u8),
    /// In so many minutes, or never.
    Closing(Option<u64>),
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    let state = prop::sample::select(State::ALL.to_vec());
    let reason = prop::sample::select(alloc::vec![
        Reason::Closed,
        Reason::Muted,
        Reason::Grace,
        Reason::New,
        Reason::DisplayOff,
        Reason::Conflict
    ]);
    prop_oneof![
        6 => (0_u8..9, state).prop_map(|(who, state)| Step::Believed(who, state)),
        4 => (0_u8..9, any::<bool>())
            .prop_map(|(who, up)| Step::Believed(who, if up { State::Up } else { State::Late })),
        1 => (0_u8..9, reason, any::<bool>()).prop_map(|(who, reason, on)| Step::Held(who, reason, on)),
        2 => (0_u8..9, any::<bool>()).prop_map(|(who, on)| Step::Tried(who, on)),
        1 => (0_u8..9).prop_map(Step::Removed),
        1 => (0_u8..9, 0_u8..9).prop_map(|(from, to)| Step::Moved(from, to)),
        1 => prop::option::of(0_u64..60).prop_map(Step::Closing),
        2 => Just(Step::Wait),
    ]
}

fn id(who: u8) -> OwnedIdentity {
    // Three hosts, so that hosts are parents too.
    Identity::new(["x", "y", "z"][usize::from(who % 3)], "", &format!("app{who}")).unwrap().to_owned()
}

/// What the outputs add up to.
#[derive(Default)]
struct Ledger {
    open: BTreeMap<Number, Subject>,
    last: Number,
    holds: BTreeMap<OwnedIdentity, Reasons>,
    covers: BTreeMap<OwnedIdentity, Number>,
    works: BTreeSet<Number>,
    /// When the incidents of each app began.
    began: BTreeMap<OwnedIdentity, Vec<Time>>,
    /// Incidents that began when more than three of their app had within five minutes.
    flaps: BTreeSet<Number>,
}

impl Ledger {
    fn note(&mut self, now: Time, output: &Output) {
        match output {
            Output::Opened { number, subject, holds, .. } => {
                assert!(*number > self.last, "numbers rise");
                self.last = *number;
                if let Subject::App(id) = subject {
                    assert!(!self.open.values().any(|other| other == subject), "two of {id}");
                    assert_eq!(*holds, self.holds.get(id).copied().unwrap_or_default());
                    let began = self.began.entry(id.clone()).or_default();
                    began.push(now);
                    if began.iter().filter(|&&at| now < at + defaults::FLAP_SPAN).count() > 3 {
                        self.flaps.insert(*number);
                    }
                }
                assert!(self.open.insert(*number, subject.clone()).is_none());
            }
            Output::Quiet { number, .. } => {
                assert!(matches!(self.open.get(number), Some(Subject::Parent(_))), "{number}");
            }
            Output::Changed { number, .. } => assert!(self.open.contains_key(number)),
            Output::Works { number, on } => {
                assert!(matches!(self.open.get(number), Some(Subject::App(_))), "{number}");
                let changed = if *on { self.works.insert(*number) } else { self.works.remove(number) };
                assert!(changed, "{number} works: {on} twice");
            }
            Output::Covered { by, id, on } => {
                assert!(matches!(self.open.get(by), Some(Subject::Parent(_))) || !on, "{by} is not open");
                let before = if *on { self.covers.insert(id.clone(), *by) } else { self.covers.remove(id) };
                assert_eq!(before, (!on).then_some(*by));
            }
            Output::Held { id, reason, on, .. } => {
                assert!(
                    self.holds.entry(id.clone()).or_default().set(*reason, *on),
                    "{id} {reason:?} {on} twice"
                );
            }
            Output::Closed { number, .. } => {
                assert!(self.open.remove(number).is_some(), "{number} closed twice");
                self.works.remove(number);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn incidents_open_and_close_once_and_holds_add_up(steps in prop::collection::vec((step(), 0_u64..8_000), 1..60)) {
        let group = Group { name: "all".into(), members: alloc::vec![crate::id::Pattern::everything()] };
        let needs = |who: &str, on| Dependency { who: who.parse().unwrap(), on };
        let dependencies =
            alloc::vec![needs("y/*", Needed::App(id(0))), needs("z/*", Needed::Group("all".into()))];
        let mut incidents = Incidents::new(Tree { groups: alloc::vec![group], dependencies }).unwrap();
        let (mut ledger, mut states) = (Ledger::default(), BTreeMap::<u8, State>::new());
        // Since when each works, and is not known to be bad again.
        let mut good = BTreeMap::<u8, Time>::new();
        let (mut now, mut out) = (Time::ZERO, Vec::new());
        for (step, pause) in steps {
            now += Duration::from_millis(pause);
            match step {
                Step::Believed(who, state) => {
                    let granted = Duration::from_secs(3);
                    let belief = Belief { state, cause: Cause::None, since: now, granted, down_at: now + granted };
                    states.insert(who, state);
                    match member::Weight::of(state) {
                        member::Weight::Good(_) => drop(good.entry(who).or_insert(now)),
                        member::Weight::Bad => drop(good.remove(&who)),
                        member::Weight::Late | member::Weight::Between => {}
                    }
                    incidents.handle(now, Input::Believed { id: id(who).borrow(), belief }, &mut out);
                }
                Step::Held(who, reason, on) => {
                    incidents.handle(now, Input::Held { id: id(who).borrow(), reason, on }, &mut out);
                }
                Step::Tried(who, on) => {
                    incidents.handle(now, Input::Tried { id: id(who).borrow(), on }, &mut out);
                }
                Step::Removed(who) => {
                    states.remove(&who);
                    good.remove(&who);
                    incidents.handle(now, Input::Removed { id: id(who).borrow() }, &mut out);
                    out.drain(..).for_each(|output| ledger.note(now, &output));
                    ledger.holds.remove(&id(who));
                    ledger.began.remove(&id(who));
                }
                Step::Moved(from, to) => {
                    let (old, new) = (id(from), id(to));
                    if from != to && incidents.member(old.borrow()).is_some() {
                        incidents.handle(now, Input::Moved { from: old.borrow(), to: new.borrow() }, &mut out);
                        if let Some(state) = states.remove(&from) {
                            states.insert(to, state);
                        } else {
                            states.remove(&to);
                        }
                        good.remove(&to);
                        good.remove(&from).map(|at| good.insert(to, at));
                        ledger.began.remove(&new);
                        ledger.began.remove(&old).map(|began| ledger.began.insert(new.clone(), began));
                        // What the other place held is gone, what this one held went along; both are read back below.
                        for output in out.drain(..) {
                            if !matches!(output, Output::Held { .. }) {
                                ledger.note(now, &output);
                            }
                        }
                        let kept: Vec<(OwnedIdentity, Reasons)> =
                            (0..9).map(|who| (id(who), incidents.holds(id(who).borrow()))).collect();
                        ledger.holds = kept.into_iter().collect();
                        let subject = Subject::App(old.clone());
                        for open in ledger.open.values_mut().filter(|open| **open == subject) {
                            *open = Subject::App(new.clone());
                        }
                    }
                }
                Step::Closing(minutes) => {
                    let at = minutes.map(|minutes| now + Duration::from_secs(minutes * 60));
                    let parent = Parent::Group("all".into());
                    incidents.handle(now, Input::Closing { parent: &parent, at }, &mut out);
                    let quiet = incidents.holds_of(&parent).contains(Reason::Closed);
                    prop_assert!(!quiet || minutes.is_some_and(|minutes| minutes <= 30), "{minutes:?}");
                }
                Step::Wait => incidents.handle(now, Input::Tick, &mut out),
            }
            out.drain(..).for_each(|output| ledger.note(now, &output));
            for (&who, &state) in &states {
                let open = incidents.of(id(who).borrow());
                if matches!(state, State::Missing | State::Down | State::Stalled | State::Hidden) {
                    prop_assert!(open.is_some(), "{who} is {state} without an incident");
                }
                // What works is over, unless something is being done about it, or it fails again and again and has not
                // worked for a minute: then it says that it works.
                let works = open.is_some_and(|number| ledger.works.contains(&number));
                let on_trial = incidents.is_tried(id(who).borrow());
                let calm = good.get(&who).is_none_or(|&at| now >= at + defaults::FLAP_SETTLE);
                let flaps = open.is_some_and(|number| ledger.flaps.contains(&number)) && !calm;
                if matches!(state, State::Up | State::Off | State::Done) {
                    prop_assert_eq!(open.is_some(), works, "{}", who);
                    prop_assert!(open.is_none() || flaps || on_trial && state != State::Off, "{who} is {state}");
                }
                let bad = matches!(state, State::Missing | State::Down | State::Stalled | State::Hidden);
                prop_assert!(!works || (on_trial || flaps) && !bad, "{who} is {state}");
                let holds = incidents.holds(id(who).borrow());
                prop_assert_eq!(holds, ledger.holds.get(&id(who)).copied().unwrap_or_default());
                // The incident of a group speaks for all of it who are silent, for as long as it is open.
                let by = ledger.covers.get(&id(who));
                let place = incidents.places.get(&id(who));
                let mut outages = incidents.crowds.values().filter(|(crowd, _)| place.is_some_and(|&at| crowd.holds(at)));
                prop_assert_eq!(by.is_some(), outages.any(|(crowd, _)| crowd.open.is_some()), "{}", who);
                prop_assert_eq!(holds.contains(Reason::Covered), by.is_some(), "{}", who);
                if let Some(by) = by {
                    prop_assert!(incidents.crowds.values().any(|(crowd, _)| crowd.open.is_some_and(|it| it.number == *by)));
                    let silent = matches!(state, State::Late | State::Down | State::Missing);
                    prop_assert!(silent, "only silence is covered: {who} {state}");
                }
                let server_down = states.get(&0).is_some_and(|state| {
                    matches!(state, State::Missing | State::Down | State::Stalled | State::Hidden)
                });
                if who % 3 == 1 {
                    prop_assert_eq!(holds.contains(Reason::Dependency), server_down, "{}", who);
                }
            }
            let parents = ledger.open.values().filter(|subject| matches!(subject, Subject::Parent(_))).count();
            let silent = |state: &State| matches!(state, State::Late | State::Down | State::Missing);
            prop_assert!(parents == 0 || states.values().any(silent), "a group is silent and nobody is");
        }
        for (id, began) in &ledger.began {
            let most = began.iter().map(|&from| {
                began.iter().filter(|&&at| from <= at && at < from + defaults::FLAP_SPAN).count()
            });
            prop_assert!(most.max().unwrap_or(0) <= 8, "{id} failed at {began:?}");
        }
        for who in 0..9 {
            incidents.handle(now, Input::Removed { id: id(who).borrow() }, &mut out);
        }
        out.drain(..).for_each(|output| ledger.note(now, &output));
        prop_assert!(ledger.open.is_empty() && ledger.covers.is_empty());
        prop_assert!(incidents.is_empty() && incidents.crowds.is_empty() && incidents.down.iter().all(|&n| n == 0));
    }
}
