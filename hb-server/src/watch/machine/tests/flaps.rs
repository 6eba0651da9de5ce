//! Who fails and works with each beat fills neither the memory nor anybody's mailbox.

use std::time::Duration;

use hb_core::beat::{Cause, State};

use crate::notify::message::Kind;
use crate::watch::Config;

use super::house::House;
use super::id;

/// A minute of beats of an app that is adopted, a good one and a bad word in turn, each a millisecond.
fn a_minute_of(good: State) -> House {
    let mut house = House::new(Config::default());
    let app = id("kiosk-7", "Tetris");
    house.adopt(&app);
    for ms in 0..60_000_u64 {
        let (state, cause) =
            if ms % 2 == 0 { (good, Cause::None) } else { (State::Stalled, Cause::NoFrames) };
        house.go(house.at().now + Duration::from_millis(1));
        house.believe(&app, state, cause);
    }
    house
}

#[test]
fn a_minute_of_beats_that_contradict_each_other_is_four_incidents_and_the_last_is_told_once() {
    for (good, ending) in [(State::Up, "back"), (State::Done, "goodbye"), (State::Off, "goodbye")] {
        let mut house = a_minute_of(good);
        assert_eq!(house.rows().len(), 4, "{good}");
        let told: Vec<_> =
            house.all.iter().map(|message| (message.kind, message.incidents[0].number)).collect();
        assert_eq!(told, [(Kind::Opening, 4)], "{good}: who breaks all the time is broken");
        let app = id("kiosk-7", "Tetris");
        house.believe(&app, good, Cause::None);
        let worked = house.at().wall;
        house.pass(59);
        assert_eq!(house.open_incidents(), [4], "{good}");
        house.pass(4);
        let last = &house.rows()[&4];
        assert_eq!((last.ended, last.ending.as_deref()), (Some(worked), Some(ending)));
        assert_eq!(house.told(Kind::Closing).len(), 1, "{good}");
    }
}

#[test]
fn a_restart_ends_nothing_of_it() {
    let app = id("kiosk-7", "Tetris");
    let mut house = a_minute_of(State::Up);
    house.believe(&app, State::Up, Cause::None);
    let mut house = house.restart(5);
    assert_eq!(house.open_incidents(), [4]);
    house.believe(&app, State::Up, Cause::None);
    house.pass(4);
    assert_eq!((house.open_incidents().len(), house.told(Kind::Closing).len()), (0, 1));
}
