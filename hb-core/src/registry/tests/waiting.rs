//! Sockets that open before their page's first beat: how many may wait. Not here: how long (`stories`).

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
