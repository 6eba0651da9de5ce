//! The page as a whole: its names, its table in the docs, its bound. Over a socket it is asked in `tests/http/metrics.rs`.

use std::collections::{BTreeMap, BTreeSet};

use hb_core::beat::Verb;
use hb_core::id::Identity;
use hb_core::wire;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::super::live::Live;
use super::super::{link, presence};
use super::family::{Family, Kind};
use super::*;
use crate::engine::clock::{Clock, Hand};
use crate::engine::{Config, Engine};
use crate::watch::Watch;

fn families() -> impl Iterator<Item = &'static Family> {
    let figures = screens::FIGURES.iter().map(|figure| &figure.family);
    let others = [screens::FAMILIES, server::FAMILIES, process::FAMILIES];
    figures.chain(others.into_iter().flatten().copied())
}

/// A server with so many screens, all of which beat once. From within a runtime.
fn stage(apps: usize) -> (Sources, Hand) {
    let (clock, hand) = Clock::manual();
    let runtime = Arc::new(hb_bus::runtime::Native::current());
    let engine = Engine::new(Config::default(), clock, runtime);
    for app in 0..apps {
        let query = format!("5000&appid=a{app}&v=1&by=frame&frames=60&age=3&gap=20&boot=b{app}&seq=1");
        let request = wire::parse(Verb::Ping, &query).unwrap();
        let id = Identity::new("h", "", &request.app).unwrap();
        let _ = engine.beat(id, &request.beat, None);
    }
    let store = Arc::new(Store::memory(Default::default()).unwrap());
    let sight = Sight { watch: Watch::alone(&engine, &store), engine: engine.clone() };
    let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
    let live = Live::new(sight.clone(), Desk::new(), stop.clone(), tracker.clone()).0;
    let open = Open {
        room: live.room(),
        doors: presence::Doors::new(engine.clone(), stop.clone(), tracker.clone()),
        links: link::Doors::new(engine, Default::default(), link::Config::default(), stop, tracker),
    };
    let udp = serde_json::json!({ "udp": { "received": 7, "dropped": 2 } });
    let beside: Beside = Arc::new(move || udp.as_object().expect("it is one").clone());
    (Sources::new(&sight, &store, &beside, open), hand)
}

/// The samples of a family, as they stand on the page, without its name.
fn samples<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let of = |line: &'a str| line.strip_prefix(name).filter(|rest| rest.starts_with(['{', ' ']));
    page.lines().filter_map(of).collect()
}

#[test]
fn names_follow_the_conventions_of_prometheus() {
    let mut names = BTreeSet::new();
    for Family { name, kind, labels, help } in families() {
        assert!(names.insert(name), "{name} twice");
        assert!(name.starts_with("hb_") || name.starts_with("process_"), "{name}");
        let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(plain(name) && labels.iter().all(|label| plain(label)), "{name} {labels:?}");
        assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
        assert_eq!(name.ends_with("_info"), *kind == Kind::Info, "{name}");
        assert!(
            !labels.contains(&"job") && !labels.contains(&"instance"),
            "{name}: these are Prometheus' own"
        );
        assert!(!help.ends_with('.') && !help.contains(['\\', '"', '\n', '|']), "{name}: {help}");
    }
}

/// docs/monitoring.md says of each metric what the page says of it.
#[test]
fn the_table_that_people_read_is_this_one() {
    let page = include_str!("../../../../docs/monitoring.md");
    let rows: BTreeMap<&str, &str> = page
        .lines()
        .filter_map(|line| Some((line.strip_prefix("| `")?.split_once('`')?.0, line)))
        .filter(|(name, _)| name.starts_with("hb_") || name.starts_with("process_"))
        .collect();
    let mut expected = BTreeMap::new();
    for Family { name, kind, labels, help } in families() {
        let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
        expected.insert(*name, format!("| `{name}` | {} | {} | {help} |", kind.word(), labels.join(" ")));
    }
    let missing: Vec<_> = expected.values().filter(|row| !rows.values().any(|it| it == row)).collect();
    assert!(missing.is_empty(), "docs/monitoring.md lacks:\n{missing:#?}");
    let unknown: Vec<_> = rows.keys().filter(|name| !expected.contains_key(**name)).collect();
    assert!(unknown.is_empty(), "no such metrics: {unknown:?}");
}

#[tokio::test]
async fn every_family_is_on_the_page_once_and_no_other_is() {
    let page = stage(2).0.page();
    let mut told: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    let mut expected: Vec<_> = families()
        .map(|Family { name, kind, .. }| {
            format!("{} {}", name.strip_suffix(kind.suffix()).unwrap_or(name), kind.word())
        })
        .collect();
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected);
    assert!(page.ends_with("# EOF\n"));
    let who = r#"host="h",slot="",app="a1""#;
    for (name, labels, value) in [
        ("hb_app_state", format!("{{{who},state=\"up\"}}"), "1.0"),
        ("hb_app_state", format!("{{{who},state=\"down\"}}"), "0.0"),
        ("hb_app_muted", format!("{{{who},kind=\"closed\"}}"), "0.0"),
        ("hb_app_promise_seconds", format!("{{{who}}}"), "5.0"),
        ("hb_app_longest_frame_gap_seconds", format!("{{{who}}}"), "0.02"),
        ("hb_app_beats_total", format!("{{{who}}}"), "1.0"),
        ("hb_app_new", format!("{{{who}}}"), "1.0"),
        ("hb_apps", "{state=\"up\"}".to_owned(), "2.0"),
        ("hb_transitions_total", "{state=\"up\"}".to_owned(), "2.0"),
        ("hb_udp_datagrams_total", String::new(), "7.0"),
        ("hb_udp_dropped_datagrams_total", "{reason=\"dropped\"}".to_owned(), "2.0"),
        ("hb_store_up", String::new(), "1.0"),
    ] {
        let samples = samples(&page, name);
        assert!(samples.contains(&&*format!("{labels} {value}")), "{name}: {samples:?}");
    }
}

#[tokio::test]
async fn the_worst_are_told_one_by_one_and_all_are_counted() {
    let (sources, hand) = stage(screens::MOST + 3);
    hand.advance(std::time::Duration::from_secs(1));
    let engine = &sources.0.sight.engine;
    // One of those that would otherwise come last.
    let late = Identity::new("h", "", "a9").unwrap();
    let _ = engine.beat(late, &wire::parse(Verb::Done, "0&appid=a9&v=1&boot=b9&seq=2").unwrap().beat, None);
    let frozen = wire::parse(Verb::State, "0&appid=z&v=1&state=no-frames").unwrap();
    let _ = engine.beat(Identity::new("h", "", "z").unwrap(), &frozen.beat, None);
    let page = sources.page();
    assert_eq!(samples(&page, "hb_apps_untold"), [" 4.0"]);
    let counted = samples(&page, "hb_apps");
    let up = screens::MOST + 2;
    for expected in [format!("{{state=\"up\"}} {up}.0"), "{state=\"stalled\"} 1.0".to_owned()] {
        assert!(counted.contains(&&*expected), "{expected}: {counted:?}");
    }
    assert_eq!(samples(&page, "hb_app_promise_seconds").len(), screens::MOST);
    let states = samples(&page, "hb_app_state");
    assert!(states.contains(&r#"{host="h",slot="",app="z",state="stalled"} 1.0"#), "trouble comes first");
    assert!(!states.iter().any(|it| it.contains("app=\"a9\"")), "who said goodbye comes last");
}

#[tokio::test]
async fn a_server_that_was_started_once_tells_one_moment_of_it() {
    let (sources, hand) = stage(0);
    let first = sources.started();
    assert_eq!(first, 1_767_225_600.0);
    hand.advance(std::time::Duration::from_secs(100));
    hand.step_calendar(1_500);
    sources.0.sight.engine.clock().tick();
    assert_eq!(sources.started(), first, "a step of the clock is no new start");
    hand.step_calendar(3_600_000);
    sources.0.sight.engine.clock().tick();
    assert_eq!(sources.started(), first + 3_601.5, "but a clock that was wrong at the start is set right");
}
