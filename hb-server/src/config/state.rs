//! Where the memory lies: `--state` or `--memory`, the environment, `state` in the file, or the platform's own place.
//!
//! Not here: what is in it (`store`).

use std::path::{Path, PathBuf};

/// What was typed about the memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// `--state DIR`.
    pub folder: Option<PathBuf>,
    /// `--memory`: none that outlives the process.
    pub none: bool,
}

/// The folder of the memory; `None` where it ends with the process, as it does where neither a place is said nor a home
/// known.
pub(super) fn decide(
    typed: Typed,
    file: Option<String>,
    path: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> Option<PathBuf> {
    if typed.none {
        return None;
    }
    // systemd's own, by `StateDirectory=`; of several the first.
    let env = |name: &str| env(name).filter(|value| !value.is_empty());
    let systemd = || env("STATE_DIRECTORY").and_then(|all| all.split(':').next().map(PathBuf::from));
    let beside = |folder: String| path.parent().unwrap_or(Path::new("")).join(folder);
    let said = typed.folder.or_else(|| file.map(beside)).or_else(systemd);
    said.or_else(|| usual(&env))
}

/// Where a program of this platform keeps what it must remember.
fn usual(env: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    if is_root() {
        return Some("/var/lib/hb".into());
    }
    let home = || env("HOME").map(|home| Path::new(&home).join(".local").join("state"));
    let windows = || env("LOCALAPPDATA").map(PathBuf::from);
    Some(env("XDG_STATE_HOME").map(PathBuf::from).or_else(home).or_else(windows)?.join("hb"))
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_outranks_the_file_and_that_the_environment() {
        let env = |name: &str| match name {
            "STATE_DIRECTORY" => Some("/var/lib/hall:/var/lib/b".to_owned()),
            "HOME" => Some("/home/ada".to_owned()),
            _ => None,
        };
        let at = |folder: Option<&str>, none, file: Option<&str>| {
            let typed = Typed { folder: folder.map(Into::into), none };
            decide(typed, file.map(str::to_owned), Path::new("/etc/hb/hb.toml"), &env)
        };
        assert_eq!(at(Some("here"), false, Some("/there")), Some("here".into()));
        assert_eq!(at(None, false, Some("/there")), Some("/there".into()));
        assert_eq!(at(None, false, Some("beside")), Some("/etc/hb/beside".into()));
        assert_eq!(at(None, false, None), Some("/var/lib/hall".into()));
        assert_eq!(at(None, true, Some("/there")), None);
    }

    #[test]
    fn without_a_word_it_is_the_users_own_place_or_the_machines() {
        let env = |name: &str| (name == "XDG_STATE_HOME").then(|| "/home/ada/state".to_owned());
        let found = decide(Typed::default(), None, Path::new("hb.toml"), &env).unwrap();
        let expected = if is_root() { "/var/lib/hb" } else { "/home/ada/state/hb" };
        assert_eq!(found, Path::new(expected));
        let nowhere = decide(Typed::default(), None, Path::new("hb.toml"), &|_| None);
        assert_eq!(nowhere.is_none(), !is_root());
    }
}
