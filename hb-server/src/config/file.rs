//! `hb.toml`: where it is looked for, and why it was refused. Not here: what may stand in it (`key`).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::key::{self, File};

/// Why a configuration file was refused.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It was named, or found, and cannot be read.
    #[error("cannot read the configuration {}: {}", path.display(), why_unread(reason))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why. Not called a source: the text says it already.
        reason: io::Error,
    },
    /// It is no TOML.
    #[error("{}, line {line}: {message}: expected lines like policy = \"auto\"", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Where in it.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A value is not what its key takes.
    #[error("{}, line {line}: `{key}` is {value}: expected {expected}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Where in it.
        line: usize,
        /// The key.
        key: String,
        /// What was written.
        value: String,
        /// What would do.
        expected: &'static str,
    },
    /// A channel or a rule makes no sense as a whole.
    #[error("{}, line {line}: {reason}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// Where in it.
        line: usize,
        /// What is wrong, and what was expected.
        reason: String,
    },
    /// It sets something that does not exist.
    #[error("{}, line {line}: unknown key `{key}`{hint}", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// Where in it.
        line: usize,
        /// The key.
        key: String,
        /// The nearest key, or all of them.
        hint: String,
    },
}

fn why_unread(reason: &io::Error) -> String {
    match reason.kind() {
        io::ErrorKind::NotFound => {
            "there is no such file; correct --config, or leave it out to go by hb's defaults".into()
        }
        io::ErrorKind::PermissionDenied => {
            "permission denied; let the user that runs hb read it, as with chmod a+r".into()
        }
        io::ErrorKind::IsADirectory => "this is a folder; expected a file, as hb.toml in it".into(),
        io::ErrorKind::InvalidData => "it is no text; expected TOML in UTF-8".into(),
        _ => reason.to_string(),
    }
}

/// Reads `named`, or else the first file that exists: `./hb.toml`, the user's, the machine's. Returns whether
/// there is one, and its path.
pub(super) fn load(
    named: Option<PathBuf>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<(bool, PathBuf, File), FileError> {
    let candidates = match named {
        Some(path) => {
            return read(&path)?
                .map_or_else(|| Err(missing(path.clone())), |file| Ok((true, path.clone(), file)));
        }
        None => usual_places(env),
    };
    for path in candidates {
        if let Some(file) = read(&path)? {
            return Ok((true, path, file));
        }
    }
    let path = PathBuf::from("hb.toml");
    let file = key::parse(&path, "")?;
    Ok((false, path, file))
}

fn missing(path: PathBuf) -> FileError {
    FileError::Read { path, reason: io::ErrorKind::NotFound.into() }
}

fn usual_places(env: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let home = || env("HOME").or_else(|| env("USERPROFILE")).map(|home| Path::new(&home).join(".config"));
    let user = env("XDG_CONFIG_HOME").filter(|dir| !dir.is_empty()).map(PathBuf::from).or_else(home);
    let mut places = vec![PathBuf::from("hb.toml")];
    places.extend(user.map(|dir| dir.join("hb").join("hb.toml")));
    places.push(PathBuf::from("/etc/hb/hb.toml"));
    places
}

/// `None` if there is no such file.
fn read(path: &Path) -> Result<Option<File>, FileError> {
    match fs::read_to_string(path) {
        Ok(text) => key::parse(path, &text).map(Some),
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(reason) => Err(FileError::Read { path: path.into(), reason }),
    }
}
