//! Whether this machine would start a program that somebody names. Not here: starting it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// What is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// Its path leads nowhere.
    #[error("there is no such program here")]
    Here,
    /// It is a name, and in no folder that is searched.
    #[error("there is no such program on the PATH of this shell")]
    OnPath,
    /// It is a file, and no program.
    #[error("it is not executable")]
    Right,
}

/// Looks for it as `exec` does, along a `PATH` if it is a name; `None` if nothing is in the way.
#[must_use]
pub fn lack(program: &str, path: Option<&OsStr>) -> Option<Lack> {
    let is_path = program.contains(std::path::is_separator);
    let found: Vec<PathBuf> = if is_path {
        vec![PathBuf::from(program)]
    } else {
        path.map(std::env::split_paths).into_iter().flatten().map(|folder| folder.join(program)).collect()
    };
    let files: Vec<&PathBuf> = found.iter().filter(|file| is_file(file)).collect();
    if files.is_empty() {
        return Some(if is_path { Lack::Here } else { Lack::OnPath });
    }
    (!files.iter().any(|file| may_run(file))).then_some(Lack::Right)
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
        assert_eq!(lack("text", path), Some(Lack::Right));
        assert_eq!(lack(&at(&folder.path().join("gone")), path), Some(Lack::Here));
        assert_eq!(lack(&at(folder.path()), None), Some(Lack::Here), "a folder is none");
        assert_eq!(lack("tool", Some(OsStr::new("/nowhere"))), Some(Lack::OnPath));
        assert_eq!(lack("tool", None), Some(Lack::OnPath));
    }
}
