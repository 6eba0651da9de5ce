//! Manifests and pages: lints inherited, dependencies explained, links that lead somewhere.

use crate::{Source, checkout, hold, root};

#[test]
fn every_crate_takes_the_lints_of_the_house() {
    let check = |file: &Source| {
        let is_crate = file.text.contains("[package]");
        let inherits = file.text.contains("[lints]\nworkspace = true");
        (is_crate && !inherits).then(|| file.finding(1, "add [lints] workspace = true"))
    };
    assert!(check(&Source::sample("a/Cargo.toml", "[package]\n")).is_some());
    let files = checkout();
    let manifests = files.iter().filter(|file| file.path.ends_with("Cargo.toml"));
    hold("lints", &manifests.filter_map(check).collect::<Vec<_>>());
    let house = files.iter().find(|file| file.path == "Cargo.toml").expect("the workspace has a manifest");
    assert!(house.text.contains("unsafe_code = \"forbid\""));
}

#[test]
fn every_dependency_has_its_reason() {
    let files = checkout();
    let reasons = &files.iter().find(|file| file.path == "CONTRIBUTING.md").expect("CONTRIBUTING.md").text;
    assert_eq!(unexplained("[workspace.dependencies]\nfoo = \"1\"\n", "| bar | why |"), ["foo"]);
    assert!(unexplained("[dependencies]\nfoo = \"1\"\n", "| bar, foo | why |").is_empty());
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with("Cargo.toml")) {
        for name in unexplained(&file.text, reasons) {
            findings.push(file.finding(1, &format!("{name} has no sentence in CONTRIBUTING.md's table")));
        }
    }
    hold("dependencies", &findings);
}

/// Dependencies of a manifest, other than our own and inherited ones, that no table row of `reasons` names.
fn unexplained(manifest: &str, reasons: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.trim_end_matches(']').ends_with("dependencies");
        } else if let Some((name, value)) = line.split_once('=').filter(|_| inside) {
            let name = name.trim();
            let inherited = name.ends_with(".workspace") || value.contains("workspace = true");
            if !inherited && !name.starts_with(['#', ' ']) && !name.starts_with("hb-") {
                names.push(name.to_owned());
            }
        }
    }
    let rows: Vec<&str> = reasons.lines().filter(|line| line.starts_with('|')).collect();
    let explained = |name: &String| {
        rows.iter()
            .any(|row| row.split('|').nth(1).is_some_and(|cell| cell.split(',').any(|n| n.trim() == name)))
    };
    names.retain(|name| !explained(name));
    names
}

#[test]
fn links_lead_somewhere() {
    let bad = Source::sample("docs/a.md", "see [this](nowhere.md#part) and [that](https://example.org)");
    assert_eq!(broken(&bad).len(), 1);
    let pages = checkout();
    let pages = pages.iter().filter(|file| file.path.ends_with(".md"));
    hold("links", &pages.flat_map(broken).collect::<Vec<_>>());
}

fn broken(page: &Source) -> Vec<String> {
    let folder = root().join(&page.path);
    let folder = folder.parent().expect("a file stands in a folder");
    let mut found = Vec::new();
    for (at, line) in page.text.lines().enumerate() {
        for link in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or_default();
            let foreign = path.is_empty() || path.contains("://") || path.starts_with("mailto:");
            if !foreign && !folder.join(path).exists() {
                found.push(page.finding(at + 1, &format!("the link to {path} leads nowhere")));
            }
        }
    }
    found
}
