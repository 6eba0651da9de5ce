//! Who may know whom: floors, and the list of what must never be.

use crate::{Source, checkout, hold, rust};

/// Floors of a crate: module → floor. A module may name those below it, and siblings only where `SIBLINGS` says so.
type Floors = &'static [(&'static str, u8)];

const LEASE: Floors = &[("time", 1), ("index", 1), ("wheel", 2), ("lease", 3)];

const CORE: Floors = &[
    ("id", 1),
    ("beat", 1),
    ("defaults", 1),
    ("hold", 1),
    ("detect", 2),
    ("gate", 2),
    ("verdict", 2),
    ("window", 2),
    ("expect", 3),
    ("incident", 3),
    ("registry", 3),
    ("alert", 4),
    ("repair", 4),
    ("sender", 4),
    ("wire", 4),
];
/// `noise` is the tests'.
const BUS: Floors = &[
    ("message", 1),
    ("sync", 1),
    ("codec", 2),
    ("pending", 2),
    ("runtime", 2),
    ("bus", 3),
    ("dispatch", 3),
    ("link", 3),
    ("noise", 3),
    ("broker", 4),
    ("guest", 4),
    ("heart", 4),
    ("node", 4),
];
/// The configuration is read into the pieces that the rooms below define: they never know it as a whole.
const SERVER: Floors = &[
    ("service", 0),
    ("tls", 0),
    ("carrier", 1),
    ("engine", 1),
    ("exec", 1),
    ("store", 1),
    ("notify", 2),
    ("auth", 2),
    ("screen", 2),
    ("watch", 3),
    ("hilbert", 4),
    ("http", 5),
    ("udp", 5),
    ("heart", 6),
    ("config", 7),
    ("server", 8),
    ("cmd", 9),
];

/// (user, used) on one floor, each with its reason.
const SIBLINGS: &[(&str, &str)] = &[
    // A beat carries the boot it belongs to.
    ("beat", "id"),
    // The table of verdicts speaks of suspicion.
    ("verdict", "detect"),
];

#[test]
fn arrows_of_hb_core_point_down() {
    let bad =
        Source::sample("hb-core/src/wire/a.rs", "use crate::registry::Registry;\nuse crate::sender::X;\n");
    assert_eq!(
        arrows(&bad, "hb-core", CORE).len(),
        1,
        "wire may stand on registry's floor, but not beside sender"
    );
    let up = Source::sample("hb-core/src/gate.rs", "use crate::registry::Registry;\n");
    assert_eq!(arrows(&up, "hb-core", CORE).len(), 1);
    hold("floors of hb-core", &all(|file| arrows(file, "hb-core", CORE)));
}

#[test]
fn arrows_of_hb_lease_point_down() {
    let up = Source::sample("hb-lease/src/wheel.rs", "use crate::lease::Table;\n");
    assert_eq!(arrows(&up, "hb-lease", LEASE).len(), 1);
    hold("floors of hb-lease", &all(|file| arrows(file, "hb-lease", LEASE)));
}

#[test]
fn arrows_of_hb_bus_point_down() {
    for (path, text) in [
        ("hb-bus/src/message/a.rs", "use crate::codec::Json;\n"),
        ("hb-bus/src/dispatch/a.rs", "use crate::bus::Bus;\n"),
        ("hb-bus/src/guest/host.rs", "use crate::node::Node;\n"),
    ] {
        assert_eq!(arrows(&Source::sample(path, text), "hb-bus", BUS).len(), 1, "{path}");
    }
    hold("floors of hb-bus", &all(|file| arrows(file, "hb-bus", BUS)));
}

#[test]
fn the_way_round_over_super_is_seen() {
    let up = Source::sample("hb-core/src/gate.rs", "use super::registry::Registry;\n");
    assert_eq!(arrows(&up, "hb-core", CORE).len(), 1);
    let down = Source::sample("hb-core/src/gate/pace.rs", "use super::registry;\n");
    assert_eq!(arrows(&down, "hb-core", CORE).len(), 0, "a room's own child");
}

#[test]
fn every_room_has_a_floor() {
    let bad = Source::sample("hb-core/src/attic/a.rs", "");
    assert_eq!(homeless(&bad, "hb-core", CORE).len(), 1);
    for (krate, floors) in [("hb-lease", LEASE), ("hb-core", CORE), ("hb-bus", BUS), ("hb-server", SERVER)] {
        hold("rooms without a floor", &all(|file| homeless(file, krate, floors)));
    }
}

#[test]
fn arrows_of_hb_server_point_down() {
    for text in ["use crate::http::view;\n", "use crate::{\n    http::{self, view},\n};\n"] {
        let up = Source::sample("hb-server/src/engine/peer.rs", text);
        assert_eq!(arrows(&up, "hb-server", SERVER).len(), 1, "{text}");
    }
    hold("floors of hb-server", &all(|file| arrows(file, "hb-server", SERVER)));
}

fn all(check: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    rust(&checkout()).flat_map(check).collect()
}

/// The room a file belongs to: its module at the root of the crate.
fn room<'a>(file: &'a Source, krate: &str) -> Option<&'a str> {
    file.path.strip_prefix(krate)?.strip_prefix("/src/")?.split(['/', '.']).next()
}

/// A room that the table does not know is looked at by nobody.
fn homeless(file: &Source, krate: &str, floors: Floors) -> Vec<String> {
    let known = |room: &str| matches!(room, "lib" | "main") || floors.iter().any(|(name, _)| *name == room);
    let Some(room) = room(file, krate).filter(|room| !known(room)) else { return Vec::new() };
    vec![file.finding(1, &format!("the room {room} has no floor: give it one here and in ARCHITECTURE.md"))]
}

fn arrows(file: &Source, krate: &str, floors: Floors) -> Vec<String> {
    let Some(own) = room(file, krate) else { return Vec::new() };
    let floor = |module: &str| floors.iter().find(|(name, _)| *name == module).map(|&(_, floor)| floor);
    let Some(here) = floor(own).filter(|_| !file.is_test()) else { return Vec::new() };
    let mut found = Vec::new();
    for (at, used) in named(file) {
        let Some(there) = floor(&used) else { continue };
        let sibling = there == here && used != own && !SIBLINGS.contains(&(own, &used));
        if there > here || sibling {
            let what = format!("{own} (floor {here}) names {used} (floor {there}): arrows point down");
            found.push(file.finding(at, &what));
        }
    }
    found
}

/// The modules of its own crate that a file names, with the lines: `crate::a`, and each of `crate::{a, b::c}`.
fn named(file: &Source) -> Vec<(usize, String)> {
    let code: Vec<(usize, &str)> =
        file.code().map(|(at, line)| (at, line.split("//").next().unwrap_or_default())).collect();
    let text: String = code.iter().map(|(_, line)| format!("{line}\n")).collect();
    let mut found = Vec::new();
    // In a module at the root of the crate, `super` is the crate.
    let root = file.path.matches('/').count() == 2;
    for root in ["crate::", "super::"].iter().filter(|word| root || **word == "crate::") {
        for (start, _) in text.match_indices(root) {
            let line = text[..start].matches('\n').count() + 1;
            let list = first_level(&text[start + root.len()..]);
            found.extend(list.into_iter().map(|module| (line, module)));
        }
    }
    found
}

/// `a` of `a::b`, and `a` and `c` of `{a::{b, d}, c}`.
fn first_level(path: &str) -> Vec<String> {
    let head = |text: &str| text.trim().chars().take_while(|&c| c.is_alphanumeric() || c == '_').collect();
    let Some(inner) = path.strip_prefix('{') else { return vec![head(path)] };
    let mut depth = 1;
    let mut items = vec![String::new()];
    for c in inner.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match (depth, c) {
            (0, _) => break,
            (1, ',') => items.push(String::new()),
            _ => items.last_mut().expect("never empty").push(c),
        }
    }
    items.iter().map(|item| head(item)).collect()
}

/// (where, what must not be named there, why).
const NEVER: &[(&str, &str, &str)] = &[
    ("hb-core/src/", "hb_bus", "truth does not know how messages travel"),
    ("hb-bus/src/", "hb_core", "messages do not know what they carry"),
    ("hb-lease/src/", "hb_core", "the lowest floor knows nobody"),
    ("hb-core/src/", "Instant::now", "the core asks no clock"),
    ("hb-core/src/", "SystemTime", "the core asks no clock"),
    ("hb-core/src/", "Timestamp::now", "the core asks no clock"),
    ("hb-core/src/", "Zoned::now", "the core asks no clock"),
    ("hb-core/src/", "TimeZone::system", "a time zone is given by the shell"),
    ("hb-core/src/", "tz::db", "a time zone is given by the shell"),
    ("hb-core/src/", "TimeZone::get", "a time zone is given by the shell"),
    ("hb-lease/src/", "Instant::now", "the core asks no clock"),
    ("hb-core/src/", "std::", "the core is no_std"),
    ("hb-lease/src/", "std::", "the core is no_std"),
    ("hb-guest/src/", "Instant::now", "a machine asks no clock"),
    ("hb-guest/src/", "std::", "a page loads it: no_std"),
    ("hb-guest/src/", "format!", "formatting costs a page kilobytes"),
    ("hb-core/src/wire", "registry", "text and belief know only the vocabulary"),
    ("hb-core/src/registry", "wire::", "text and belief know only the vocabulary"),
];

/// What the bus has from its runtime only, and what it has not at all: no file of hb-bus but those of the runtime.
const FROM_THE_RUNTIME: &[&str] =
    &["tokio::time", "tokio::spawn", "tokio::net", "std::net", "Instant::now", "SystemTime"];

#[test]
fn the_bus_has_time_and_tasks_from_its_runtime_and_no_socket() {
    for (path, found) in [
        ("hb-bus/src/guest/host.rs", 1),
        ("hb-bus/src/message.rs", 1),
        ("hb-bus/src/runtime/native.rs", 0),
        ("hb-bus/src/node/tests/net.rs", 0),
        ("hb-server/src/udp.rs", 0),
    ] {
        let bad = Source::sample(path, "use tokio::time::sleep; // SystemTime\n");
        assert_eq!(beside_the_runtime(&bad).len(), found, "{path}");
    }
    hold("the bus's runtime", &all(beside_the_runtime));
}

fn beside_the_runtime(file: &Source) -> Vec<String> {
    let bound = file.path.starts_with("hb-bus/src/") && !file.path.starts_with("hb-bus/src/runtime");
    if !bound || file.is_test() {
        return Vec::new();
    }
    let code = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    let said = file.code().filter_map(|(at, line)| {
        let line = code(line);
        let word = FROM_THE_RUNTIME.iter().find(|word| line.contains(**word))?;
        Some(file.finding(
            at,
            &format!("names {word}: the bus has time and tasks from its runtime, and no socket"),
        ))
    });
    said.collect()
}

#[test]
fn only_the_engine_touches_a_registry() {
    for text in ["use hb_core::registry::{Config, Registry};\n", "fn f(r: &mut registry::Registry) {}\n"] {
        assert_eq!(touched(&Source::sample("hb-server/src/http/api.rs", text)).len(), 1, "{text}");
        assert_eq!(touched(&Source::sample("hb-server/src/engine/shard.rs", text)).len(), 0, "{text}");
    }
    assert_eq!(
        touched(&Source::sample("hb-server/src/http.rs", "let x: RegistryView;\n// Registry\n")).len(),
        0
    );
    let figures = "use prometheus_client::registry::Registry;\nlet registry = Registry::default();\n";
    assert_eq!(touched(&Source::sample("hb-server/src/http/metrics.rs", figures)).len(), 0);
    let both = format!("{figures}use hb_core::registry::Registry as Apps;\n");
    assert_eq!(touched(&Source::sample("hb-server/src/http/metrics.rs", &both)).len(), 1);
    hold("the registry's owner", &all(touched));
}

fn touched(file: &Source) -> Vec<String> {
    if !file.path.starts_with("hb-server/src/")
        || file.path.starts_with("hb-server/src/engine")
        || file.is_test()
    {
        return Vec::new();
    }
    // The one of that library holds figures, and no app: who imports it means it, unless ours is named with its path.
    let figures = file.text.contains("use prometheus_client::registry::Registry;");
    let says = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        let ours = !figures || (code.contains("registry::") && !code.contains("prometheus_client::"));
        ours && code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "Registry")
    };
    let touching = file.code().filter(|(_, line)| says(line));
    touching.map(|(at, _)| file.finding(at, "touches a Registry: go through the engine")).collect()
}

#[test]
fn what_must_never_be() {
    let bad = Source::sample("hb-core/src/gate.rs", "let now = Instant::now();\n");
    assert_eq!(never(&bad).len(), 1);
    hold("never", &all(never));
}

fn never(file: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (place, word, why) in NEVER {
        if !file.path.starts_with(place) || file.is_test() {
            continue;
        }
        for (at, line) in file.code() {
            if line.split("//").next().unwrap_or_default().contains(word) {
                found.push(file.finding(at, &format!("names {word}: {why}")));
            }
        }
    }
    found
}
