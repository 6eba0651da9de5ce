//! The same app at another address, or on another machine.

use super::*;

#[test]
fn a_boot_at_a_new_address_is_the_same_app_that_moved() {
    let mut stage = Stage::new(Config::default());
    stage.beat("10.0.0.1", "x", Verb::Ping, 1_000, "v=1 boot=a seq=1");
    stage.after(500).beat("10.0.0.2", "x", Verb::Ping, 1_000, "v=1 boot=a seq=2");
    assert_eq!(stage.told(), ["x @ 10.0.0.1 0 →up none", "x @ 10.0.0.2 500 moved from 10.0.0.1"]);
    assert!(stage.snapshot("10.0.0.1", "x").is_none());
    assert_eq!(stage.snapshot("10.0.0.2", "x").unwrap().first_seen, Time::ZERO);
    // And it can move again, and be told apart from another app of that boot.
    stage.beat("10.0.0.3", "y", Verb::Ping, 1_000, "v=1 boot=a seq=3");
    stage.beat("10.0.0.1", "x", Verb::Ping, 1_000, "v=1 boot=a seq=4");
    assert_eq!(stage.registry.len(), 2);
}

#[test]
fn a_boot_that_moves_to_a_taken_place_joins_it() {
    let mut stage = Stage::new(Config::default());
    stage.beat("h1", "x", Verb::Ping, 1_000, "v=1 boot=a");
    stage.beat("h2", "x", Verb::Ping, 1_000, "v=1 boot=b");
    stage.beat("h2", "x", Verb::Ping, 1_000, "v=1 boot=a");
    assert_eq!(stage.snapshot("h1", "x").unwrap().state, State::Done);
    assert_eq!(stage.snapshot("h2", "x").unwrap().state, State::Up);
}

#[test]
fn two_kiosks_with_the_same_app_are_two_apps() {
    let mut stage = Stage::new(Config::default());
    stage.beat("h1", "x", Verb::Ping, 1_000, "v=1 boot=a");
    stage.beat("h2", "x", Verb::Ping, 9_000, "v=1 boot=b");
    stage.after(3_000).tick();
    assert_eq!(stage.snapshot("h1", "x").unwrap().state, State::Late);
    assert_eq!(stage.snapshot("h2", "x").unwrap().state, State::Up);
}

fn replaced(stage: &mut Stage, from: &str, to: &str) -> Reply {
    let [from, to] = [from, to].map(|host| Identity::new(host, "", "x").unwrap());
    stage.input(Input::Replaced { from, to })
}

#[test]
fn a_machine_that_took_the_place_of_another_is_called_as_it_is() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a");
    stage.told();
    assert_eq!(replaced(&mut stage, "h", "h"), Reply::Unknown);
    assert_eq!(replaced(&mut stage, "nobody", "h"), Reply::Unknown);
    assert_eq!(replaced(&mut stage, "h", "new"), Reply::Done);
    assert_eq!(stage.told(), ["x @ new 0 moved from h"]);
    assert_eq!((stage.state(), stage.registry.len()), ("gone", 1));
    // Its page may still be there: it moves as any page does.
    stage.after(500).ping("v=1 boot=a");
    assert_eq!(stage.told(), ["x @ h 500 moved from new"]);
}

#[test]
fn whoever_speaks_on_the_new_machine_is_believed_and_the_old_one_leaves_nothing() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a");
    stage.beat("h", "x", Verb::Done, 1_000, "v=1 boot=a");
    stage.beat("new", "x", Verb::Ping, 1_000, "v=1 boot=b");
    stage.told();
    assert_eq!(stage.registry.tracked(), 1);
    assert_eq!(replaced(&mut stage, "h", "new"), Reply::Done);
    assert_eq!(stage.told(), ["x @ h 0 replaced by new"]);
    assert_eq!((stage.registry.len(), stage.registry.tracked()), (1, 1));
    assert_eq!(stage.snapshot("new", "x").unwrap().state, State::Up);
    assert_eq!(stage.registry.boots.held(), (1, 0));
}
