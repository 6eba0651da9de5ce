//! The event stream in its own time: vitals each second, slow readers, its end. Not here: what it tells (`tests/http`).

use hb_core::beat::Verb;
use hb_core::wire;

use super::*;

const EVENTS: &str = "GET /api/v1/events HTTP/1.0\r\n\r\n";

/// The apps of the next `vitals`.
async fn vitals(stream: &mut DuplexStream) -> Vec<String> {
    let event = named(stream, "vitals").await;
    assert!(!event.contains("id: "), "vitals are no happening: {event}");
    let data = event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    let apps = data["apps"].as_array().unwrap();
    apps.iter().map(|app| app["app"].as_str().unwrap().to_owned()).collect()
}

/// The next event of this name.
async fn named(stream: &mut DuplexStream, name: &str) -> String {
    let line = format!("event: {name}\n");
    let telling = async {
        loop {
            let event = event(stream).await;
            if event.contains(&line) {
                return event;
            }
        }
    };
    // The vitals keep coming whatever happens, so they are no sign that this will.
    timeout(Duration::from_secs(10), telling).await.expect("an event in time")
}

async fn event(stream: &mut DuplexStream) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"\n\n") {
        text.push(timeout(LONG, stream.read_u8()).await.expect("an event in time").unwrap());
    }
    String::from_utf8(text).unwrap()
}

#[tokio::test(start_paused = true)]
async fn vitals_come_every_second_with_those_who_were_heard_in_it() {
    let house = House::new();
    let mut stream = house.send("10.0.0.1", EVENTS).await;
    head(&mut stream).await;
    // The first may come at once, the others after one second each.
    vitals(&mut stream).await;
    for heard in [&["x"][..], &[], &["y"], &[], &["x"]] {
        let began = Instant::now();
        // Engine time goes on by hand only: a beat amid the second belongs to it alone.
        house.hand.advance(Duration::from_millis(500));
        for app in heard {
            let beat = format!("GET /hb_ping?60000&appid={app} HTTP/1.0\r\n\r\n");
            end(&mut house.send("10.0.0.1", &beat).await).await;
        }
        house.hand.advance(Duration::from_millis(500));
        assert_eq!(vitals(&mut stream).await, heard);
        assert!(is_about(began.elapsed(), 1), "{:?}", began.elapsed());
    }
}

/// A beat of an app, without a connection.
fn beat(house: &House, app: &str) {
    let request = wire::parse(Verb::Ping, "60000&appid=x").unwrap();
    let _ = house.engine.beat(Identity::new("h", "", app).unwrap(), &request.beat, None);
}

/// Waits until so many tasks are alive.
async fn until_alive(tasks: usize) {
    let mut look = tokio::time::interval(Duration::from_millis(1));
    let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let so = async {
        while alive() != tasks {
            look.tick().await;
        }
    };
    timeout(LONG, so).await.expect("so in time");
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_announced_as_one_that_no_proxy_may_hold_back() {
    let house = House::new();
    let head = head(&mut house.send("10.0.0.1", EVENTS).await).await;
    assert!(head.contains("content-type: text/event-stream\r\n"), "{head}");
    assert!(head.contains("x-accel-buffering: no\r\n"), "{head}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_goes_on_says_so_at_once() {
    let house = House::new();
    let snapshot = event(&mut { house.send("10.0.0.1", EVENTS).await }).await;
    let id = snapshot.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    house.pass(Duration::from_millis(500)).await;
    let began = Instant::now();
    let mut stream =
        house.send("10.0.0.1", &EVENTS.replace("0\r\n", &format!("0\r\nLast-Event-ID: {id}\r\n"))).await;
    assert!(head(&mut stream).await.starts_with("HTTP/1.0 200"));
    assert_eq!(event(&mut stream).await, "retry: 1000\n\n");
    assert!(is_about(began.elapsed(), 0), "not only with the next vitals: {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_new_stream_does_not_begin_with_the_vitals_of_the_second_before() {
    let house = House::new();
    let mut old = house.send("10.0.0.1", EVENTS).await;
    for _ in 0..3 {
        vitals(&mut old).await;
    }
    tokio::time::advance(Duration::from_millis(400)).await;
    let began = Instant::now();
    vitals(&mut house.send("10.0.0.2", EVENTS).await).await;
    assert!(began.elapsed() > Duration::from_millis(500), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn seconds_that_were_missed_are_not_made_up_for() {
    let house = House::new();
    let mut stream = house.send("10.0.0.1", EVENTS).await;
    vitals(&mut stream).await;
    tokio::time::advance(Duration::from_millis(5_300)).await;
    vitals(&mut stream).await;
    let began = Instant::now();
    vitals(&mut stream).await;
    assert!(began.elapsed() > Duration::from_millis(500), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn vitals_are_made_only_while_somebody_listens() {
    let (clock, _hand) = Clock::manual();
    let engine =
        Engine::new(crate::engine::Config::default(), clock, hb_bus::runtime::Simulation::new(1).handle());
    let stop = CancellationToken::new();
    let store = Arc::new(Store::memory(Default::default()).unwrap());
    let sight = Sight { watch: Watch::alone(&engine, &store), engine };
    let (live, teller) = Live::new(sight.clone(), Desk::new(), stop.clone(), TaskTracker::new());
    let mut watch = teller.subscribe();
    let telling = tokio::spawn(live::tell_vitals(sight, teller, stop.clone()));
    // Two receivers are one listener: the first is the one that streams are made from.
    timeout(LONG, watch.changed()).await.expect("told").unwrap();
    drop(live);
    watch.mark_unchanged();
    assert!(timeout(LONG, watch.changed()).await.is_err(), "alone it is told nothing");
    stop.cancel();
    timeout(LONG, telling).await.expect("an end").unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_has_few_messages_under_way_and_a_bounded_queue() {
    let house = House::new();
    let mut stream = house.connect("10.0.0.1", 1024);
    stream.write_all(EVENTS.as_bytes()).await.unwrap();
    house.until_open(1).await;
    tokio::time::advance(Duration::from_millis(10)).await;
    for n in 0..1_500 {
        beat(&house, &format!("x{n}"));
        // The stream takes what it can while nobody reads.
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
    }
    let reset = named(&mut stream, "reset").await;
    let dropped = reset.split("too slow: ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert!(dropped.parse::<u32>().unwrap() > 900, "{reset}");
    assert!(named(&mut stream, "snapshot").await.contains("\"x1499\""));
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_reader_left_is_gone_before_it_has_something_to_say() {
    let house = House::new();
    let before = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let tracked = house.tracker.len();
    let mut stream = house.send("10.0.0.1", EVENTS).await;
    vitals(&mut stream).await;
    until_alive(before + 2).await;
    assert_eq!(house.tracker.len(), tracked + 2, "the server waits for both when it stops");
    let began = Instant::now();
    drop(stream);
    until_alive(before).await;
    assert!(is_about(began.elapsed(), 0), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_with_the_server_and_keeps_its_place_until_its_last_message_has_left() {
    let house = House::new();
    for n in 0..1_000 {
        beat(&house, &format!("x{n}"));
    }
    let mut stream = house.connect("10.0.0.1", 1024);
    stream.write_all(EVENTS.as_bytes()).await.unwrap();
    head(&mut stream).await;
    stream.read_u8().await.unwrap();
    house.stop.cancel();
    // Some of the snapshot is read, the most of it waits.
    for _ in 0..50 {
        stream.read_exact(&mut [0; 1024]).await.unwrap();
    }
    assert_eq!(house.open.streams(), 1);
    let (rest, _) = end(&mut stream).await;
    assert!(rest.ends_with("\n\n") && rest.len() > 100_000, "{}", rest.len());
    house.until_open(0).await;
    house.tracker.close();
    timeout(LONG, house.tracker.wait()).await.expect("nothing goes on");
}
