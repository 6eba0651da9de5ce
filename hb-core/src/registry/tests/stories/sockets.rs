//! What the presence socket of a page tells. Not here: how many may wait for their page (`waiting`).

use super::*;

#[test]
fn a_socket_that_closes_without_a_goodbye_is_told_at_once_and_waited_for() {
    let mut stage = Stage::new(Config::default());
    let id = Identity::new("h", "", "x").unwrap();
    let boot = Boot::new("a").unwrap();
    let grace = Duration::from_millis(2_000);
    assert_eq!(stage.input(Input::PresenceOpened { id, boot }), Reply::Unknown, "presence registers nobody");
    assert_eq!(stage.registry.len(), 0);
    stage.beat("h", "x", Verb::Ping, 5_000, "v=1 boot=a");
    assert_eq!(stage.snapshot("h", "x").unwrap().presence, Some(true), "it waited for its page");
    stage.told();
    stage.after(100).input(Input::PresenceClosed { id, boot, grace });
    stage.after(12_000).tick();
    assert_eq!(
        stage.told(),
        [
            "x @ h 100 up→reconnecting none",
            "x @ h 2100 reconnecting→late connection-lost",
            "x @ h 12000 late→down connection-lost"
        ]
    );
    stage.beat("h", "x", Verb::Ping, 5_000, "v=1 boot=a");
    assert_eq!(stage.state(), "up");
}

#[test]
fn a_promise_that_ends_before_the_grace_of_a_closed_socket_does_is_late_because_it_closed() {
    // On loopback and on a network; a promise of 1 s is late after 2 s.
    for grace in [2_000, 5_000] {
        let mut stage = Stage::new(Config::default());
        let id = Identity::new("h", "", "x").unwrap();
        let boot = Boot::new("a").unwrap();
        stage.ping("v=1 boot=a");
        stage.input(Input::PresenceOpened { id, boot });
        stage.told();
        let grace = Duration::from_millis(grace);
        stage.after(100).input(Input::PresenceClosed { id, boot, grace });
        stage.after(10_000).tick();
        assert_eq!(
            stage.told(),
            [
                "x @ h 100 up→reconnecting none",
                "x @ h 2000 reconnecting→late connection-lost",
                "x @ h 4000 late→down connection-lost"
            ],
            "{grace:?}: once, and never for its silence"
        );
    }
}

#[test]
fn a_page_that_hangs_and_then_ends_is_gone_and_no_longer_stuck() {
    let mut stage = Stage::new(Config::default());
    let id = Identity::new("h", "", "x").unwrap();
    let boot = Boot::new("a").unwrap();
    let grace = Duration::from_secs(2);
    let hangs = "v=1 boot=a by=worker state=main-blocked";
    stage.beat("h", "x", Verb::Ping, 5_000, "v=1 boot=a by=worker state=ok");
    stage.input(Input::PresenceOpened { id, boot });
    stage.after(100).beat("h", "x", Verb::State, 5_000, hangs);
    stage.told();
    stage.after(100).input(Input::PresenceClosed { id, boot, grace });
    stage.after(20_000).tick();
    assert_eq!(
        stage.told(),
        [
            "x @ h 2200 stalled→stalled connection-lost",
            "x @ h 6100 stalled→late connection-lost",
            "x @ h 12100 late→down connection-lost"
        ]
    );
    // Whoever speaks is not gone: it was the network.
    stage.beat("h", "x", Verb::State, 5_000, hangs);
    assert_eq!(stage.told(), ["x @ h 20200 down→stalled main-blocked"]);
}

#[test]
fn a_page_whose_leaving_was_overtaken_by_the_end_of_its_socket_has_the_longer_grace() {
    let mut stage = Stage::new(Config::default());
    let id = Identity::new("h", "", "x").unwrap();
    let boot = Boot::new("a").unwrap();
    stage.beat("h", "x", Verb::Ping, 5_000, "v=1 boot=a seq=1");
    stage.input(Input::PresenceOpened { id, boot });
    stage.input(Input::PresenceClosed { id, boot, grace: Duration::from_secs(2) });
    stage.beat("h", "x", Verb::State, 30_000, "v=1 boot=a seq=2 state=leaving");
    stage.told();
    stage.after(30_999).tick();
    assert_eq!(stage.told(), [""; 0]);
    stage.after(1).tick();
    assert_eq!(stage.told(), ["x @ h 31000 reconnecting→late left"]);
}

#[test]
fn a_page_is_present_while_one_of_its_sockets_is_open() {
    for before_its_first_beat in [false, true] {
        let mut stage = Stage::new(Config::default());
        let id = Identity::new("h", "", "x").unwrap();
        let boot = Boot::new("a").unwrap();
        let closed = Input::PresenceClosed { id, boot, grace: Duration::from_secs(2) };
        if before_its_first_beat {
            stage.input(Input::PresenceOpened { id, boot });
            stage.input(Input::PresenceOpened { id, boot });
        }
        stage.beat("h", "x", Verb::Ping, 5_000, "v=1 boot=a");
        if !before_its_first_beat {
            stage.input(Input::PresenceOpened { id, boot });
            stage.input(Input::PresenceOpened { id, boot });
        }
        // The old one of a page that reconnected, or a stranger's that borrowed its boot.
        stage.input(closed);
        assert_eq!(stage.state(), "up");
        stage.input(closed);
        assert_eq!(stage.state(), "reconnecting");
    }
}

#[test]
fn an_unclaimed_socket_is_forgotten_after_ten_seconds() {
    let mut stage = Stage::new(Config::default());
    let id = Identity::new("h", "", "x").unwrap();
    stage.input(Input::PresenceOpened { id, boot: Boot::new("a").unwrap() });
    stage.after(10_000).ping("v=1 boot=a");
    assert_eq!(stage.snapshot("h", "x").unwrap().presence, None);
}

#[test]
fn so_many_sockets_may_wait_for_their_page_and_the_oldest_goes_first() {
    let mut stage = Stage::new(Config::default());
    let id = Identity::new("h", "", "x").unwrap();
    let boots: Vec<String> = (0..300).map(|page| format!("k{page}")).collect();
    for boot in &boots {
        stage.after(1).input(Input::PresenceOpened { id, boot: Boot::new(boot).unwrap() });
    }
    assert_eq!(stage.registry.boots.held(), (0, 256));
    for (page, presence) in [(0, None), (43, None), (44, Some(true)), (299, Some(true))] {
        stage.ping(&format!("v=1 boot={}", boots[page]));
        assert_eq!(stage.snapshot("h", "x").unwrap().presence, presence, "page {page}");
    }
}
