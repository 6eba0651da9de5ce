//! What is allowed in a configuration, and probably not meant. Not here: what is refused (the tables' own files).

use hb_core::defaults::REPAIRS;
use hb_core::expect::Expected;
use hb_core::id::Pattern;

use super::super::Config;

/// Most names in one line.
const NAMES: usize = 3;

/// Each in a line.
pub(super) fn all(config: &Config) -> Vec<String> {
    let Config { watch, alerts, notes, .. } = config;
    let mut all = notes.clone();
    let screens = &watch.expect;
    if !screens.is_empty() {
        for group in watch
            .tree
            .groups
            .iter()
            .filter(|group| !screens.iter().any(|screen| may_hold(&group.members, screen)))
        {
            all.push(format!(
                "group `{}`: none of the screens that are expected is on a host of it",
                group.name
            ));
        }
        for pattern in watch.repairs.iter().flat_map(|plan| &plan.apps) {
            if !screens.iter().any(|screen| may_hold(std::slice::from_ref(pattern), screen)) {
                all.push(format!(
                    "a repair is for {pattern}: none of the screens that are expected is there"
                ));
            }
        }
    }
    for (at, plan) in watch.repairs.iter().enumerate() {
        let tries: usize = plan.ladder.steps().iter().map(|step| usize::from(step.cap)).sum();
        if tries > REPAIRS {
            all.push(format!(
                "repair {} tries {tries} times: {REPAIRS} within an hour, and the rest after that",
                at + 1
            ));
        }
    }
    let (rules, channels) = (&alerts.rules, &alerts.channels);
    let told =
        |screen: &&Expected| rules.iter().any(|rule| rule.apps.is_empty() || may_hold(&rule.apps, screen));
    let untold: Vec<String> =
        screens.iter().filter(|screen| !told(screen)).map(|screen| screen.place.to_string()).collect();
    if !rules.is_empty() && !untold.is_empty() {
        let more =
            if untold.len() > NAMES { format!(" and {} more", untold.len() - NAMES) } else { String::new() };
        let names = untold[..untold.len().min(NAMES)].join(", ");
        all.push(format!("no rule tells of what happens on {names}{more}"));
    }
    for (at, named) in channels.iter().enumerate() {
        if !named.report
            && !rules.iter().flat_map(|rule| &rule.channels).any(|channel| usize::from(channel.0) == at)
        {
            all.push(format!("channel `{}` is named by no rule", named.name));
        }
    }
    all
}

/// Whether one of `patterns` could be about an app of this host.
pub(super) fn may_hold(patterns: &[Pattern], screen: &Expected) -> bool {
    patterns.iter().any(|pattern| pattern.may_match_host(screen.place.host()))
}
