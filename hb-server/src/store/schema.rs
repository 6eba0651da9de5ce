//! The tables, by numbered steps: an older file is brought up to date, a newer one is refused in words.
//!
//! A step that has been released is never changed; the next change is the next step.
//! Not here: what the columns mean ([`super::row`]).

use std::cmp::Ordering;

use rusqlite::{Connection, TransactionBehavior};

use super::OpenError;

/// Each runs once, in a transaction of its own that also writes its number into `user_version`.
const STEPS: &[&str] =
    &[include_str!("schema/1.sql"), include_str!("schema/2.sql"), include_str!("schema/3.sql")];

/// The number of the newest step.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// Brings the tables up to date.
pub(super) fn migrate(db: &mut Connection) -> Result<(), OpenError> {
    apply(db, STEPS)
}

/// Refuses a file with other tables than these.
pub(super) fn check(db: &Connection) -> Result<(), OpenError> {
    let found: i64 = db.query_row("PRAGMA user_version", (), |row| row.get(0))?;
    match found.cmp(&VERSION) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(OpenError::Newer { found, known: VERSION }),
        Ordering::Less => Err(OpenError::Older),
    }
}

fn apply(db: &mut Connection, steps: &[&str]) -> Result<(), OpenError> {
    let version = |db: &Connection| db.query_row("PRAGMA user_version", (), |row| row.get::<_, i64>(0));
    let newest = steps.len() as i64;
    let found = version(db)?;
    if found > newest || found < 0 {
        return Err(OpenError::Newer { found, known: newest });
    }
    for (number, step) in (1..).zip(steps).skip(usize::try_from(found).unwrap_or(0)) {
        // The lock first: of two that open an old file one waits, and then finds the work done.
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if version(&transaction)? < number {
            transaction.execute_batch(step)?;
            transaction.pragma_update(None, "user_version", number)?;
            transaction.commit()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::row::Kind;
    use super::*;

    /// Of each step: whoever changes one breaks every memory that took it before.
    const WRITTEN: &[&str] = &[
        "d19d8c026e15bbc7a5712e0378b4ab4d5425717732d5f8bd4977a2a743cda611",
        "c29ddead8a37857755c8f8f2e05be44fba112de6455bee59210efa15fd55e2b3",
        "c436751f3b0a7b9cb699f12559a7c741e5980108940323e18f184dc748cf469a",
    ];

    #[test]
    fn a_step_stays_as_it_was_written() {
        let hex = |step: &&str| -> String {
            let digest = ring::digest::digest(&ring::digest::SHA256, step.replace("\r\n", "\n").as_bytes());
            digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
        };
        let is: Vec<_> = STEPS.iter().map(hex).collect();
        assert_eq!(is, WRITTEN, "a change is the next step; its digest goes here");
    }

    #[test]
    fn every_row_has_its_table_and_its_columns() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db).unwrap();
        for kind in Kind::ALL {
            let columns = db.prepare(&format!("SELECT * FROM {}", kind.word())).unwrap();
            assert!(columns.column_names().eq(kind.columns().iter().copied()), "{kind:?}");
        }
    }

    #[test]
    fn a_step_that_fails_leaves_nothing_behind() {
        let mut db = Connection::open_in_memory().unwrap();
        let steps = ["CREATE TABLE a (x)", "CREATE TABLE b (x); CREATE TABLE a (x)"];
        assert!(apply(&mut db, &steps).is_err());
        let tables = |db: &Connection| -> i64 {
            db.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0)).unwrap()
        };
        assert_eq!(tables(&db), 1, "the first step holds, nothing of the second");
        apply(&mut db, &["CREATE TABLE a (x)", "CREATE TABLE b (x)"]).unwrap();
        assert_eq!(tables(&db), 2, "and it goes on from there");
    }

    #[test]
    fn a_newer_file_is_refused_in_words() {
        let mut db = Connection::open_in_memory().unwrap();
        db.pragma_update(None, "user_version", VERSION + 1).unwrap();
        let said = migrate(&mut db).unwrap_err().to_string();
        assert!(said.contains("newer hb") && said.contains(&(VERSION + 1).to_string()), "{said}");
    }
}
