//! Who may know whom: floors, and the list of what must never be.

use crate::{Source, checkout, hold, rust};

/// Floors of a crate: module → floor. A module may name those below it, and siblings only where `SIBLINGS` says so.
type Floors = &'static [(&'static str, u8)];

const CORE: Floors = &[
    ("id", 1),
    ("beat", 1),
    ("defaults", 1),
    ("detect", 2),
    ("gate", 2),
    ("verdict", 2),
    ("registry", 3),
    ("sender", 4),
    ("wire", 4),
];
/// The configuration is read into the pieces that the rooms below define: they never know it as a whole.
const SERVER: Floors = &[("engine", 1), ("http", 2), ("config", 3), ("server", 4), ("cmd", 5)];

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

fn arrows(file: &Source, krate: &str, floors: Floors) -> Vec<String> {
    let Some(path) = file.path.strip_prefix(&format!("{krate}/src/")) else { return Vec::new() };
    let own = path.split(['/', '.']).next().unwrap_or_default();
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
    for (start, _) in text.match_indices("crate::") {
        let line = text[..start].matches('\n').count() + 1;
        let list = first_level(&text[start + "crate::".len()..]);
        found.extend(list.into_iter().map(|module| (line, module)));
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
    ("hb-lease/src/", "Instant::now", "the core asks no clock"),
    ("hb-core/src/", "std::", "the core is no_std"),
    ("hb-lease/src/", "std::", "the core is no_std"),
    ("hb-core/src/wire", "registry", "text and belief know only the vocabulary"),
    ("hb-core/src/registry", "wire::", "text and belief know only the vocabulary"),
    ("hb-server/src/http", "registry::Registry", "only the engine touches a registry"),
    ("hb-server/src/cmd", "registry::Registry", "only the engine touches a registry"),
];

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

#[test]
fn the_core_depends_on_no_runtime_and_no_browser() {
    let banned = ["tokio", "serde_json", "web-sys", "js-sys", "wasm-bindgen", "hb-bus"];
    let check = |file: &Source| -> Vec<String> {
        let named = |krate: &&&str| file.text.lines().any(|line| line.starts_with(**krate));
        banned
            .iter()
            .filter(named)
            .map(|krate| file.finding(1, &format!("hb-core depends on {krate}")))
            .collect()
    };
    assert_eq!(check(&Source::sample("hb-core/Cargo.toml", "tokio.workspace = true\n")).len(), 1);
    let manifest =
        |file: &&Source| ["hb-core/Cargo.toml", "hb-lease/Cargo.toml"].contains(&file.path.as_str());
    hold("dependencies of the core", &checkout().iter().filter(manifest).flat_map(check).collect::<Vec<_>>());
}
