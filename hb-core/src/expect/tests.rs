//! Stories of opening and closing, goodbyes and adoption; the rules against a naive model in [`model`].

extern crate std;

mod model;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;
use crate::id::Glob;

pub(super) struct Stage {
    pub(super) expect: Expect,
    pub(super) now: u64,
    pub(super) out: Vec<Output>,
}

pub(super) fn list(entries: &[&str]) -> Vec<Expected> {
    let entry = |text: &&str| {
        let (host, shows) = text.split_once(' ').expect("host and patterns");
        let shows = shows.split(' ').map(|glob| Glob::new(glob).unwrap()).collect();
        Expected { place: Place::new(host, "").unwrap(), shows }
    };
    entries.iter().map(entry).collect()
}

impl Stage {
    pub(super) fn new(config: Config) -> Self {
        Self { expect: Expect::new(config), now: 0, out: Vec::new() }
    }

    pub(super) fn input(&mut self, input: Input<'_>) {
        self.expect.handle(Time::from_millis(self.now), input, &mut self.out);
    }

    /// Sleeps until just before `then`: who comes in that millisecond comes first.
    pub(super) fn until(&mut self, then: u64) {
        while let Some(next) = self.expect.next_timeout().filter(|&next| next.as_millis() < then) {
            self.now = self.now.max(next.as_millis());
            self.input(Input::Tick);
            assert!(self.expect.next_timeout().is_none_or(|after| after > next), "spins");
        }
        self.now = then;
    }

    /// Plays `SECONDS HOST[:APP] WORDS;…`; the app is `x` by default.
    fn play(&mut self, script: &str) {
        for line in script.split([';', '\n']).map(str::trim).filter(|line| !line.is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let at: f64 = words[0].parse().expect("seconds");
            self.until((at * 1_000.0).round() as u64);
            let (host, app) = words[1].split_once(':').unwrap_or((words[1], "x"));
            let id = Identity::new(host, "", app).unwrap();
            let place = &Place::of(id);
            let state = |word: &&str| State::from_word(word).unwrap_or_else(|| panic!("no verb: {word}"));
            let who = Who::new("Ada", "10.0.0.7").unwrap();
            match words[2] {
                "list" => self.input(Input::List(&list(&[&words[3..].join(" ").replace('+', " ")]))),
                "unlist" => self.input(Input::List(&[])),
                "closed" => self.input(Input::Phase { place, phase: Phase::Closed }),
                "open" => self.input(Input::Phase { place, phase: Phase::Open }),
                "opening" => {
                    let until = Time::from_millis(self.now + 300_000);
                    self.input(Input::Phase { place, phase: Phase::Opening { until } });
                }
                "silent" => self.input(Input::Group { place, silent: true }),
                "heard" => self.input(Input::Group { place, silent: false }),
                "removed" => self.input(Input::Removed { id, forgotten: false }),
                "forgotten" => self.input(Input::Removed { id, forgotten: true }),
                "adopt" => self.input(Input::Adopt { id, who }),
                "was" => self.input(Input::Adopted { id, how: How::Person }),
                "was-missing" => self.input(Input::Missing { place }),
                "tick" => self.input(Input::Tick),
                _ => self.input(Input::State { id, state: state(&words[2]) }),
            }
        }
    }

    fn told(&self) -> Vec<String> {
        let secs = |at: &Time| at.as_millis() as f64 / 1_000.0;
        let line = |output: &Output| match output {
            Output::Missing { place, since, why } => format!("{} {place} missing {why:?}", secs(since)),
            Output::Present { place, at } => format!("{} {place} present", secs(at)),
            Output::Unlisted { place, at } => format!("{} {place} unlisted", secs(at)),
            Output::Adopted { id, at, how, who } => {
                let by = who.as_ref().map_or("", Who::by);
                String::from(format!("{} {id} {how:?} {by}", secs(at)).trim_end())
            }
            Output::Full { id, .. } => format!("{id} full"),
        };
        self.out.iter().map(line).collect()
    }
}

fn check(script: &str, expected: &[&str]) {
    let mut stage = Stage::new(Config::default());
    stage.play(script);
    assert_eq!(stage.told(), expected, "{script}");
}

#[test]
fn a_place_is_missing_five_minutes_after_the_start_if_nothing_runs_there() {
    check("0 h list h x y*; 299.999 h tick", &[]);
    check("0 h list h x y*; 300 h tick; 900 h tick", &["300 h missing Start"]);
    check("0 h list h x y*; 300 h:z up; 301 h tick", &["300 h missing Start"]);
    check("0 h list h x y*; 300 h:yes starting; 900 h tick", &["300 yes @ h List"]);
    check("0 h list h x; 400 h reconnecting", &["300 h missing Start", "400 x @ h List", "400 h present"]);
}

#[test]
fn what_runs_badly_is_not_missing_and_what_is_down_or_gone_is() {
    for state in State::ALL {
        let dark = matches!(state, State::Missing | State::Down | State::Done);
        let mut expected = Vec::from(["1 x @ h List"]);
        expected.extend(dark.then_some("300 h missing Start"));
        check(&format!("0 h list h x; 1 h {state}; 9000 h tick"), &expected);
    }
    // Its silence is told of the app.
    check("0 h list h x; 1 h up; 400 h down; 9000 h tick", &["1 x @ h List"]);
}

#[test]
fn opening_gives_five_minutes_and_closed_hours_ask_for_nothing() {
    check("0 h list h x; 1 h closed; 9000 h tick", &[]);
    check(
        "0 h list h x; 1 h closed; 9000 h opening; 9299.999 h open; 9300 h tick",
        &["9300 h missing Opening"],
    );
    check("0 h list h x; 1 h closed; 9000 h open; 9299.999 h tick; 9301 h tick", &["9300 h missing Opening"]);
    check("0 h list h x; 1 h closed; 9000 h opening; 9100 h closed; 9999 h tick", &[]);
    // The edge of a mute ends no incident and begins none.
    check(
        "0 h list h x; 400 h closed; 9000 h opening; 9900 h tick; 9901 h up",
        &["300 h missing Start", "9901 x @ h List", "9901 h present"],
    );
}

#[test]
fn the_end_of_a_groups_incident_gives_five_minutes() {
    check(
        "0 h list h x; 1 h up; 400 h silent; 401 h down; 402 h done; 900 h tick; 901 h heard; 1200.999 h tick; 1201 h tick",
        &["1 x @ h List", "1201 h missing Group"],
    );
    check("0 h list h x; 1 h silent; 900 h tick", &[]);
}

#[test]
fn a_goodbye_in_opening_hours_is_missed_after_a_minute() {
    let up = "0 h list h x y; 1 h up; 301 h tick;";
    check(&format!("{up} 400 h done; 459.999 h tick"), &["1 x @ h List"]);
    check(&format!("{up} 400 h done; 461 h tick"), &["1 x @ h List", "460 h missing Goodbye"]);
    check(&format!("{up} 400 h done; 460 h:y starting; 9000 h tick"), &["1 x @ h List", "460 y @ h List"]);
    check(&format!("{up} 400 h:y up; 401 h done; 9000 h tick"), &["1 x @ h List", "400 y @ h List"]);
    check(
        &format!("{up} 400 h down; 4000 h removed; 9000 h tick"),
        &["1 x @ h List", "4060 h missing Goodbye"],
    );
    check(&format!("{up} 400 h done; 401 h closed; 9000 h tick"), &["1 x @ h List"]);
    check(&format!("{up} 400 h closed; 401 h done; 9000 h tick"), &["1 x @ h List"]);
    // Of two waits the later one decides.
    check("0 h list h x; 1 h up; 299 h done; 400 h tick", &["1 x @ h List", "359 h missing Goodbye"]);
    check("0 h list h x; 1 h up; 2 h done; 400 h tick", &["1 x @ h List", "300 h missing Start"]);
}

#[test]
fn a_list_that_changes_judges_nobody_at_once() {
    check(
        "0 h list h x; 1 h up; 400 h list h y; 699.999 h tick; 700 h tick; 800 h unlist; 900 h list h x; 9000 h tick",
        &["1 x @ h List", "700 h missing Start", "800 h unlisted"],
    );
    check("0 h list h x; 1 h up; 299 h list h x; 9000 h tick; 9001 h unlist", &["1 x @ h List"]);
}

#[test]
fn a_restart_opens_no_second_incident() {
    check("0 h list h x; 0 h was-missing; 9000 h tick; 9001 h up", &["9001 x @ h List", "9001 h present"]);
    check("0 h was-missing; 0 h list h x; 1 h tick", &[]);
}

#[test]
fn an_id_is_adopted_by_the_list_by_a_person_or_by_a_day_of_life() {
    check("0 h up; 10 h list h x; 99999 h tick", &["10 x @ h List"]);
    check("0 h up; 10 h adopt; 11 h adopt; 99999 h tick", &["10 x @ h Person Ada"]);
    check("5 h up; 86404.999 h tick", &[]);
    check("5 h up; 86405 h tick; 90000 h down; 90001 h up", &["86405 x @ h Age"]);
    check("5 h up; 80000 h down; 86500 h tick; 86600 h late", &["86600 x @ h Age"]);
    check("5 h up; 80000 h removed; 80001 h up; 166400 h tick", &[]);
    // A person's word outlasts the app; age does not, nor does anything a person who forgets it.
    check("0 h adopt; 1 h up; 2 h removed; 3 h up", &["0 x @ h Person Ada"]);
    let mut stage = Stage::new(Config { absent: 1, ..Config::default() });
    let id = Identity::new("h", "", "x").unwrap();
    stage.play("0 h adopt; 0 i adopt; 0 i was; 1 h up; 2 i adopt; 3 h removed; 4 h up");
    assert_eq!(stage.told(), ["0 x @ h Person Ada", "x @ i full", "2 x @ i Person Ada"]);
    assert_eq!(stage.expect.adopted(id), None, "there was no room for a second absent one");
    stage.play("5 h adopt; 6 i forgotten; 7 h removed");
    assert_eq!(
        (stage.expect.adopted(id), stage.expect.absent, stage.expect.len()),
        (Some(How::Person), 1, 1)
    );
    stage.play("8 h forgotten");
    assert_eq!((stage.expect.absent, stage.expect.is_empty(), stage.expect.timers.len()), (0, true, 0));
}

#[test]
fn named_is_who_is_expected_without_a_pattern_or_adopted_by_a_person() {
    let mut stage = Stage::new(Config::default());
    let named = |stage: &Stage, host, app| stage.expect.is_named(Identity::new(host, "", app).unwrap());
    stage.play("0 h list h x; 1 j:y adopt; 2 k:z up");
    assert!(named(&stage, "h", "x") && named(&stage, "j", "y"));
    assert!(!named(&stage, "h", "y") && !named(&stage, "k", "z"));
    stage.play("3 h list h x*");
    assert!(!named(&stage, "h", "x") && !named(&stage, "h", "x*"));
}

#[test]
fn who_runs_already_is_not_missing_though_a_row_says_so() {
    check("0 h list h x; 1 h up; 2 h was-missing; 3 h late", &["1 x @ h List"]);
}

#[test]
fn what_was_over_before_a_late_word_is_told_before_it() {
    let mut stage = Stage::new(Config::default());
    stage.play("0 h list h x");
    // Nobody ticked in time.
    stage.now = 400_000;
    let id = Identity::new("h", "", "x").unwrap();
    stage.input(Input::State { id, state: State::Up });
    assert_eq!(stage.told(), ["300 h missing Start", "400 x @ h List", "400 h present"]);
}
