//! What a year of one healthy screen weighs.

use super::*;

#[test]
fn a_year_of_a_healthy_screen_is_at_most_two_megabytes() {
    const HOUR: i64 = 3_600_000;
    let (_folder, file) = folder();
    let store = Store::open(&file, forever()).unwrap();
    let (mut seq, start) = (0, 472_222);
    for day in 0..366 {
        let mut rows: Vec<Row> = (0..24).map(|n| hour(start + day * 24 + n)).collect();
        // Opened, started, drew; one reload; closed, and gone for the night.
        let hours = [(9, None, State::Starting), (9, Some(State::Starting), State::Up)];
        let hours = hours.into_iter().chain([
            (14, Some(State::Up), State::Reconnecting),
            (14, Some(State::Reconnecting), State::Up),
            (20, Some(State::Up), State::Done),
            (20, Some(State::Done), State::Off),
        ]);
        for (hour, from, to) in hours {
            seq += 1;
            let at = Wall::from_unix_millis(i64::from(start + day * 24) * HOUR + hour * HOUR);
            rows.push(
                Transition { app: app("Tetris"), at, seq, from, to: Some(to), cause: Cause::None }.into(),
            );
        }
        store.commit(rows).wait().unwrap();
    }
    assert!(store.close(LONG));
    let weight = file.metadata().unwrap().len();
    assert!(weight <= 2_000_000, "{weight} bytes");
    assert!(weight > 300_000, "{weight} bytes cannot hold a year");
}
