//! The once-a-second life of the event stream.

use super::*;

/// The apps of the next `vitals`.
async fn vitals(stream: &mut DuplexStream) -> Vec<String> {
    loop {
        let event = event(stream).await;
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
        if field("event: ") == Some("vitals") {
            assert_eq!(field("id: "), None, "vitals are no happening");
            let data: serde_json::Value = serde_json::from_str(field("data: ").unwrap()).unwrap();
            let apps = data["apps"].as_array().unwrap();
            return apps.iter().map(|app| app["app"].as_str().unwrap().to_owned()).collect();
        }
    }
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
    let mut stream = house.send("10.0.0.1", "GET /api/v1/events HTTP/1.0\r\n\r\n").await;
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
