//! The memory as text: one row a line, in JSON, and back.
//!
//! The first line says what it is. An app is an object of its three names; a moment is in ms since 1970. Rows that are
//! there already are replaced by those that come in, so that importing twice is importing once.

use std::io::{self, BufRead, Write};

use hb_core::id::{Identity, OwnedIdentity};
use rusqlite::Connection;
use rusqlite::types::Value as Stored;
use serde_json::{Map, Value, json};

use super::cell::{Cell, Names};
use super::queue::BATCH_ROWS;
use super::row::{Kind, Row};
use super::schema::{VERSION, migrate};
use super::{NotKept, OpenError, Reader, Store};

/// Why an export or an import stopped.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The text cannot be read or written.
    #[error(transparent)]
    Text(#[from] io::Error),
    /// The memory cannot be read.
    #[error("the memory cannot be read: {0}")]
    Memory(#[from] OpenError),
    /// The memory did not take it.
    #[error(transparent)]
    NotKept(#[from] NotKept),
    /// A line that is no row.
    #[error("line {line}: {why}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

impl From<rusqlite::Error> for TransferError {
    fn from(why: rusqlite::Error) -> Self {
        Self::Memory(why.into())
    }
}

impl Reader {
    /// Writes every row that can be read, but what this server signs with, as the memory was at one moment. Answers how
    /// many could not be read.
    ///
    /// # Errors
    /// The memory cannot be read, or the text not written.
    pub fn export(&mut self, out: &mut dyn Write) -> Result<u64, TransferError> {
        let mut ledger = Ledger::new()?;
        writeln!(out, "{}", json!({ "hb": "memory", "version": VERSION }))?;
        self.each(|row| match row.kind().is_private() {
            true => Ok(()),
            false => Ok(writeln!(out, "{}", ledger.line(&row)?)?),
        })
    }
}

impl Store {
    /// Takes every row of a text that [`Reader::export`] wrote, and returns how many there were. Waits for the disk.
    ///
    /// # Errors
    /// A line that is no row, with its number; what came before it is kept.
    pub fn import(&self, text: impl BufRead) -> Result<usize, TransferError> {
        let mut ledger = Ledger::new()?;
        let mut rows = Vec::new();
        let mut count = 0;
        for (number, line) in (1..).zip(text.lines()) {
            let at = |why: String| TransferError::Line { line: number, why };
            let line = line?;
            if number == 1 {
                head(&line).map_err(at)?;
                continue;
            }
            if !line.trim().is_empty() {
                rows.push(ledger.row(&line).map_err(at)?);
                count += 1;
            }
            if rows.len() >= BATCH_ROWS {
                self.commit(std::mem::take(&mut rows)).wait()?;
            }
        }
        self.commit(rows).wait()?;
        Ok(count)
    }
}

fn head(line: &str) -> Result<(), String> {
    let head: Value = serde_json::from_str(line).map_err(|why| format!("expected JSON: {why}"))?;
    match (head["hb"].as_str(), head["version"].as_i64()) {
        (Some("memory"), Some(version)) if version <= VERSION => Ok(()),
        (Some("memory"), Some(version)) => {
            Err(format!("written by a newer hb (tables {version}, this one knows {VERSION}): update this hb"))
        }
        _ => Err("expected the first line of an export: {\"hb\":\"memory\",\"version\":…}".into()),
    }
}

/// Numbers for the apps of one text, in tables of their own.
struct Ledger {
    db: Connection,
    names: Names,
}

impl Ledger {
    fn new() -> Result<Self, OpenError> {
        let mut db = Connection::open_in_memory()?;
        migrate(&mut db)?;
        Ok(Self { db, names: Names::default() })
    }

    fn line(&mut self, row: &Row) -> Result<Value, rusqlite::Error> {
        let mut line = Map::new();
        line.insert("row".into(), row.kind().word().into());
        for (&column, stored) in row.kind().columns().iter().zip(row.values(&self.db, &mut self.names)?) {
            let value = match (column, stored) {
                ("app", number @ Stored::Integer(_)) => {
                    let id = OwnedIdentity::take(number, &self.db, &mut self.names)?;
                    let id = id.borrow();
                    json!({ "host": id.host(), "slot": id.slot(), "app": id.app() })
                }
                (_, Stored::Integer(number)) => number.into(),
                (_, Stored::Text(text)) => text.into(),
                // No column holds anything else.
                (_, Stored::Null | Stored::Real(_) | Stored::Blob(_)) => continue,
            };
            line.insert(column.into(), value);
        }
        Ok(Value::Object(line))
    }

    fn row(&mut self, line: &str) -> Result<Row, String> {
        let mut line: Map<String, Value> =
            serde_json::from_str(line).map_err(|why| format!("expected a JSON object: {why}"))?;
        let word = line.remove("row").unwrap_or_default();
        let kind = Kind::ALL.iter().find(|kind| word == kind.word() && !kind.is_private());
        let kind = *kind.ok_or_else(|| format!("there is no kind of rows named {word}"))?;
        let mut values = Vec::new();
        for &column in kind.columns() {
            let value = line.remove(column).unwrap_or_default();
            values.push(self.stored(value).map_err(|why| format!("{column}: {why}"))?);
        }
        if let Some(column) = line.keys().next() {
            return Err(format!("{} have no {column}", kind.word()));
        }
        kind.read(values, &self.db, &mut self.names).map_err(|why| why.to_string())
    }

    fn stored(&mut self, value: Value) -> Result<Stored, String> {
        match value {
            Value::Null => Ok(Stored::Null),
            Value::Number(number) => number.as_i64().map(Stored::Integer).ok_or("not a whole number".into()),
            Value::String(text) => Ok(Stored::Text(text)),
            Value::Object(parts) => {
                let part = |name: &str| parts.get(name).and_then(Value::as_str).unwrap_or_default();
                let id = Identity::new(part("host"), part("slot"), part("app"));
                let id = id.map_err(|why| why.to_string())?.to_owned();
                id.put(&self.db, &mut self.names).map_err(|why| why.to_string())
            }
            other => Err(format!("expected a number, a text or an app, found {other}")),
        }
    }
}
