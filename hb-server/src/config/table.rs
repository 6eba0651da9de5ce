//! One table of `hb.toml`, as `[[channel]]`: its keys are taken one by one, and what is left was misspelt.
//!
//! What secrets hold is never repeated. Not here: which keys there are (`alerts`, `watch`).

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
#[derive(Clone, Copy)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) expected: &'static str,
}

/// A [`Key`].
pub(super) const fn key(name: &'static str, expected: &'static str) -> Key {
    Key { name, expected }
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
        let secret = ["url", "token", "password", "argv", "key"].contains(&key.name);
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

    /// What `read` makes of a text; it says in words what is wrong with one that is none.
    pub(super) fn text_as<T>(
        &mut self,
        key: &Key,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, FileError> {
        let line = self.line_of(key);
        let Some(text) = self.text(key)? else { return Ok(None) };
        read(&text).map(Some).map_err(|reason| self.refuse_at(line, format!("`{}`: {reason}", key.name)))
    }

    /// [`Self::each`], in a list of one at least.
    pub(super) fn some<T>(
        &mut self,
        key: &Key,
        read: impl FnMut(&str) -> Result<T, String>,
    ) -> Result<Option<Vec<T>>, FileError> {
        let line = self.line_of(key);
        match self.each(key, read)? {
            Some(none) if none.is_empty() => {
                Err(self.refuse_at(line, format!("`{}` is []: expected {}", key.name, key.expected)))
            }
            all => Ok(all),
        }
    }

    /// [`Self::text_as`] of each text of a list.
    pub(super) fn each<T>(
        &mut self,
        key: &Key,
        read: impl FnMut(&str) -> Result<T, String>,
    ) -> Result<Option<Vec<T>>, FileError> {
        let line = self.line_of(key);
        let Some(texts) = self.texts(key)? else { return Ok(None) };
        let all: Result<_, _> = texts.iter().map(String::as_str).map(read).collect();
        all.map(Some).map_err(|reason| self.refuse_at(line, format!("`{}`: {reason}", key.name)))
    }

    /// The line of `key`, before it is taken; that of the table where it is not there.
    pub(super) fn line_of(&self, key: &Key) -> usize {
        self.entries.get(key.name).map_or(self.line, |(line, _)| *line)
    }

    /// What must be there.
    pub(super) fn must<T>(&self, key: &Key, value: Option<T>) -> Result<T, FileError> {
        value.ok_or_else(|| {
            let missing = format!("`{}` is missing: expected {}", key.name, key.expected);
            // Who mistyped it sees both.
            match nearest(key.name, self.entries.keys().map(String::as_str)) {
                Some(near) => {
                    self.refuse_at(self.entries[near].0, format!("{missing}; is it meant by `{near}`?"))
                }
                None => self.refuse(missing),
            }
        })
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
    pub(super) fn finish(self, known: &[Key]) -> Result<(), FileError> {
        let first = self.entries.into_iter().min_by_key(|(_, (line, _))| *line);
        let Some((key, (line, _))) = first else { return Ok(()) };
        let hint = match nearest(&key, known.iter().map(|key| key.name)) {
            Some(near) => format!(": did you mean `{near}`?"),
            None => format!(
                ": expected one of {}",
                known.iter().map(|key| key.name).collect::<Vec<_>>().join(", ")
            ),
        };
        Err(FileError::UnknownKey { path: self.path.into(), line, key, hint })
    }

    /// Something is wrong with the table as a whole.
    pub(super) fn refuse(&self, reason: String) -> FileError {
        self.refuse_at(self.line, reason)
    }

    /// Something is wrong in a line of it.
    pub(super) fn refuse_at(&self, line: usize, reason: String) -> FileError {
        FileError::Table { path: self.path.into(), line, reason }
    }
}
