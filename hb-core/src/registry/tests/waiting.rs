//! Sockets that open before their page's first beat: how many may wait, and what counts of them.
//! Not here: how long (`stories`).

use super::*;

fn open(stage: &mut Stage, app: &str) {
    let (id, boot) = (Identity::new("h", "", app).unwrap(), Boot::new("a").unwrap());
    stage.input(Input::PresenceOpened { id, boot });
}

fn presence(stage: &mut Stage, app: &str) -> Option<bool> {
    stage.beat("h", app, Verb::Ping, 5_000, "v=1 boot=a");
    stage.snapshot("h", app).unwrap().presence
}

#[test]
fn of_the_sockets_that_wait_for_their_page_256_are_kept_and_the_oldest_goes() {
    let mut stage = Stage::new(Config::default());
    for n in 0..257 {
        open(&mut stage, &format!("x{n}"));
    }
    assert_eq!(presence(&mut stage, "x0"), None, "the oldest");
    assert_eq!(presence(&mut stage, "x1"), Some(true));
    assert_eq!(presence(&mut stage, "x256"), Some(true), "the latest");
}

#[test]
fn a_second_socket_of_a_page_that_waits_takes_no_place_of_another() {
    let mut stage = Stage::new(Config::default());
    for n in 0..256 {
        open(&mut stage, &format!("x{n}"));
    }
    open(&mut stage, "x255");
    assert_eq!(presence(&mut stage, "x0"), Some(true));
}

#[test]
fn of_the_sockets_that_wait_only_those_that_are_still_open_count() {
    let (id, boot) = (Identity::new("h", "", "x").unwrap(), Boot::new("a").unwrap());
    let grace = Duration::from_secs(2);
    // What happens to sockets of the page before its first beat, and what is known of it then.
    let cases = [
        (&[(0, true), (1, false)][..], None),
        (&[(0, false)], None),
        (&[(0, true), (1, true), (2, false)], Some(true)),
        (&[(0, true), (1, true), (2, false), (3, false)], None),
        (&[(0, true), (9_999, false), (10_000, true)], Some(true)),
    ];
    for (knocks, expected) in cases {
        let mut stage = Stage::new(Config::default());
        for &(at, open) in knocks {
            stage.now = at;
            stage.input(if open {
                Input::PresenceOpened { id, boot }
            } else {
                Input::PresenceClosed { id, boot, grace }
            });
        }
        assert_eq!(presence(&mut stage, "x"), expected, "{knocks:?}");
    }
    // One that waited for too long is not one more.
    let mut stage = Stage::new(Config::default());
    open(&mut stage, "x");
    stage.after(10_000);
    open(&mut stage, "x");
    presence(&mut stage, "x");
    stage.input(Input::PresenceClosed { id, boot, grace });
    assert_eq!(stage.state(), "reconnecting");
}
