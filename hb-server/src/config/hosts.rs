//! A table of hosts, as any spreadsheet writes it, made into `[[screen]]`s: `hb import-hosts`.
//!
//! Not here: what may stand in a `[[screen]]` (`watch`), which reads what is made here before anybody gets it.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use hb_core::expect::Place;

use super::file::FileError;
use super::{Config, key, watch};

const COLUMNS: [&str; 4] = ["host", "slot", "shows", "hours"];

/// Why nothing was made of it.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A row makes no sense.
    #[error("{}, line {line}: {reason}", path.display())]
    Row {
        /// The table.
        path: PathBuf,
        /// Where in it.
        line: usize,
        /// What is wrong, and what was expected.
        reason: String,
    },
    /// With it the configuration would be refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// The configuration cannot be written.
    #[error("cannot write {}: {reason}", path.display())]
    Write {
        /// The configuration.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
}

/// The `[[screen]]`s of the table `text`, which stands in `path`; none of them may be in `config` already.
///
/// Columns are parted by commas, semicolons or tabs and named in the first line: `host`, `shows` (several apps with `|`
/// between them), and `slot` and `hours` where there are such.
///
/// # Errors
/// The first row that makes no sense, with its line.
pub fn screens(path: &Path, text: &str, config: &Config) -> Result<String, ImportError> {
    let bad = |line, reason| ImportError::Row { path: path.into(), line, reason };
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut rows = (1..).zip(text.lines()).filter(|(_, row)| !row.trim().is_empty());
    let (line, head) = rows.next().unwrap_or((1, ""));
    let by = [';', '\t'].into_iter().find(|&by| head.contains(by)).unwrap_or(',');
    let columns = columns(head, by).map_err(|reason| bad(line, reason))?;
    let mut seen: BTreeMap<Place, usize> = BTreeMap::new();
    let mut out = String::new();
    for (line, row) in rows {
        let cells = cells(row, by).map_err(|reason| bad(line, reason))?;
        if cells.len() > columns.len() {
            return Err(bad(
                line,
                format!(
                    "{} cells under {} columns: expected quotes around a cell with a {by:?}",
                    cells.len(),
                    columns.len()
                ),
            ));
        }
        let table = table(&columns, &cells);
        // The row's line is what helps, not that of the table made of it.
        let read = watch::parse(path, &table, &config.watch.zone).map_err(|error| bad(line, said(error)))?;
        for place in read.expect.into_iter().map(|screen| screen.place) {
            if config.watch.expect.iter().any(|screen| screen.place == place) {
                return Err(bad(
                    line,
                    format!("{place} is in the configuration already: expected only new ones"),
                ));
            }
            if let Some(other) = seen.insert(place.clone(), line) {
                return Err(bad(
                    line,
                    format!("{place} is in line {other} already: expected each place once"),
                ));
            }
        }
        out += "\n";
        out += &table;
    }
    Ok(out)
}

/// Writes `tables` behind what stands in the configuration at `path`, of which no letter is changed.
///
/// # Errors
/// With them it would be refused, or it cannot be written.
pub fn append(path: &Path, tables: &str) -> Result<(), ImportError> {
    let write = |reason| ImportError::Write { path: path.into(), reason };
    let before = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => read.map_err(write)?,
    };
    let end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    key::parse(path, &format!("{before}{end}{tables}"))?;
    let mut file = OpenOptions::new().append(true).create(true).open(path).map_err(write)?;
    file.write_all(format!("{end}{tables}").as_bytes()).and_then(|()| file.sync_all()).map_err(write)
}

/// What each column holds.
fn columns(head: &str, by: char) -> Result<Vec<&'static str>, String> {
    let all = COLUMNS.join(", ");
    let known = |cell: &String| {
        let name = cell.trim().to_lowercase();
        COLUMNS.into_iter().find(|column| *column == name).ok_or_else(|| {
            match key::nearest(&name, COLUMNS.into_iter()) {
                Some(near) => format!("there is no column {cell:?}: did you mean `{near}`?"),
                None => format!("there is no column {cell:?}: expected a first line of {all}"),
            }
        })
    };
    let columns: Vec<&str> = cells(head, by)?.iter().map(known).collect::<Result<_, _>>()?;
    for column in COLUMNS {
        match columns.iter().filter(|other| **other == column).count() {
            0 if ["host", "shows"].contains(&column) => {
                return Err(format!("there is no column `{column}`: expected a first line of {all}"));
            }
            0 | 1 => {}
            _ => return Err(format!("the column `{column}` is there twice: expected it once")),
        }
    }
    Ok(columns)
}

/// The cells of a row; in quotes, a quote is written twice.
fn cells(row: &str, by: char) -> Result<Vec<String>, String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut letters = row.chars().peekable();
    while let Some(letter) = letters.next() {
        let cell = cells.last_mut().expect("there is one from the start");
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.trim().is_empty() => {
                cell.clear();
                quoted = true;
            }
            letter if letter == by && !quoted => cells.push(String::new()),
            letter => cell.push(letter),
        }
    }
    if quoted { Err("a quote has no end: expected one in the same line".into()) } else { Ok(cells) }
}

/// The row as a person would write it into `hb.toml`.
fn table(columns: &[&str], cells: &[String]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut table = String::from("[[screen]]\n");
    for column in COLUMNS {
        let at = columns.iter().position(|other| *other == column);
        let cell = at.and_then(|at| cells.get(at)).map_or("", |cell| cell.trim());
        let apps: Vec<String> = cell.split('|').map(|app| quoted(app.trim())).collect();
        match (column, &apps[..]) {
            _ if cell.is_empty() => {}
            ("shows", [_, _, ..]) => table += &format!("shows = [{}]\n", apps.join(", ")),
            _ => table += &format!("{column} = {}\n", quoted(cell)),
        }
    }
    table
}

/// What is wrong, without the place in a text that nobody wrote.
fn said(error: FileError) -> String {
    match error {
        FileError::Table { reason, .. } => reason,
        FileError::Invalid { message, .. } => message,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, config: &Config) -> Result<String, String> {
        screens(Path::new("hosts.csv"), text, config).map_err(|error| error.to_string())
    }

    #[test]
    fn a_row_is_a_screen() {
        let wanted = "
[[screen]]
host = \"hall1-01\"
shows = [\"tetris\", \"pong*\"]

[[screen]]
host = \"hall1-02\"
slot = \"left\"
shows = \"say \\\"hi\\\"\"
hours = \"mo-fr 09:00-17:00, sa 10:00-12:00\"
";
        for text in [
            "host,slot,shows,hours\nhall1-01,,tetris|pong*\nhall1-02,left,\"say \"\"hi\"\"\",\"mo-fr 09:00-17:00, sa 10:00-12:00\"\n",
            "\u{FEFF}Shows;Host;Hours;Slot\r\ntetris | pong*;hall1-01;;\r\n\r\nsay \"hi\";hall1-02;mo-fr 09:00-17:00, sa 10:00-12:00; left\r\n",
        ] {
            assert_eq!(read(text, &Config::default()).as_deref(), Ok(wanted));
        }
    }

    #[test]
    fn a_bad_row_is_named_by_its_line() {
        let watch = watch::parse(
            Path::new("x"),
            "[[screen]]\nhost = \"old\"\nshows = \"a\"",
            &jiff::tz::TimeZone::UTC,
        );
        let config = Config { watch: watch.unwrap(), ..Config::default() };
        for (text, wanted) in [
            ("", "line 1: there is no column \"\": expected a first line of host, slot, shows, hours"),
            ("host,show\n", "line 1: there is no column \"show\": did you mean `shows`?"),
            ("host,slot\n", "line 1: there is no column `shows`: expected a first line of"),
            ("host,shows,host\n", "line 1: the column `host` is there twice"),
            ("host,shows\na,b\n\n,c", "line 4: `host` is missing: expected a host in quotes"),
            (
                "host,shows\na,b,c",
                "line 2: 3 cells under 2 columns: expected quotes around a cell with a ','",
            ),
            ("host,shows\na,\"b", "line 2: a quote has no end"),
            ("host,shows,hours\na,b,9 to 5", "line 2: `hours`: "),
            ("host,shows\na,b\na,c", "line 3: a is in line 2 already: expected each place once"),
            ("host,shows\nold,c", "line 2: old is in the configuration already: expected only new ones"),
        ] {
            let said = read(text, &config).unwrap_err();
            assert!(said.starts_with("hosts.csv, ") && said.contains(wanted), "{text:?}\n{said}");
            assert_eq!(said.lines().count(), 1, "{said}");
        }
    }

    #[test]
    fn what_stands_in_the_file_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hb.toml");
        append(&path, "\n[[screen]]\nhost = \"a\"\nshows = \"x\"\n").unwrap();
        std::fs::write(&path, "policy = \"auto\" # ours").unwrap();
        append(&path, "\n[[screen]]\nhost = \"a\"\nshows = \"x\"\n").unwrap();
        let wanted = "policy = \"auto\" # ours\n\n[[screen]]\nhost = \"a\"\nshows = \"x\"\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), wanted);
        assert!(append(&path, "[[screen]]\nhost = \"a\"\nshows = \"x\"\n").is_err(), "it is there");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), wanted);
    }
}
