//! Do the browsers of this machine have a policy that lets pages from elsewhere beat to it, and can it be read?
//!
//! Pages that come from hb itself need none. Not here: what the policies mean (docs/browser.md).

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::finding::Finding;
use super::ground::Ground;
use super::program;

const CHECK: &str = "browser";

/// A browser: where it is, where its policies are, and the one that matters here.
struct Browser {
    name: &'static str,
    programs: &'static [&'static str],
    policies: &'static [&'static str],
    /// Where they stand on Windows, for its `reg`.
    registry: &'static [&'static str],
    keys: &'static [&'static str],
}

const CHROMIUM: &[&str] = &["LoopbackNetworkAllowedForUrls", "LocalNetworkAccessAllowedForUrls"];
const FIREFOX: &[&str] = &["LocalNetworkAccess"];

/// Chromium and its kin read every file of a folder, Firefox one file.
#[cfg(not(windows))]
const BROWSERS: [Browser; 4] = [
    Browser {
        name: "Chromium",
        programs: &["/usr/bin/chromium", "/usr/bin/chromium-browser", "/snap/bin/chromium"],
        policies: &["/etc/chromium/policies/managed", "/etc/chromium-browser/policies/managed"],
        registry: &[],
        keys: CHROMIUM,
    },
    Browser {
        name: "Chrome",
        programs: &["/usr/bin/google-chrome", "/opt/google/chrome/chrome"],
        policies: &["/etc/opt/chrome/policies/managed"],
        registry: &[],
        keys: CHROMIUM,
    },
    Browser {
        name: "Edge",
        programs: &["/usr/bin/microsoft-edge", "/opt/microsoft/msedge/msedge"],
        policies: &["/etc/opt/edge/policies/managed"],
        registry: &[],
        keys: CHROMIUM,
    },
    Browser {
        name: "Firefox",
        programs: &["/usr/bin/firefox", "/usr/bin/firefox-esr", "/snap/bin/firefox", "/opt/firefox/firefox"],
        policies: &[
            "/etc/firefox/policies/policies.json",
            "/usr/lib/firefox/distribution/policies.json",
            "/usr/lib/firefox-esr/distribution/policies.json",
            "/usr/share/firefox-esr/distribution/policies.json",
            "/opt/firefox/distribution/policies.json",
        ],
        registry: &[],
        keys: FIREFOX,
    },
];

/// Chromium's kin read the registry there, and Firefox a file.
#[cfg(windows)]
const BROWSERS: [Browser; 3] = [
    Browser {
        name: "Chrome",
        programs: &["C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe"],
        policies: &[],
        registry: &["HKLM\\SOFTWARE\\Policies\\Google\\Chrome"],
        keys: CHROMIUM,
    },
    Browser {
        name: "Edge",
        programs: &["C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe"],
        policies: &[],
        registry: &["HKLM\\SOFTWARE\\Policies\\Microsoft\\Edge"],
        keys: CHROMIUM,
    },
    Browser {
        name: "Firefox",
        programs: &["C:\\Program Files\\Mozilla Firefox\\firefox.exe"],
        policies: &["C:\\Program Files\\Mozilla Firefox\\distribution\\policies.json"],
        registry: &[],
        keys: FIREFOX,
    },
];

/// What is known of the policies of one browser.
#[derive(Debug)]
struct Facts {
    name: &'static str,
    files: Vec<(PathBuf, Policy)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    /// Lets pages beat.
    Lets,
    /// Says something else.
    Else,
    /// Is no JSON, so the browser passes over it in silence.
    Garbled,
    Unread,
}

pub(super) fn check(_: &Ground) -> Vec<Finding> {
    let installed =
        BROWSERS.iter().filter(|browser| browser.programs.iter().any(|path| Path::new(path).exists()));
    installed.flat_map(|browser| judge(&look(browser))).collect()
}

fn judge(Facts { name, files }: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = files
        .iter()
        .filter_map(|(path, policy)| match policy {
            Policy::Lets | Policy::Else => None,
            Policy::Garbled => Some(Finding::doubt(
                CHECK,
                format!("{name} passes over {}: it is no JSON", path.display()),
                "mend it; jq . FILE says where",
            )),
            Policy::Unread => Some(Finding::doubt(
                CHECK,
                format!("{} cannot be read, by the browser neither", path.display()),
                "let everybody read it: chmod a+r",
            )),
        })
        .collect();
    match files.iter().find(|(_, policy)| *policy == Policy::Lets) {
        Some((path, _)) => {
            found.push(Finding::fine(CHECK, format!("{name} lets pages beat by {}", path.display())));
        }
        None => found.push(
            Finding::fine(CHECK, format!("{name} has no policy for pages that beat"))
                .and("pages that hb serves need none; those of a site elsewhere do: docs/browser.md"),
        ),
    }
    found
}

fn look(browser: &Browser) -> Facts {
    let mut facts = gather(browser.name, browser.policies, browser.keys);
    let all =
        browser.registry.iter().flat_map(|root| browser.keys.iter().map(move |key| format!("{root}\\{key}")));
    let held = all.filter(|key| program::says("reg", &["query", key]).is_some());
    facts.files.extend(held.map(|key| (PathBuf::from(key), Policy::Lets)));
    facts
}

fn gather(name: &'static str, policies: &[&str], keys: &[&str]) -> Facts {
    let files = policies.iter().map(PathBuf::from).flat_map(|path| match path.read_dir() {
        Ok(folder) => {
            let mut files: Vec<PathBuf> = folder.filter_map(|file| Some(file.ok()?.path())).collect();
            files.retain(|file| file.extension().is_some_and(|end| end == "json"));
            files.sort();
            files
        }
        Err(_) if path.is_file() => vec![path],
        Err(_) => Vec::new(),
    });
    let files = files.map(|path| {
        let policy = std::fs::read_to_string(&path).map_or(Policy::Unread, |text| read(&text, keys));
        (path, policy)
    });
    Facts { name, files: files.collect() }
}

fn read(text: &str, keys: &[&str]) -> Policy {
    let Ok(policy) = serde_json::from_str::<Value>(text) else { return Policy::Garbled };
    // Firefox has all of them under one key.
    let policies = policy.get("policies").unwrap_or(&policy);
    if keys.iter().any(|key| policies.get(key).is_some()) { Policy::Lets } else { Policy::Else }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd::doctor::finding::Level::{Doubt, Fine};

    #[test]
    fn the_policies_of_the_docs_are_known() {
        for (text, keys, policy) in [
            (
                r#"{ "LoopbackNetworkAllowedForUrls": ["https://exhibit.example.org"] }"#,
                CHROMIUM,
                Policy::Lets,
            ),
            (
                r#"{ "policies": { "LocalNetworkAccess": { "SkipDomains": ["localhost"] } } }"#,
                FIREFOX,
                Policy::Lets,
            ),
            (r#"{ "HomepageLocation": "http://hall" }"#, CHROMIUM, Policy::Else),
            (r#"{ "LoopbackNetworkAllowedForUrls": ["x"], }"#, CHROMIUM, Policy::Garbled),
        ] {
            assert_eq!(read(text, keys), policy, "{text}");
        }
    }

    #[test]
    fn verdicts() {
        for (policies, levels) in [
            (&[][..], &[Fine][..]),
            (&[Policy::Else], &[Fine]),
            (&[Policy::Garbled, Policy::Lets], &[Doubt, Fine]),
            (&[Policy::Unread], &[Doubt, Fine]),
        ] {
            let files = policies.iter().map(|policy| (PathBuf::from("hb.json"), *policy)).collect();
            let found = judge(&Facts { name: "Chromium", files });
            assert_eq!(found.iter().map(|finding| finding.level).collect::<Vec<_>>(), levels, "{found:?}");
        }
    }

    #[test]
    fn a_folder_and_a_file_of_policies_are_read() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("hb.json"), r#"{ "LoopbackNetworkAllowedForUrls": ["x"] }"#).unwrap();
        std::fs::write(home.path().join("notes.txt"), "no policy").unwrap();
        let of = |path: &Path| gather("Chromium", &[path.to_str().unwrap(), "/nowhere"], CHROMIUM).files;
        let file = home.path().join("hb.json");
        let expected = [(file.clone(), Policy::Lets)];
        assert_eq!((&of(home.path())[..], &of(&file)[..]), (&expected[..], &expected[..]));
    }
}
