//! The board for Grafana: that each of its queries is one and names only what `/metrics` shows, and where its panels lie.
//!
//! Grafana itself is no package of Debian, so nobody opens the board. Not here: its types (`packaging/grafana/test`).

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::super::harness::server::Server;
use super::{succeeds, text_of};

fn board() -> Value {
    serde_json::from_str(&text_of("grafana/hb.json")).unwrap()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// What Grafana asks Prometheus by it, with values for its own words.
fn queries(board: &Value) -> Vec<String> {
    let panels = list(board, "panels").iter().flat_map(|panel| list(panel, "targets"));
    let annotations = list(&board["annotations"], "list").iter().map(|it| &it["target"]);
    let asked = panels.chain(annotations).filter_map(|it| it["expr"].as_str());
    let words =
        [("$__rate_interval", "1m"), ("$__range", "1h"), ("$job", ".*"), ("$host", ".*"), ("$app", ".*")];
    let fill =
        |query: &str| words.iter().fold(query.to_owned(), |query, (word, value)| query.replace(word, value));
    asked.map(fill).collect()
}

/// The names in a query that could be a metric of ours.
fn names(query: &str) -> impl Iterator<Item = &str> {
    let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("hb_") || word.starts_with("process_"))
}

#[test]
fn it_is_shaped_as_grafana_reads_a_board() {
    let board = board();
    assert!(
        board["title"].is_string() && board["uid"].is_string() && board["schemaVersion"].as_u64() >= Some(36)
    );
    assert!(board.get("id").is_none(), "Grafana numbers a board that it imports");
    let variables: Vec<_> = list(&board["templating"], "list").iter().map(|it| it["name"].as_str()).collect();
    let (mut ids, mut taken) = (BTreeSet::new(), BTreeSet::new());
    for panel in list(&board, "panels") {
        let title = panel["title"].as_str().expect("a panel has a title");
        assert!(ids.insert(panel["id"].as_u64().expect("a number")), "{title}: its number is another's");
        let kinds = ["row", "stat", "state-timeline", "table", "timeseries"];
        assert!(kinds.contains(&panel["type"].as_str().unwrap_or_default()), "{title}");
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().expect(title));
        assert!(x + w <= 24, "{title} leaves the grid");
        for (x, y) in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(taken.insert((x, y)), "{title} lies over another");
        }
        let mut refs = BTreeSet::new();
        for target in list(panel, "targets") {
            assert!(refs.insert(target["refId"].as_str().expect(title)), "{title}: two of one name");
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}: asks another Prometheus");
        }
        assert!(panel["type"] == "row" || !refs.is_empty(), "{title} asks nothing");
    }
    for word in text_of("grafana/hb.json").split('$').skip(1) {
        let word = word.trim_start_matches('{');
        let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len());
        let known = word.starts_with("__") || variables.contains(&Some(&word[..end]));
        assert!(known, "${} is no variable of the board", &word[..end]);
    }
}

#[tokio::test]
async fn each_query_is_one_and_names_only_what_is_there() {
    let server = Server::start();
    let page = server.text("/metrics").await;
    let told: BTreeSet<&str> =
        page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let board = board();
    let mut queries = queries(&board);
    assert!(queries.len() > 30, "{queries:?}");
    // One rule for each: promtool reads rules, and refuses what is no query.
    let rule =
        |(at, query): (usize, &String)| serde_json::json!({ "record": format!("board:{at}"), "expr": query });
    let rules: Vec<_> = queries.iter().enumerate().map(rule).collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    // JSON is YAML.
    let text = serde_json::json!({ "groups": [{ "name": "board", "rules": rules }] }).to_string();
    std::fs::write(file.path(), text).unwrap();
    succeeds(Command::new("promtool").args(["check", "rules"]).arg(file.path()));
    // Those of the variables are Grafana's, and of the rules Prometheus' own file.
    queries.extend(
        list(&board["templating"], "list")
            .iter()
            .filter_map(|it| it["query"]["query"].as_str())
            .map(Into::into),
    );
    queries.extend(
        text_of("prometheus/hb.rules.yml").lines().filter(|line| !line.contains('#')).map(Into::into),
    );
    for name in queries.iter().flat_map(|query| names(query)) {
        let family = name.trim_end_matches("_bucket");
        assert!(told.contains(family), "{name} is not on /metrics");
    }
}
