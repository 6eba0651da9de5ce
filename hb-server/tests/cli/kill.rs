//! `hb serve` killed in the middle of its work, again and again: what was durable stays, what people were told was done
//! too, nobody is green without a beat, and a restart is no storm.

#[path = "kill/people.rs"]
mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::hb::hb;
use crate::stub::{DEADLINE, Stub};
use people::{BROKEN, People};

const CYCLES: usize = 50;
const APPS: usize = 12;
/// A killed server that runs on by mistake is told from the next by nothing else.
const SEED: u64 = 0x0005_EED5;

/// Numbers from a seed (SplitMix64), so that a run that fails can be run again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}

pub(crate) struct Serve {
    child: Child,
    addr: String,
}

impl Serve {
    pub(crate) fn start(home: &Path) -> Self {
        Self::with(home, "tolerance_ms = 0\n")
    }

    /// With this `hb.toml`.
    pub(crate) fn with(home: &Path, text: &str) -> Self {
        let (config, state) = (home.join("hb.toml"), home.join("state"));
        std::fs::write(&config, text).unwrap();
        let [config, state] = [&config, &state].map(|path| path.to_str().unwrap());
        let args = ["serve", "--listen", "127.0.0.1:0", "--config", config, "--state", state];
        let mut command = hb(&args).command();
        let mut child = command.stderr(std::process::Stdio::null()).spawn().expect("the binary was built");
        let mut out = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let said = out.next().expect("it says where it listens");
        let addr = said.trim_start_matches("hb listens on http://").trim_end_matches('/').to_owned();
        std::thread::spawn(move || out.for_each(drop));
        Self { child, addr }
    }

    /// Where it is.
    #[cfg(target_os = "linux")]
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The body of the answer; HTTP/1.0, so that it ends with the connection.
    pub(crate) fn get(&self, path: &str) -> std::io::Result<String> {
        get(&self.addr, path)
    }

    /// The lines of its event stream: each may bring something new, and there is one each second at least.
    pub(crate) fn events(&self) -> impl Iterator<Item = std::io::Result<String>> + use<> {
        let mut peer = TcpStream::connect(&self.addr).unwrap();
        peer.set_read_timeout(Some(DEADLINE)).unwrap();
        peer.write_all(b"GET /api/v1/events HTTP/1.0\r\n\r\n").unwrap();
        BufReader::new(peer).lines()
    }

    fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.get(path).unwrap()).unwrap()
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        self.kill();
    }
}

fn get(addr: &str, path: &str) -> std::io::Result<String> {
    let mut peer = TcpStream::connect(addr)?;
    peer.set_read_timeout(Some(DEADLINE))?;
    write!(peer, "GET {path} HTTP/1.0\r\nHost: {addr}\r\n\r\n")?;
    let mut text = String::new();
    peer.read_to_string(&mut text)?;
    text.split_once("\r\n\r\n")
        .map(|(_, body)| body.to_owned())
        .ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}

/// What is durable: every line of an export, by kind.
pub(crate) fn durable(home: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let ended = hb(&["export", "--state", home.join("state").to_str().unwrap()]).end();
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in ended.out.lines().skip(1) {
        let row: Value = serde_json::from_str(line).unwrap();
        found.entry(row["row"].as_str().unwrap().to_owned()).or_default().insert(line.to_owned());
    }
    found
}

fn names(rows: Option<&BTreeSet<String>>) -> BTreeSet<String> {
    let name =
        |row: &String| serde_json::from_str::<Value>(row).unwrap()["app"]["app"].as_str().unwrap().to_owned();
    rows.into_iter().flatten().map(name).collect()
}

#[test]
fn what_was_durable_outlives_fifty_kills() {
    let home = tempfile::tempdir().unwrap();
    let mut dice = Dice(SEED);
    let stub = Stub::new(|_| (200, String::new()));
    let text = format!(
        "tolerance_ms = 0\n[[channel]]\nname = \"guards\"\ntype = \"webhook\"\nurl = \"{}\"\n\
         [[rule]]\nchannels = \"guards\"\nfor_s = 0\n",
        stub.url()
    );
    // Where there is no memory yet, there is nothing to make a token in.
    drop(Serve::with(home.path(), &text));
    let state = home.path().join("state");
    let made = hb(&["token", "new", "ada", "--role", "operator", "--state", state.to_str().unwrap()]).end();
    assert_eq!(made.code, Some(0), "{}", made.err);
    let token = made.out.trim().to_owned();
    let mut people = People::default();
    let (mut before, mut dead_since, mut accepted) = (BTreeMap::new(), Value::Null, 0);
    for cycle in 0..CYCLES {
        let mut serve = Serve::with(home.path(), &text);
        let addr = serve.addr.clone();
        people.are_believed(&serve, cycle);
        let known = serve.json("/api/v1/apps");
        let mut remembered = BTreeSet::new();
        for app in known.as_array().unwrap() {
            let (name, state) =
                (app["app"].as_str().unwrap().to_owned(), app["state"].as_str().unwrap().to_owned());
            assert!(
                matches!(&*state, "unknown" | "down" | "done"),
                "cycle {cycle}: {name} is {state} without a beat"
            );
            if name == "dead" {
                assert_eq!(state, "down", "cycle {cycle}: what was bad stays bad");
                assert_eq!(app["since"], dead_since, "cycle {cycle}: and since when");
            }
            if name == "gone" {
                assert_eq!(state, "done", "cycle {cycle}: a goodbye stays one");
            }
            remembered.insert(name);
        }
        let last = names(before.get("last_states"));
        assert!(remembered.is_superset(&last), "cycle {cycle}: {last:?} were known, {remembered:?} are");

        let stop = AtomicBool::new(false);
        let end = Instant::now() + Duration::from_millis(dice.below(400));
        if cycle == 0 {
            serve.get("/hb_ping?1&appid=dead&v=1&boot=dead").unwrap();
            serve.get("/hb_init?5000&appid=gone&v=1&boot=gone").unwrap();
            serve.get("/hb_done?0&appid=gone&v=1&boot=gone").unwrap();
        }
        std::thread::scope(|scope| {
            let (people, ends) = (&mut people, &stop);
            let (place, shown) = (&addr, &token);
            scope.spawn(move || people.work(place, shown, ends));
            for worker in 0..3 {
                let (addr, stop) = (&addr, &stop);
                scope.spawn(move || {
                    // A kill ends the answers: from then on nobody asks.
                    for n in worker.. {
                        let query = format!("/hb_ping?60000&appid=a{0}&v=1&boot=b{0}", n % APPS);
                        if stop.load(Ordering::Relaxed) || get(addr, &query).is_err() {
                            return;
                        }
                    }
                });
            }
            while cycle == 0 && !names(durable(home.path()).get("transitions")).contains("dead")
                || Instant::now() < end
            {
                std::hint::spin_loop();
            }
            if cycle == 0 {
                let apps = serve.json("/api/v1/apps");
                let dead = apps.as_array().unwrap().iter().find(|app| app["app"] == "dead").unwrap();
                assert_eq!(dead["state"], "down");
                dead_since = dead["since"].clone();
            }
            accepted += serve.json("/healthz")["beats"].as_u64().unwrap();
            stop.store(cycle % 2 == 0, Ordering::Relaxed);
            serve.kill();
        });

        let after = durable(home.path());
        let lost: Vec<_> = before
            .get("transitions")
            .into_iter()
            .flatten()
            .filter(|row| !after["transitions"].contains(*row))
            .collect();
        assert!(lost.is_empty(), "cycle {cycle}: {lost:?}");
        people.are_kept(after.get("adoptions"), cycle);
        // Of the restart itself at most two rows each: nobody looked, and what is believed now.
        let restarts = after["transitions"].iter().filter(|row| row.contains("\"restart\"")).count();
        assert!(restarts <= (cycle + 1) * (APPS + BROKEN + 2), "cycle {cycle}: {restarts} rows are a storm");
        before = after;
    }
    let beats = |row: &String| serde_json::from_str::<Value>(row).unwrap()["beats"].as_u64().unwrap();
    let kept: u64 = before.get("hours").into_iter().flatten().map(beats).sum();
    people.are_believed(&Serve::with(home.path(), &text), CYCLES);
    people.did_all();
    are_calm(&stub);
    assert!(kept <= accepted + (CYCLES * APPS * 100) as u64, "{kept} beats are kept of {accepted}");
}

/// At least once, and no more often than kills came between a message and the word that it arrived.
fn are_calm(stub: &Stub) {
    let mut openings: BTreeMap<u64, usize> = BTreeMap::new();
    for (_, body) in stub.bodies() {
        let message: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(message["kind"], "opening", "nothing ended, and nobody was told so: {message}");
        for incident in message["incidents"].as_array().unwrap() {
            *openings.entry(incident["number"].as_u64().unwrap()).or_default() += 1;
        }
    }
    let told: usize = openings.values().sum();
    assert!(!openings.is_empty(), "people were told");
    assert!(told <= openings.len() + CYCLES, "{openings:?} are a storm");
}

#[test]
fn two_servers_never_share_a_memory() {
    let home = tempfile::tempdir().unwrap();
    let mut first = Serve::start(home.path());
    let state = home.path().join("state");
    let second = hb(&["serve", "--listen", "127.0.0.1:0", "--state", state.to_str().unwrap()]).end();
    assert_eq!(second.code, Some(1));
    let line = second.err.lines().last().unwrap_or_default().to_owned();
    assert!(
        line.starts_with("hb: the memory in ") && line.contains("in use by another hb (process "),
        "{line}"
    );
    assert!(line.ends_with("as with --state DIR"), "{line}");
    assert_eq!(line.matches("stop that one first").count(), 1, "it is said once: {line}");
    first.kill();
    // The claim of the dead is nobody's.
    drop(Serve::start(home.path()));
}
