//! `hb.toml`: where it is looked for, what may stand in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

use crate::engine::peer::Network;

/// Every key there is. A key that is none of these is refused: a misspelt setting must not be a silent default.
const KEYS: &[&str] = &[
    "accept_declared_hosts",
    "allowed_hosts",
    "listen",
    "max_apps",
    "max_apps_per_address",
    "max_connections_per_address",
    "policy",
    "tolerance_ms",
    "trusted_proxies",
];

/// What the file says; all of it optional.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct File {
    pub(super) listen: Vec<String>,
    pub(super) policy: Option<String>,
    pub(super) tolerance_ms: Option<u64>,
    pub(super) max_apps: Option<usize>,
    pub(super) max_apps_per_address: Option<usize>,
    pub(super) max_connections_per_address: Option<usize>,
    pub(super) accept_declared_hosts: Option<bool>,
    #[serde(deserialize_with = "networks")]
    pub(super) trusted_proxies: Option<Vec<Network>>,
    pub(super) allowed_hosts: Option<Vec<String>>,
}

/// Why a configuration file was refused.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It was named, or found, and cannot be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no TOML, or a value is of the wrong kind.
    #[error("{}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What and where.
        message: String,
    },
    /// It sets something that does not exist.
    #[error("{}: unknown key `{key}`{hint}", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
        /// The nearest key, if one is near.
        hint: String,
    },
}

/// Reads `named`, or else the first file that exists: `./hb.toml`, the user's, the machine's. Returns its path too.
pub(super) fn load(
    named: Option<PathBuf>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<(PathBuf, File), FileError> {
    let candidates = match named {
        Some(path) => {
            return read(&path)?.map_or_else(|| Err(missing(path.clone())), |file| Ok((path.clone(), file)));
        }
        None => usual_places(env),
    };
    for path in candidates {
        if let Some(file) = read(&path)? {
            return Ok((path, file));
        }
    }
    Ok((PathBuf::from("hb.toml"), File::default()))
}

fn missing(path: PathBuf) -> FileError {
    FileError::Read { path, source: io::ErrorKind::NotFound.into() }
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
        Ok(text) => parse(path, &text).map(Some),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError::Read { path: path.into(), source }),
    }
}

pub(super) fn parse(path: &Path, text: &str) -> Result<File, FileError> {
    // The display of a TOML error shows the line and points at the place.
    let invalid =
        |error: toml::de::Error| FileError::Invalid { path: path.into(), message: error.to_string() };
    let table: toml::Table = toml::from_str(text).map_err(invalid)?;
    if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        let hint = nearest(key, KEYS.iter().copied());
        return Err(FileError::UnknownKey { path: path.into(), key: key.clone(), hint });
    }
    toml::from_str(text).map_err(invalid)
}

/// `: did you mean …?` for the nearest of `known`, empty if none is near.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.6)
        .map_or_else(String::new, |(_, candidate)| format!(": did you mean `{candidate}`?"))
}

fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Network>>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let networks: Result<_, _> = texts.iter().map(|text| text.parse()).collect();
    networks.map(Some).map_err(serde::de::Error::custom)
}
