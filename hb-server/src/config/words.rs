//! What a configuration means, in the words of whoever has to live with it: `hb config check`.
//!
//! Not here: reading it ([`super::Config::load`]); times in words (`times`), what to look at again (`doubts`).

mod doubts;
mod programs;
mod times;

use std::fmt::Write;
use std::time::Duration;

use hb_core::alert::Rule;
use hb_core::expect::Expected;
use hb_core::incident::Needed;
use hb_core::repair::{Action, Step};
use hb_lease::time::Wall;

use super::Config;
use crate::notify;
use crate::watch::{self, Plan};

/// All of it; `now` is the moment from which the next opening is told.
#[must_use]
pub fn summary(config: &Config, now: Wall) -> String {
    let Config { watch, alerts, .. } = config;
    let mut out = String::new();
    screens(&mut out, &watch.expect);
    groups(&mut out, watch);
    times::calendars(&mut out, watch, now);
    told(&mut out, alerts, watch, now);
    repairs(&mut out, &watch.repairs);
    signals(&mut out, watch);
    let doubts = doubts(config);
    if !doubts.is_empty() {
        line(&mut out, 0, "Look again");
        doubts.iter().for_each(|doubt| line(&mut out, 1, doubt));
    }
    out
}

/// What is allowed, and probably not meant.
#[must_use]
pub fn doubts(config: &Config) -> Vec<String> {
    let mut all = doubts::all(config);
    all.extend(programs::missing(config, std::env::var_os("PATH").as_deref()));
    all
}

fn line(out: &mut String, depth: usize, text: &str) {
    if depth == 0 && !out.is_empty() {
        out.push('\n');
    }
    // Writing to a string does not fail.
    let _ = writeln!(out, "{:1$}{text}", "", 2 * depth);
}

fn screens(out: &mut String, all: &[Expected]) {
    match all.len() {
        0 => return line(out, 0, "No screen is expected: one that never begins to beat is missed by nobody"),
        1 => line(out, 0, "1 screen is expected"),
        count => line(out, 0, &format!("{count} screens are expected")),
    }
    for alike in all.chunk_by(|one, next| one.shows == next.shows) {
        let [first, .., last] = alike else {
            line(out, 1, &format!("{}: {}", alike[0].place, shows(&alike[0])));
            continue;
        };
        let count = alike.len();
        line(out, 1, &format!("{} to {} ({count}): {}", first.place, last.place, shows(first)));
    }
}

fn shows(screen: &Expected) -> String {
    let names: Vec<&str> =
        screen.shows.iter().map(|glob| if glob.is_any() { "anything" } else { glob.as_str() }).collect();
    names.join(" or ")
}

fn groups(out: &mut String, watch: &watch::Config) {
    let tree = &watch.tree;
    if tree.groups.is_empty() {
        return;
    }
    line(out, 0, "Groups");
    for group in &tree.groups {
        let members = list(group.members.iter());
        let count = watch.expect.iter().filter(|screen| doubts::may_hold(&group.members, screen)).count();
        let mut text = format!("{}: {members}", group.name);
        if count > 0 {
            text += &format!(" ({count} of the screens)");
        }
        let mut needs: Vec<String> = Vec::new();
        for dependency in
            tree.dependencies.iter().filter(|dependency| group.members.contains(&dependency.who))
        {
            let need = match &dependency.on {
                Needed::App(id) => id.to_string(),
                Needed::Group(name) => format!("group {name}"),
            };
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
        if !needs.is_empty() {
            text += &format!("; cannot work without {}", needs.join(", "));
        }
        line(out, 1, &text);
    }
}

fn told(out: &mut String, alerts: &notify::Config, watch: &watch::Config, now: Wall) {
    if alerts.channels.is_empty() {
        return line(out, 0, "Nobody is told: there is no [[channel]]");
    }
    line(out, 0, "Who is told");
    for named in &alerts.channels {
        let report = if named.report { ", and gets the report when it opens" } else { "" };
        let pictures = if named.pictures { ", with pictures" } else { "" };
        line(out, 1, &format!("{} by {}{pictures}{report}", named.name, named.channel.place()));
    }
    line(out, 1, &format!("Messages have the time of {}", times::name(&watch.zone)));
    match &watch.url {
        Some(url) => line(out, 1, &format!("Messages have links to {url}")),
        None => line(out, 1, "Messages have no links: there is no `url`"),
    }
    line(out, 0, "Of what");
    for (at, rule) in alerts.rules.iter().enumerate() {
        line(out, 1, &format!("{}. {}", at + 1, told_of(rule, alerts)));
        if let Some(hours) = alerts.hours.get(at).and_then(Option::as_ref) {
            line(out, 2, &format!("only {hours}: {}", times::state(hours, now, ["on", "off"])));
        }
    }
}

/// Who says that something is open, and to whom this server listens for it.
fn signals(out: &mut String, watch: &watch::Config) {
    if watch.signals.is_empty() {
        return;
    }
    line(out, 0, "Key switches");
    for signal in &watch.signals {
        let (topic, host) = (&signal.topic, &signal.broker.host);
        line(out, 1, &format!("{topic} at {host} opens and closes {}", list(signal.scopes.iter())));
    }
}

fn told_of(rule: &Rule, alerts: &notify::Config) -> String {
    let channel = |place: &hb_core::alert::Channel| alerts.channels.get(usize::from(place.0));
    let names: Vec<&str> = rule.channels.iter().filter_map(channel).map(|named| &*named.name).collect();
    let apps = if rule.apps.is_empty() { "any screen".into() } else { list(rule.apps.iter()) };
    let states: Vec<&str> = rule.states.iter().map(|state| state.word()).collect();
    let states = if states.is_empty() { "bad".into() } else { states.join(" or ") };
    let groups = if rule.groups.is_empty() { "any group".into() } else { rule.groups.join(", ") };
    let remind = match rule.remind {
        Some(every) => format!("again every {} until somebody acknowledges", span(every)),
        None => "never again".into(),
    };
    format!(
        "{}: {apps} {states} for {}, {remind}; {groups} falling silent as a whole",
        names.join(", "),
        span(rule.wait)
    )
}

fn repairs(out: &mut String, plans: &[Plan]) {
    if plans.is_empty() {
        return line(out, 0, "Nothing is repaired: there is no [[repair]]");
    }
    line(out, 0, "Repairs, of which the first that matches counts");
    for (at, plan) in plans.iter().enumerate() {
        let steps: Vec<String> = plan.ladder.steps().iter().map(|step| done(step, plan)).collect();
        let dry = if plan.dry { "; dry: it is only said" } else { "" };
        line(out, 1, &format!("{}. {}: {}{dry}", at + 1, list(plan.apps.iter()), steps.join(", then ")));
    }
}

fn done(step: &Step, plan: &Plan) -> String {
    let what = match step.action {
        Action::Reload => "reload the page".into(),
        Action::Command => {
            let program = plan.command.as_ref().and_then(|words| words.first());
            format!("run {}", program.map(|word| word.display().to_string()).unwrap_or_default())
        }
        Action::Restart => match &plan.unit {
            Some(unit) => format!("restart {}", unit.as_str()),
            None => "restart what `hb run` started".into(),
        },
        Action::Reboot => "reboot the host".into(),
    };
    match step.cap {
        1 => what,
        2 => format!("{what} twice"),
        times => format!("{what} {times} times"),
    }
}

fn list<T: ToString>(all: impl Iterator<Item = T>) -> String {
    all.map(|one| one.to_string()).collect::<Vec<_>>().join(", ")
}

/// A duration in the largest unit that fits.
fn span(span: Duration) -> String {
    match span.as_secs() {
        seconds if seconds >= 7_200 && seconds % 3_600 == 0 => format!("{} h", seconds / 3_600),
        seconds if seconds >= 120 && seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests;
