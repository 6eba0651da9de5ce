//! Whoever says nothing, or takes nothing, is not waited for beyond its time.

use super::*;

const BEAT: &str = "GET /hb_ping?5000&appid=x HTTP/1.1\r\nHost: x\r\n\r\n";
/// A beat that owes half its body.
const HALF: &str = "POST /hb_ping?5000&appid=x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345";

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_is_waited_for_75_seconds() {
    let house = House::new();
    for beginning in ["", "GET /hb_ping?5000&appid=x HTTP/1.1\r\nHost: x\r\nX-"] {
        let mut socket = house.send("10.0.0.1", beginning).await;
        let (_, took) = end(&mut socket).await;
        assert!(is_about(took, 75), "{beginning:?}: {took:?}");
    }
    assert_eq!(house.engine.apps(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_kept_from_beat_to_beat_and_ends_after_75_idle_seconds() {
    let house = House::new();
    let mut socket = house.connect("10.0.0.1", 16 * 1024);
    for _ in 0..3 {
        // A hidden page's timers run once a minute.
        house.pass(Duration::from_secs(74)).await;
        socket.write_all(BEAT.as_bytes()).await.unwrap();
        assert!(head(&mut socket).await.starts_with("HTTP/1.1 200"));
        assert_eq!(socket.read_u32().await.unwrap().to_be_bytes(), *b"6000");
    }
    let (_, took) = end(&mut socket).await;
    assert!(is_about(took, 75), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_command_is_answered_before_its_body_which_is_waited_for_10_seconds() {
    let house = House::new();
    let mut socket = house.send("10.0.0.1", HALF).await;
    let began = Instant::now();
    let answer = head(&mut socket).await;
    assert!(answer.starts_with("HTTP/1.1 200") && is_about(began.elapsed(), 0), "{answer}");
    let (rest, took) = end(&mut socket).await;
    assert!(rest == "6000" && is_about(took, 10), "{took:?} {rest}");
}

#[tokio::test(start_paused = true)]
async fn who_owes_its_body_gives_way_before_one_that_was_heard_since() {
    let mut house = House::new();
    house.places = Places::new(2);
    let began = Instant::now();
    let mut owing = house.send("10.0.0.1", HALF).await;
    head(&mut owing).await;
    house.pass(Duration::from_secs(1)).await;
    let mut honest = house.send("10.0.0.1", BEAT).await;
    head(&mut honest).await;
    // Bytes of that body are no word.
    owing.write_all(b"6").await.unwrap();
    house.pass(Duration::from_secs(1)).await;
    let mut third = house.send("10.0.0.1", BEAT).await;
    head(&mut third).await;
    let (_, took) = end(&mut owing).await;
    assert!(is_about(took, 0) && is_about(began.elapsed(), 2), "shown out: {took:?}");
    assert_eq!(honest.read_u32().await.unwrap().to_be_bytes(), *b"6000");
    honest.write_all(BEAT.as_bytes()).await.unwrap();
    assert!(head(&mut honest).await.starts_with("HTTP/1.1 200"), "and it goes on");
}

#[tokio::test(start_paused = true)]
async fn who_waits_to_be_told_to_send_a_body_is_told_that_it_need_not() {
    let house = House::new();
    let waiting = HALF.replace("\r\n\r\n12345", "\r\nExpect: 100-continue\r\n\r\n");
    let (answer, took) = end(&mut house.send("10.0.0.1", &waiting).await).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("6000"), "{answer}");
    assert!(answer.contains("connection: close") && is_about(took, 0), "{took:?} {answer}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_waits_for_no_body_beyond_its_time() {
    let house = House::new();
    let mut socket = house.send("10.0.0.1", HALF).await;
    head(&mut socket).await;
    house.stop.cancel();
    let (_, took) = end(&mut socket).await;
    assert!(took <= Duration::from_secs(11), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_would_be_too_long_is_not_waited_for() {
    let house = House::new();
    for (length, seconds) in [(16 * 1024, 10), (16 * 1024 + 1, 0)] {
        let head =
            format!("POST /hb_ping?5000&appid=x HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
        let (answer, took) = end(&mut house.send("10.0.0.1", &head).await).await;
        assert!(answer.ends_with("6000") && is_about(took, seconds), "{length}: {took:?} {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_comes_in_time_keeps_the_connection() {
    let house = House::new();
    let mut socket = house.send("10.0.0.1", HALF).await;
    for rest in ["67890", ""] {
        let answer = head(&mut socket).await;
        assert!(answer.starts_with("HTTP/1.1 200") && !answer.contains("connection: close"), "{answer}");
        assert_eq!(socket.read_u32().await.unwrap().to_be_bytes(), *b"6000");
        house.pass(Duration::from_secs(9)).await;
        socket.write_all(format!("{rest}{BEAT}").as_bytes()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_takes_is_held_for_30_seconds() {
    let house = House::new();
    let began = Instant::now();
    let mut socket = house.connect("10.0.0.1", 64);
    socket.write_all(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    house.until_open(1).await;
    // It reads nothing from here on.
    house.until_open(0).await;
    assert!(is_about(began.elapsed(), 30), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_presence_socket_that_says_nothing_is_dead_after_20_seconds() {
    let house = House::new();
    let mut socket = house.send("10.0.0.1", PRESENCE).await;
    assert!(head(&mut socket).await.starts_with("HTTP/1.1 101"));
    assert_eq!(house.open.streams(), 1);
    let (_, took) = end(&mut socket).await;
    assert!(is_about(took, 20), "{took:?}");
    assert_eq!(house.open.streams(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_presence_socket_that_answers_pings_lives_on() {
    let house = House::new();
    let mut socket = house.send("10.0.0.1", PRESENCE).await;
    assert!(head(&mut socket).await.starts_with("HTTP/1.1 101"));
    let began = Instant::now();
    for ping in 1..=20 {
        let mut frame = [0; 2];
        timeout(LONG, socket.read_exact(&mut frame)).await.unwrap().unwrap();
        assert_eq!(frame, [0x89, 0], "an empty ping");
        assert!(is_about(began.elapsed(), 5 * ping), "{ping}: {:?}", began.elapsed());
        // Every third is answered: no 20 s without a word.
        if ping % 3 == 0 {
            socket.write_all(&[0x8A, 0x80, 0, 0, 0, 0]).await.unwrap();
        }
    }
    assert_eq!(house.open.streams(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pause_of_this_process_is_not_the_silence_of_a_page() {
    let house = House::new();
    let mut socket = house.send("10.0.0.1", PRESENCE).await;
    assert!(head(&mut socket).await.starts_with("HTTP/1.1 101"));
    for _ in 0..3 {
        // Nobody was pinged meanwhile.
        tokio::time::advance(Duration::from_secs(3_600)).await;
        for _ in 0..3 {
            let mut frame = [0; 2];
            timeout(LONG, socket.read_exact(&mut frame)).await.unwrap().expect("it is open");
            assert_eq!(frame, [0x89, 0]);
            socket.write_all(&[0x8A, 0x80, 0, 0, 0, 0]).await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_may_take_5_seconds_to_come_back_over_a_network_and_2_on_this_machine() {
    for (address, grace) in [("10.0.0.1", 5_000), ("127.0.0.1", 2_000)] {
        let house = House::new();
        let host = Peer::new(address.parse().unwrap());
        let id = Identity::new(host.host(), "", "x").unwrap();
        let state = || house.engine.snapshot(id).unwrap().state.word();
        let beat = "GET /hb_ping?60000&appid=x&v=1&boot=b1&seq=1 HTTP/1.0\r\n\r\n";
        end(&mut house.send(address, beat).await).await;
        let mut socket = house.send(address, PRESENCE).await;
        head(&mut socket).await;
        drop(socket);
        house.until_open(0).await;
        assert_eq!(state(), "reconnecting");
        house.pass(Duration::from_millis(grace - 1)).await;
        assert_eq!(state(), "reconnecting", "{address}");
        house.pass(Duration::from_millis(1)).await;
        assert_eq!(state(), "late", "{address}");
    }
}
