//! Programs that a configuration names and that this machine would not start. Not here: starting them (`exec`).

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use hb_core::repair::Action;

use super::super::Config;
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
        .filter_map(|(who, program)| Some(format!("{who} {}", lack(&program, path)?)))
        .collect()
}

/// What is in the way of starting it; `None` if nothing is.
fn lack(program: &str, path: Option<&OsStr>) -> Option<String> {
    let found: Vec<PathBuf> = if program.contains(std::path::is_separator) {
        vec![PathBuf::from(program)]
    } else {
        path.map(std::env::split_paths).into_iter().flatten().map(|folder| folder.join(program)).collect()
    };
    let files: Vec<&PathBuf> = found.iter().filter(|file| is_file(file)).collect();
    if files.is_empty() {
        let place =
            if program.contains(std::path::is_separator) { "here" } else { "on the PATH of this shell" };
        return Some(format!("runs {program}: there is no such program {place}"));
    }
    (!files.iter().any(|file| may_run(file))).then(|| format!("runs {program}: it is not executable"))
}

fn is_file(file: &Path) -> bool {
    let ends_in_exe = cfg!(windows) && file.with_extension("exe").is_file();
    file.is_file() || ends_in_exe
}

#[cfg(unix)]
fn may_run(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|about| about.permissions().mode() & 0o111 != 0)
}

/// Windows knows a program by its name.
#[cfg(not(unix))]
fn may_run(_: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_program_is_there_and_may_be_run() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let [tool, text] = ["tool", "text"].map(|name| folder.path().join(name));
        for (file, mode) in [(&tool, 0o755), (&text, 0o644)] {
            std::fs::write(file, "").unwrap();
            std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        let path = Some(folder.path().as_os_str());
        let at = |file: &Path| file.to_str().unwrap().to_owned();
        assert_eq!((lack("tool", path), lack(&at(&tool), None)), (None, None));
        assert_eq!(lack("text", path).unwrap(), "runs text: it is not executable");
        let gone = at(&folder.path().join("gone"));
        assert_eq!(lack(&gone, path).unwrap(), format!("runs {gone}: there is no such program here"));
        let told = "runs tool: there is no such program on the PATH of this shell";
        assert_eq!(lack("tool", Some(OsStr::new("/nowhere"))).unwrap(), told);
        assert_eq!(lack("tool", None).unwrap(), told);
    }
}
