//! Every key of `hb.toml` for people: what it takes, what it is without being said, and why. `docs/configuration.md` is this.
//!
//! What a key takes is the sentence that a mistake is answered with; default and reason stand in `defaults`, and a test
//! sees that none is missing. Not here: flags (`cmd`), what a setting means in full (docs/operating.md).

mod defaults;

use std::collections::BTreeMap;
use std::fmt::Write;

use super::table::Key;
use super::{alerts, key, locks, watch};

use defaults::{Default, TABLES};

/// A table of `hb.toml`, or its top.
struct Room {
    /// As it is written, as `screen`; empty for the top.
    name: &'static str,
    keys: Vec<Key>,
}

/// The keys of `hb.toml` as Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::new();
    for room in rooms() {
        let told = TABLES.iter().find(|table| table.name == room.name);
        let (about, rows) = told.map_or(("", &[][..]), |table| (table.about, table.rows));
        let title = if room.name.is_empty() { "The top".into() } else { format!("`[[{}]]`", room.name) };
        // Writing to a string does not fail.
        let _ =
            write!(out, "## {title}\n\n{about}\n\n| key | takes | without it | why |\n|---|---|---|---|\n");
        for key in room.keys {
            let Default { is, why, .. } =
                rows.iter().find(|row| row.key == key.name).copied().unwrap_or_default();
            let _ =
                writeln!(out, "| `{}` | {} | {} | {} |", key.name, cell(key.expected), shown(is), cell(why));
        }
        if room.name == "channel" {
            out.push_str("\nWhich `type` takes what, beside `name`, `type` and `report`:\n\n");
            for (kind, keys) in alerts::KINDS {
                let names: Vec<String> = keys.iter().map(|key| format!("`{}`", key.name)).collect();
                let _ = writeln!(out, "- `{kind}`: {}", names.join(", "));
            }
        }
        out.push('\n');
    }
    out
}

/// All that may stand in the file, in the order in which people need it.
fn rooms() -> Vec<Room> {
    let top = key::KEYS.iter().map(|&(name, expected)| Key { name, expected }).collect();
    let rooms = [
        ("screen", watch::screens::KEYS),
        ("group", watch::groups::KEYS),
        ("hours", watch::calendar::HOURS),
        ("maintenance", watch::calendar::MAINTENANCE),
        ("signal", watch::signals::KEYS),
        ("repair", watch::repairs::KEYS),
        ("rule", alerts::RULE),
        ("key", locks::KEYS),
    ];
    let channel: BTreeMap<usize, Key> =
        alerts::KINDS.iter().flat_map(|(_, keys)| *keys).map(|key| (place(key.name), *key)).collect();
    let channel = alerts::EVERY.iter().copied().chain(channel.into_values()).collect();
    let mut all = vec![Room { name: "", keys: top }];
    all.extend(rooms.map(|(name, keys)| Room { name, keys: keys.to_vec() }));
    all.insert(7, Room { name: "channel", keys: channel });
    all
}

/// Where a key of a channel stands in the table of defaults.
fn place(name: &str) -> usize {
    let rows = TABLES.iter().find(|table| table.name == "channel").map_or(&[][..], |table| table.rows);
    rows.iter().position(|row| row.key == name).unwrap_or(usize::MAX)
}

/// TOML as code, words as they are.
fn shown(is: &str) -> String {
    if is_toml(is) { format!("`{is}`") } else { cell(is) }
}

fn is_toml(is: &str) -> bool {
    is.parse::<toml::Value>().is_ok()
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests;
