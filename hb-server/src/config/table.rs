//! One table of `hb.toml`, as `[[channel]]`: its keys are taken one by one, and what is left was misspelt.
//!
//! What secrets hold is never repeated. Not here: which keys there are (`alerts`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Spanned, Value};

use super::file::FileError;
use super::key::nearest;
use crate::notify::channel::Secret;

/// A table as it is written, with the places of its keys.
pub(super) type Written = BTreeMap<Spanned<String>, Spanned<Value>>;

/// What a key takes, and the sentence for whoever wrote something else.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) expected: &'static str,
}

/// A table that is being read.
pub(super) struct Table<'a> {
    path: &'a Path,
    text: &'a str,
    entries: BTreeMap<String, (usize, Spanned<Value>)>,
    /// The line of its first key.
    pub(super) line: usize,
}

impl<'a> Table<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str, written: Written) -> Self {
        let line = |at: usize| 1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count();
        let entries: BTreeMap<_, _> = written
            .into_iter()
            .map(|(key, value)| (line(key.span().start), key.into_inner(), value))
            .map(|(line, key, value)| (key, (line, value)))
            .collect();
        let line = entries.values().map(|(line, _)| *line).min().unwrap_or(1);
        Self { path, text, entries, line }
    }

    /// What `read` makes of the value of `key`; `None` if it is not there.
    pub(super) fn take<T>(
        &mut self,
        key: &Key,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, FileError> {
        let Some((line, value)) = self.entries.remove(key.name) else { return Ok(None) };
        if let Some(value) = read(value.get_ref()) {
            return Ok(Some(value));
        }
        let secret = ["url", "token", "password", "argv"].contains(&key.name);
        let written = self.text.get(value.span()).filter(|_| !secret).unwrap_or("not one");
        let value = written.chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect();
        Err(FileError::Value {
            path: self.path.into(),
            line,
            key: key.name.into(),
            value,
            expected: key.expected,
        })
    }

    pub(super) fn text(&mut self, key: &Key) -> Result<Option<String>, FileError> {
        self.take(key, |value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned))
    }

    pub(super) fn texts(&mut self, key: &Key) -> Result<Option<Vec<String>>, FileError> {
        self.take(key, super::key::texts)
    }

    /// A text that must be there.
    pub(super) fn must<T>(&self, key: &Key, value: Option<T>) -> Result<T, FileError> {
        value.ok_or_else(|| self.refuse(format!("`{}` is missing: expected {}", key.name, key.expected)))
    }

    /// The text of the file that `key` names, beside `hb.toml` unless it is absolute.
    pub(super) fn file(&mut self, key: &Key) -> Result<Option<(PathBuf, String)>, FileError> {
        let Some(name) = self.text(key)? else { return Ok(None) };
        let path = self.path.parent().unwrap_or(Path::new("")).join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some((path, text))),
            Err(error) => {
                Err(self.refuse(format!("`{}`: cannot read {}: {error}", key.name, path.display())))
            }
        }
    }

    /// A secret that stands here, or in the file that `in_file` names.
    pub(super) fn secret(&mut self, here: &Key, in_file: &Key) -> Result<Option<Secret>, FileError> {
        let written = self.text(here)?;
        match (written, self.file(in_file)?) {
            (Some(_), Some(_)) => {
                Err(self.refuse(format!("both `{}` and `{}`: expected one", here.name, in_file.name)))
            }
            (Some(text), None) => Ok(Some(Secret::new(text))),
            (None, file) => Ok(file.map(|(_, text)| Secret::new(text.trim()))),
        }
    }

    /// Refuses what was not taken: `known` are the keys that could have been.
    pub(super) fn finish(self, known: &[&str]) -> Result<(), FileError> {
        let first = self.entries.into_iter().min_by_key(|(_, (line, _))| *line);
        let Some((key, (line, _))) = first else { return Ok(()) };
        let hint = match nearest(&key, known.iter().copied()) {
            Some(near) => format!(": did you mean `{near}`?"),
            None => format!(": expected one of {}", known.join(", ")),
        };
        Err(FileError::UnknownKey { path: self.path.into(), line, key, hint })
    }

    /// Something is wrong with the table as a whole.
    pub(super) fn refuse(&self, reason: String) -> FileError {
        FileError::Table { path: self.path.into(), line: self.line, reason }
    }
}
