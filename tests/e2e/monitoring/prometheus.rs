//! A real Prometheus that asks as the sample says, and its promtool over all that is to be pasted.
//!
//! Nothing is timed: a relay between the two tells when a scrape begins, and by then the one before is stored.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::super::harness::PATIENCE;
use super::super::harness::server::Server;
use super::{sample, succeeds, text_of};

/// A running Prometheus; killed on drop.
struct Prometheus {
    child: Child,
    addr: String,
    scrapes: watch::Receiver<u32>,
    _home: TempDir,
}

impl Prometheus {
    /// With the sample's configuration, but for the interval and whom it asks.
    async fn start(server: &Server, token: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let (relay, scrapes) = relay(server).await;
        let (token_file, rules) = (home.path().join("hb.token"), sample("prometheus/hb.rules.yml"));
        std::fs::write(&token_file, token).unwrap();
        let config = text_of("prometheus/prometheus.yml");
        let changes = [
            ("_interval: 15s", "_interval: 200ms"),
            ("hall:8888", &relay),
            ("- hb.rules.yml", &format!("- {}", rules.display())),
            ("# authorization:", "authorization:"),
            (
                "#   credentials_file: /etc/prometheus/hb.token",
                &format!("  credentials_file: {}", token_file.display()),
            ),
        ];
        let config = changes.into_iter().fold(config, |config, (from, to)| {
            assert!(config.contains(from), "the sample no longer says {from}");
            config.replace(from, to)
        });
        let file = home.path().join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        let mut child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", home.path().join("data").display()))
            .arg("--web.listen-address=127.0.0.1:0")
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("prometheus is installed");
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let mut lines = stderr.lines().map_while(Result::ok);
        let mut said = String::new();
        let addr = lines.find_map(|line| {
            said += &format!("{line}\n");
            let (_, addr) = line.split_once("\"Listening on\" address=")?;
            addr.split_whitespace().next().map(str::to_owned)
        });
        let addr = addr.unwrap_or_else(|| panic!("prometheus says where it listens: {said}"));
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, addr, scrapes, _home: home }
    }

    /// What it answers to a query: the labels and the value of each series.
    async fn query(&self, query: &str) -> Vec<(Value, String)> {
        let encoded = percent_encoding::utf8_percent_encode(query, percent_encoding::NON_ALPHANUMERIC);
        let mut peer = TcpStream::connect(&self.addr).await.unwrap();
        let request = format!("GET /api/v1/query?query={encoded} HTTP/1.0\r\nHost: {}\r\n\r\n", self.addr);
        peer.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        peer.read_to_string(&mut answer).await.unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        let Ok(answer) = serde_json::from_str::<Value>(body) else { return Vec::new() };
        assert_ne!(answer["status"], "error", "{query}: {answer}");
        let series = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        let value = |it: &Value| it["value"][1].as_str().unwrap_or_default().to_owned();
        series.iter().map(|it| (it["metric"].clone(), value(it))).collect()
    }

    /// Asks after each scrape, until it answers one series with this value.
    async fn until(&mut self, query: &str, value: &str) {
        let mut last = Vec::new();
        let look = async {
            loop {
                last = self.query(query).await;
                if matches!(&last[..], [(_, it)] if it == value) {
                    return;
                }
                self.scrapes.changed().await.expect("the relay lives");
            }
        };
        assert!(timeout(PATIENCE, look).await.is_ok(), "not in time: {query} is {value}, but {last:?}");
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Stands between Prometheus and `server`; counts what is asked.
async fn relay(server: &Server) -> (String, watch::Receiver<u32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (addr, there) = (listener.local_addr().unwrap().to_string(), server.url(""));
    let there = there.trim_start_matches("http://").to_owned();
    let (count, scrapes) = watch::channel(0);
    tokio::spawn(async move {
        while let Ok((asker, _)) = listener.accept().await {
            let Ok(server) = TcpStream::connect(&there).await else { continue };
            let count = count.clone();
            tokio::spawn(async move {
                let ((mut asks, mut hears), (mut told, mut tells)) =
                    (asker.into_split(), server.into_split());
                let back = tokio::spawn(async move { tokio::io::copy(&mut told, &mut hears).await });
                let mut bytes = [0; 4096];
                while let Ok(read @ 1..) = asks.read(&mut bytes).await {
                    count.send_modify(|count| *count += 1);
                    if tells.write_all(&bytes[..read]).await.is_err() {
                        break;
                    }
                }
                back.abort();
            });
        }
    });
    (addr, scrapes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prometheus_sees_what_a_screen_is_in() {
    let server = Server::start();
    let token = server.token("prometheus", "viewer");
    server.text("/hb_ping?60000&appid=tetris&v=1&by=frame&frames=60&age=4&boot=a&seq=1").await;
    let mut prometheus = Prometheus::start(&server, &token).await;
    let state =
        |state: &str| format!(r#"hb_app_state{{job="hb", host="127.0.0.1", app="tetris", state="{state}"}}"#);
    prometheus.until(&state("up"), "1").await;
    prometheus.until(&state("stalled"), "0").await;
    prometheus.until(r#"up{job="hb"}"#, "1").await;
    prometheus.until("hb_app_promise_seconds", "60").await;
    server.text("/hb_state?60000&appid=tetris&v=1&state=context-lost&boot=a&seq=2").await;
    prometheus.until(&state("stalled"), "1").await;
    prometheus.until(&state("up"), "0").await;
    // The rules are in force: this one waits for its minute.
    prometheus.until(r#"ALERTS{alertname="HbScreenDark", app="tetris", alertstate="pending"}"#, "1").await;
    // What a histogram is for.
    let quantile = "histogram_quantile(0.99, hb_detector_lag_seconds_bucket) > bool 0";
    prometheus.until(quantile, "1").await;
}

#[tokio::test]
async fn promtool_finds_no_fault_with_the_page_the_rules_and_the_sample() {
    let server = Server::start();
    server.text("/hb_ping?60000&appid=tetris&v=1&by=frame&frames=60&age=4&gap=9&errs=1&mem=9").await;
    let page = server.text("/metrics").await;
    let mut check = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool comes with prometheus");
    check.stdin.take().expect("stdin is piped").write_all(page.as_bytes()).unwrap();
    let ended = check.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
    // What it only dislikes it says, and ends well.
    assert!(ended.status.success() && said.is_empty(), "{said}");
    let promtool =
        |args: &[&str], file: &str| succeeds(Command::new("promtool").args(args).arg(sample(file)));
    promtool(&["check", "config", "--lint=all"], "prometheus/prometheus.yml");
    promtool(&["check", "rules", "--lint=all", "--lint-fatal"], "prometheus/hb.rules.yml");
    promtool(&["test", "rules"], "prometheus/hb.rules.test.yml");
    let (rules, tests) = (text_of("prometheus/hb.rules.yml"), text_of("prometheus/hb.rules.test.yml"));
    for alert in rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(
            tests.contains(&format!("alertname: {alert}\n        exp_alerts:\n          - ")),
            "{alert} never fires"
        );
    }
}
