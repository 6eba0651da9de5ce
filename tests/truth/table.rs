//! The tables of docs/truth.md, one for each browser: read, and written with what was played now in the place of what stood
//! there. Pure. Not here: what stands in a row ([`super::report`]).

use std::collections::BTreeMap;

use super::case::Kind;
use super::cases;

/// Rows by their browser and their fault.
pub(crate) type Rows = BTreeMap<(String, String), String>;

const HEAD: &str =
    "| fault | hb | after | false or wrong alarms | setInterval | verdict |\n|---|---|---|---|---|---|";
/// What begins the paragraph below which all is written by the run.
const MEASURED: &str = "\nMeasured ";
/// Behind the verdict of a row that a whole run did not play anew.
const EARLIER: &str = ", in an earlier run |";

/// The same of a row that was played apart from the whole run, before the day.
const APART: &str = ", in a run of its own on ";

/// What was played.
#[derive(Clone, Copy)]
pub(crate) enum Run<'a> {
    /// All, and what it says of itself.
    Whole(&'a str),
    /// Some cells, and on which day.
    Part(&'a str),
}

/// All rows of a page.
pub(crate) fn rows(page: &str) -> Rows {
    let mut browser = "";
    let mut rows = Rows::new();
    for line in page.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            browser = name;
        }
        let fault = line.strip_prefix("| ").and_then(|rest| rest.split(" | ").next());
        if let Some(fault) = fault.filter(|fault| *fault != "fault") {
            rows.insert((browser.to_owned(), fault.to_owned()), line.to_owned());
        }
    }
    rows
}

/// The page with these rows. Where only some cells were played, all else stays as it stood. What people wrote above stays in any
/// case, and each row that is not of the run that the page names says so.
pub(crate) fn written(before: &str, run: Run<'_>, mut fresh: Rows) -> String {
    let (people, made) = before.split_once(MEASURED).unwrap_or((before, ""));
    let stood = made.split("\n\n").next().unwrap_or_default().trim_end();
    let measured = match run {
        Run::Whole(measured) => measured,
        Run::Part(day) => {
            for row in fresh.values_mut() {
                row.truncate(row.strip_suffix(" |").unwrap_or(row).len());
                *row += &format!("{APART}{day} |");
            }
            stood
        }
    };
    let old = rows(before);
    let kept = |key: &(String, String)| {
        let row = old.get(key)?;
        let says = row.ends_with(EARLIER) || row.contains(APART);
        Some(if matches!(run, Run::Whole(_)) && !says {
            row.strip_suffix(" |")?.to_owned() + EARLIER
        } else {
            row.clone()
        })
    };
    let row = |key: &(String, String)| {
        let never = || format!("| {} | – | – | – | – | not played |", key.1);
        fresh.get(key).cloned().or_else(|| kept(key)).unwrap_or_else(never)
    };
    format!("{people}{MEASURED}{measured}\n{}", tables(row))
}

/// A table for each browser, with each of its cases that has a row.
pub(crate) fn shown(rows: &Rows) -> String {
    tables(|key| rows.get(key).cloned().unwrap_or_default())
}

fn tables(row: impl Fn(&(String, String)) -> String) -> String {
    let mut page = String::new();
    for kind in Kind::ALL {
        let cases = cases::all().filter(|case| case.browsers.contains(&kind));
        let rows = cases.map(|case| row(&(kind.word().to_owned(), case.name.to_owned())));
        let rows: Vec<_> = rows.filter(|row| !row.is_empty()).collect();
        if !rows.is_empty() {
            page += &format!("\n## {}\n\n{HEAD}\n{}\n", kind.word(), rows.join("\n"));
        }
    }
    page
}
