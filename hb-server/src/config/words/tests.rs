//! What a technician reads before the house opens.

use std::path::Path;

use super::*;

fn config(text: &str) -> Config {
    let file = super::super::key::parse(Path::new("hb.toml"), text).unwrap();
    Config { watch: file.watch, alerts: file.alerts, notes: file.notes, ..Config::default() }
}

/// A Saturday at noon in Berlin.
fn noon() -> Wall {
    Wall::from_unix_millis("2026-11-21T11:00:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

#[test]
fn a_file_without_anything_says_what_that_means() {
    let wanted = "\
No screen is expected: one that never begins to beat is missed by nobody

It is always open: there are no [[hours]]

Nobody is told: there is no [[channel]]

Nothing is repaired: there is no [[repair]]
";
    assert_eq!(summary(&Config::default(), noon()), wanted);
}

#[test]
fn everything_is_said_in_words_and_no_secret() {
    let text = r#"
zone = "Europe/Berlin"
[[screen]]
host = "hall1-{01..20}"
shows = ["tetris", "pong*"]
[[screen]]
host = "entrance"
shows = "*"
[[group]]
name = "hall 1"
members = "hall1-*/*"
depends_on = ["switch/hb", "group:power"]
[[group]]
name = "power"
members = "cellar/*"
[[hours]]
for = "everything"
open = "sa 10:00-20:00"
[[maintenance]]
for = "group:hall 1"
during = "we 07:00-09:00"
reason = "the lamps"
[[repair]]
apps = ["hall1-*/*", "hall5-*/*"]
steps = ["reload", "reload", "command", "restart"]
command = ["/usr/local/bin/fix", "hunter2"]
dry = true
[[channel]]
name = "guards"
type = "ntfy"
url = "https://ntfy.example/hunter2"
report = true
[[signal]]
server = "broker"
topic = "museum/open"
for = ["hall1-*/*", "entrance/*"]
[[channel]]
name = "office"
type = "ntfy"
url = "https://ntfy.example/office"
[[rule]]
apps = "hall1-*/*"
states = ["down", "stalled"]
hours = "mo-fr 09:00-17:00"
channels = "guards"
"#;
    let wanted = "\
21 screens are expected
  hall1-01 to hall1-20 (20): tetris or pong*
  entrance: anything

Groups
  hall 1: hall1-*/* (20 of the screens); cannot work without hb @ switch, group power
  power: cellar/*

Opening hours; it is Sat 2026-11-21 12:00 (Europe/Berlin)
  everything: sa 10:00-20:00
    open until 20:00 today, then closed until 10:00 on Sat 2026-11-28 (Europe/Berlin)
  Nobody is judged in the first 5 min after opening

Maintenance
  group:hall 1: we 07:00-09:00 (the lamps)
    next 07:00 on Wed 2026-11-25 until 09:00 (Europe/Berlin)

Who is told
  guards by ntfy.example, and gets the report when it opens
  office by ntfy.example
  Messages have the time of Europe/Berlin
  Messages have no links: there is no `url`

Of what
  1. guards: hall1-*/* down or stalled for 15 s, again every 60 min until somebody acknowledges; any group falling silent as a whole
    only mo-fr 09:00-17:00: off until 09:00 on Mon 2026-11-23, then on until 17:00 (Europe/Berlin)

Repairs, of which the first that matches counts
  1. hall1-*/*, hall5-*/*: reload the page twice, then run /usr/local/bin/fix, then restart what `hb run` started; dry: it is only said

Key switches
  museum/open at broker opens and closes hall1-*/*, entrance/*

Look again
  group `power`: none of the screens that are expected is on a host of it
  a repair is for hall5-*/*: none of the screens that are expected is there
  repair 1 tries 4 times: 3 within an hour, and the rest after that
  no rule tells of what happens on entrance
  channel `office` is named by no rule
  the repair for hall1-*/*, hall5-*/* runs /usr/local/bin/fix: there is no such program here
";
    assert_eq!(summary(&config(text), noon()), wanted);
}

#[test]
fn hours_that_never_change_are_said_to() {
    let text = "zone = \"UTC\"\n[[hours]]\nfor = \"everything\"\nopen = \"always\"\n[[maintenance]]\nfor = \"a\"\nduring = \"never\"";
    let said = summary(&config(text), noon());
    assert!(said.contains("open for the next five years"), "{said}");
    assert!(said.contains("not within the next five years"), "{said}");
}
