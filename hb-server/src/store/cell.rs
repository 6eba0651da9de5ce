//! One column: how a value of ours lies in SQLite, and how it is read again.
//!
//! Not here: which columns there are ([`super::row`]), and the tables that hold them ([`super::schema`]).

use std::collections::HashMap;
use std::fmt;

use hb_core::beat::{Cause, State};
use hb_core::hold::{Reason, Reasons};
use hb_core::id::{Identity, OwnedIdentity};
use hb_lease::time::Wall;
use rusqlite::types::{Type, Value};
use rusqlite::{Connection, Error, OptionalExtension, params};

/// Names known by number, so that a row of an app costs bytes and not its names again.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<OwnedIdentity, i64>,
    identities: HashMap<i64, OwnedIdentity>,
}

/// More names than this are looked up again instead of remembered.
const REMEMBERED: usize = 20_000;

impl Names {
    /// The number of an app; a new one gets the next.
    pub(super) fn number(&mut self, db: &Connection, id: &OwnedIdentity) -> Result<i64, Error> {
        if let Some(&number) = self.numbers.get(id) {
            return Ok(number);
        }
        let parts = (id.borrow().host(), id.borrow().slot(), id.borrow().app());
        let known = db
            .prepare_cached("SELECT number FROM apps WHERE host = ? AND slot = ? AND app = ?")?
            .query_row(parts, |row| row.get(0))
            .optional()?;
        let number = match known {
            Some(number) => number,
            None => db
                .prepare_cached("INSERT INTO apps (host, slot, app) VALUES (?, ?, ?)")?
                .insert(params![parts.0, parts.1, parts.2])?,
        };
        self.remember(number, id);
        Ok(number)
    }

    fn identity(&mut self, db: &Connection, number: i64) -> Result<OwnedIdentity, Error> {
        if let Some(id) = self.identities.get(&number) {
            return Ok(id.clone());
        }
        let (host, slot, app): (String, String, String) = db
            .prepare_cached("SELECT host, slot, app FROM apps WHERE number = ?")?
            .query_row([number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let id = Identity::new(&host, &slot, &app).map_err(|why| unreadable(&why.to_string()))?.to_owned();
        self.remember(number, &id);
        Ok(id)
    }

    fn remember(&mut self, number: i64, id: &OwnedIdentity) {
        if self.numbers.len() >= REMEMBERED {
            *self = Self::default();
        }
        self.numbers.insert(id.clone(), number);
        self.identities.insert(number, id.clone());
    }
}

/// What a stored value is not.
pub(super) fn unreadable(what: &str) -> Error {
    Error::FromSqlConversionFailure(0, Type::Null, what.into())
}

/// A text that stands in no log by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(pub String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(…)")
    }
}

/// A type that fits into one column.
pub(super) trait Cell: Sized {
    fn put(&self, db: &Connection, names: &mut Names) -> Result<Value, Error>;
    fn take(value: Value, db: &Connection, names: &mut Names) -> Result<Self, Error>;
}

/// Types that are an integer or a text and need no names.
macro_rules! plain {
    ($($kind:ty: $variant:ident, $put:expr, $take:expr;)+) => {$(
        impl Cell for $kind {
            fn put(&self, _: &Connection, _: &mut Names) -> Result<Value, Error> {
                let put: fn(&Self) -> _ = $put;
                Ok(Value::$variant(put(self)))
            }

            fn take(value: Value, _: &Connection, _: &mut Names) -> Result<Self, Error> {
                let Value::$variant(value) = value else {
                    return Err(unreadable(concat!("not of the type of a ", stringify!($kind))));
                };
                let take: fn(_) -> Option<Self> = $take;
                take(value).ok_or_else(|| unreadable(concat!("no ", stringify!($kind))))
            }
        }
    )+};
}

plain! {
    i64: Integer, |&it| it, Some;
    // SQLite has no unsigned 64 bits; the same bits come back.
    u64: Integer, |&it| it.cast_signed(), |it: i64| Some(it.cast_unsigned());
    u32: Integer, |&it| i64::from(it), |it: i64| it.try_into().ok();
    u16: Integer, |&it| i64::from(it), |it: i64| it.try_into().ok();
    bool: Integer, |&it| i64::from(it), |it: i64| Some(it != 0);
    Wall: Integer, |it| it.as_unix_millis(), |it: i64| Some(Self::from_unix_millis(it));
    Reasons: Integer, |it| it.iter().map(|hold| 1 << hold as u8).sum(), |it: i64| Some(holds(it));
    String: Text, Clone::clone, Some;
    Hidden: Text, |it| it.0.clone(), |it| Some(Self(it));
    State: Text, |it| it.word().to_owned(), |it: String| Self::from_word(&it);
    Cause: Text, |it| it.word().to_owned(), |it: String| Self::from_word(&it);
}

fn holds(bits: i64) -> Reasons {
    let mut holds = Reasons::default();
    for &hold in Reason::ALL {
        holds.set(hold, bits & (1 << hold as u8) != 0);
    }
    holds
}

impl Cell for OwnedIdentity {
    fn put(&self, db: &Connection, names: &mut Names) -> Result<Value, Error> {
        names.number(db, self).map(Value::Integer)
    }

    fn take(value: Value, db: &Connection, names: &mut Names) -> Result<Self, Error> {
        names.identity(db, i64::take(value, db, &mut Names::default())?)
    }
}

impl<T: Cell> Cell for Option<T> {
    fn put(&self, db: &Connection, names: &mut Names) -> Result<Value, Error> {
        self.as_ref().map_or(Ok(Value::Null), |it| it.put(db, names))
    }

    fn take(value: Value, db: &Connection, names: &mut Names) -> Result<Self, Error> {
        if value == Value::Null { Ok(None) } else { T::take(value, db, names).map(Some) }
    }
}
