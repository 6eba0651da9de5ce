//! What is compiled into what, as cargo resolves it, and that whatever is depended on is explained and nothing else.

use std::process::Command;

use serde_json::Value;

use crate::{Source, checkout, hold, root};

/// Clocks, sockets, randomness, browsers, and the weight of serde: nothing a pure machine or a page needs. (hb-core has
/// jiff for its calendar; that it asks no clock there is in the list of what must never be.)
const OUTSIDE: &[&str] = &[
    "chrono",
    "getrandom",
    "hyper",
    "js-sys",
    "mio",
    "rand",
    "serde",
    "serde_json",
    "socket2",
    "tokio",
    "wasm-bindgen",
    "web-sys",
];

/// (package, what is never compiled into it).
const APART: &[(&str, &[&str])] = &[
    ("hb-lease", OUTSIDE),
    ("hb-lease", &["hb-bus", "hb-core", "jiff"]),
    ("hb-core", OUTSIDE),
    ("hb-core", &["hb-bus", "hb-server"]),
    ("hb-guest", OUTSIDE),
    ("hb-guest", &["hb-bus", "hb-core"]),
    ("hb-bus", &["hb-core", "hb-server", "hyper", "web-sys"]),
    ("hb-wasm", &["hb-bus", "hb-server", "serde_json", "tokio", "wasm-bindgen-futures"]),
    ("hb-wasm-link", &["hb-bus", "hb-core", "serde", "serde_json", "tokio", "wasm-bindgen-futures"]),
    ("hb-server", &["native-tls", "openssl"]),
];

/// A package of the workspace.
#[derive(Default)]
struct Package {
    name: String,
    /// Features it defines itself.
    features: usize,
    /// What its manifest names, our own packages apart, with the features asked for.
    named: Vec<(String, Vec<String>)>,
    /// Everything that is compiled into it, whoever asked for it; not what tests and build scripts need.
    compiled_in: Vec<String>,
}

#[test]
fn what_stays_apart_is_not_compiled_together() {
    let with = |name: &str, other: &str| Package {
        name: name.into(),
        compiled_in: vec![other.into()],
        ..Package::default()
    };
    for (name, other) in
        [("hb-core", "tokio"), ("hb-core", "hb-bus"), ("hb-bus", "hb-core"), ("hb-lease", "rand")]
    {
        assert_eq!(together(&with(name, other)).len(), 1, "{name} {other}");
    }
    assert_eq!(together(&with("hb-server", "tokio")).len(), 0);
    let packages = packages();
    let core = packages.iter().find(|it| it.name == "hb-core").expect("hb-core is a member");
    assert!(core.compiled_in.contains(&"hashbrown".into()), "over hb-lease: {:?}", core.compiled_in);
    hold("crates that stay apart", &packages.iter().flat_map(together).collect::<Vec<_>>());
}

fn together(package: &Package) -> Vec<String> {
    let never = APART.iter().filter(|(name, _)| package.name == *name).flat_map(|(_, never)| *never);
    let found = never.filter(|never| package.compiled_in.iter().any(|it| it == *never));
    found.map(|it| format!("{it} is compiled into {}", package.name)).collect()
}

#[test]
fn behaviour_is_no_switch_of_the_build() {
    let check = |package: &Package| {
        (package.features > 0).then(|| format!("{} has features: make it a value at run time", package.name))
    };
    assert!(check(&Package { features: 1, ..Package::default() }).is_some());
    hold("features", &packages().iter().filter_map(check).collect::<Vec<_>>());
}

#[test]
fn what_is_explained_is_used() {
    let used = ["a".to_owned()];
    assert_eq!(stale("| crate | why |\n|---|---|\n| a, b | c |\n", &used), ["b"]);
    assert!(stale("| crate | why |\n| a | c |\n\n| word | not a crate |\n", &used).is_empty());
    let packages = packages();
    let used: Vec<String> = packages.iter().flat_map(|it| &it.named).map(|(name, _)| name.clone()).collect();
    let contributing = contributing();
    hold("explained in CONTRIBUTING.md and not used", &stale(&contributing.text, &used));
}

/// Names in the table of crates that nobody uses.
fn stale(page: &str, used: &[String]) -> Vec<String> {
    let rows = page.lines().skip_while(|line| !line.starts_with("| crate |")).skip(1);
    let rows = rows.take_while(|line| line.starts_with('|')).filter(|line| !line.starts_with("|--"));
    let names = rows.filter_map(|row| row.split('|').nth(1)).flat_map(|cell| cell.split(',').map(str::trim));
    names.filter(|name| !used.iter().any(|it| it == name)).map(str::to_owned).collect()
}

#[test]
fn every_node_package_has_its_word() {
    let check = |file: &Source, page: &str| -> Vec<String> {
        let manifest: Value = serde_json::from_str(&file.text).expect("a package.json is JSON");
        let parts = ["dependencies", "devDependencies"].map(|part| manifest[part].as_object().cloned());
        let names = parts.into_iter().flatten().flat_map(|part| part.into_iter().map(|(name, _)| name));
        let silent = names.filter(|name| !page.contains(&format!("`{name}`")));
        silent.map(|name| file.finding(1, &format!("{name} has no word in CONTRIBUTING.md"))).collect()
    };
    let sample = Source::sample("a/package.json", "{\"devDependencies\": {\"a\": \"1\", \"b\": \"1\"}}");
    assert_eq!(check(&sample, "`a` and b").len(), 1);
    let contributing = contributing();
    let manifests = checkout().into_iter().filter(|file| file.path.ends_with("package.json"));
    hold("Node packages", &manifests.flat_map(|file| check(&file, &contributing.text)).collect::<Vec<_>>());
}

fn contributing() -> Source {
    checkout().into_iter().find(|file| file.path == "CONTRIBUTING.md").expect("CONTRIBUTING.md is there")
}

fn packages() -> Vec<Package> {
    let said = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let metadata: Value = serde_json::from_slice(&said.stdout).expect("cargo writes JSON");
    let all = list(&metadata["packages"]);
    let ours = all.iter().filter(|it| list(&metadata["workspace_members"]).contains(&it["id"]));
    let read = |package: &Value| {
        let named = list(&package["dependencies"]).iter().filter(|it| !it["source"].is_null());
        Package {
            name: text(&package["name"]),
            features: package["features"].as_object().map_or(0, serde_json::Map::len),
            named: named
                .map(|it| (text(&it["name"]), list(&it["features"]).iter().map(text).collect()))
                .collect(),
            compiled_in: compiled_in(&package["id"], list(&metadata["resolve"]["nodes"]), all),
        }
    };
    ours.map(read).collect()
}

/// The names of all packages below `package`, over normal dependencies.
fn compiled_in(package: &Value, nodes: &[Value], all: &[Value]) -> Vec<String> {
    let mut seen = vec![package];
    let mut next = 0;
    while let Some(id) = seen.get(next) {
        next += 1;
        let node = nodes.iter().find(|node| node["id"] == **id).expect("cargo knows what it resolved");
        for dependency in list(&node["deps"]) {
            let normal = list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
            if normal && !seen.contains(&&dependency["pkg"]) {
                seen.push(&dependency["pkg"]);
            }
        }
    }
    let named = |id: &&Value| all.iter().find(|it| it["id"] == **id).map(|it| text(&it["name"]));
    seen[1..].iter().filter_map(named).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("cargo metadata has a list here")
}

fn text(value: &Value) -> String {
    value.as_str().expect("cargo metadata has a text here").to_owned()
}
