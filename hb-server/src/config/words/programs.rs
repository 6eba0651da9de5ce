//! Programs that a configuration names and that this machine would not start. Not here: looking for them, and starting them (`exec`).

use std::ffi::OsStr;

use hb_core::repair::Action;

use super::super::Config;
use crate::exec::program::lack;
use crate::notify::channel::Channel;

/// Each in a line, with who would start it. As `exec` searches: along our own `PATH`.
pub(super) fn missing(config: &Config, path: Option<&OsStr>) -> Vec<String> {
    let channels = config.alerts.channels.iter().filter_map(|named| match &*named.channel {
        Channel::Command(_) => Some((format!("channel `{}`", named.name), named.channel.place())),
        _ => None,
    });
    let plans = config.watch.repairs.iter().filter_map(|plan| {
        let runs = plan.ladder.steps().iter().any(|step| step.action == Action::Command);
        let program = plan.command.as_ref().filter(|_| runs)?.first()?;
        let apps = super::list(plan.apps.iter());
        Some((format!("the repair for {apps}"), program.to_string_lossy().into_owned()))
    });
    channels
        .chain(plans)
        .filter_map(|(who, program)| Some(format!("{who} runs {program}: {}", lack(&program, path)?)))
        .collect()
}
