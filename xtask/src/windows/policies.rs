//! The policies of browsers as a registry holds them once they were imported, and whether they are those of the JSON beside them.
//! Not here: what a browser makes of them (`packaging/test`).

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// (what is imported, what it should say, where it goes).
const FILES: [(&str, &str, &str); 2] = [
    ("chrome.reg", "chromium.json", r"HKLM\SOFTWARE\Policies\Google\Chrome"),
    ("edge.reg", "edge.json", r"HKLM\SOFTWARE\Policies\Microsoft\Edge"),
];

/// Imports each by `reg`, and asks it what is there now.
pub(super) fn arrive(root: &Path, wine: &impl Fn(&str) -> Command) -> Result<()> {
    let folder = root.join("packaging/policies");
    let reg = |args: &[&str]| -> Result<String> {
        let output = wine("wine").arg("reg").args(args).current_dir(&folder).output().context("reg")?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(output.status.success(), "reg {args:?} ended with {}: {said}", output.status);
        Ok(said)
    };
    for (file, json, key) in FILES {
        reg(&["import", file])?;
        let said = held(&reg(&["query", key, "/s"])?);
        let meant = meant(&serde_json::from_slice(&std::fs::read(folder.join(json))?)?);
        ensure!(said == meant, "{file}: the registry holds {said:?}, and {json} says {meant:?}");
    }
    Ok(())
}

/// What `reg query /s` prints: a value by its name, or by its list and number.
fn held(said: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut list = String::new();
    for line in said.lines().map(str::trim_end) {
        let words: Vec<&str> = line.split("    ").collect();
        match &words[..] {
            // A list is a key of its own, below the browser's.
            [key] if key.starts_with("HK") => {
                let below = key.split('\\').nth(5).map(|name| format!("{name}/"));
                list = below.unwrap_or_default();
            }
            ["", name, _, value] => drop(found.insert(format!("{list}{name}"), (*value).to_owned())),
            _ => {}
        }
    }
    found
}

/// The same of the JSON.
fn meant(policies: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, value) in policies.as_object().into_iter().flatten() {
        match value {
            Value::Bool(is) => drop(found.insert(name.clone(), format!("{:#x}", u8::from(*is)))),
            Value::Array(items) => found.extend(items.iter().zip(1..).map(|(item, number)| {
                (format!("{name}/{number}"), item.as_str().unwrap_or_default().to_owned())
            })),
            other => drop(found.insert(name.clone(), format!("{:#x}", other.as_u64().unwrap_or(u64::MAX)))),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_and_a_json_that_say_the_same_are_the_same() {
        let said = "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Edge\r\n    A    REG_DWORD    0x1\r\n    B    REG_DWORD    0x5\r\n\r\n\
                    HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Edge\\C\r\n    1    REG_SZ    https://x\r\n\r\n";
        let json = serde_json::json!({ "A": true, "B": 5, "C": ["https://x"] });
        assert_eq!(held(said), meant(&json));
        assert_ne!(held(said), meant(&serde_json::json!({ "A": true, "B": 5, "C": ["https://y"] })));
        assert_eq!(held(said).len(), 3);
    }
}
