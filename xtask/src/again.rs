//! Tests in real browsers, and what becomes of one that failed among others: it runs once more by itself, since browsers that
//! wait for each other say nothing about hb. That it took two tries is said. Not here: which tests there are.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{leash, step};

/// More failures than this are no machine's mood.
const FEW: usize = 3;

/// Runs `all`; what of it failed, if that is little, once more by the command that `only` makes of the names.
///
/// # Errors
/// What failed twice, or too much, or nothing that has a name.
pub(crate) fn twice(what: &str, all: &Command, only: impl FnOnce(&[String]) -> Command) -> Result<()> {
    let (failed, held) = watched(all)?;
    if held {
        return Ok(());
    }
    if !is_worth_a_try(&failed) {
        bail!("{what}: {} tests failed", failed.len());
    }
    let names = failed.join("\n  ");
    println!("\nonce more, by themselves:\n  {names}");
    step::show(what, &only(&failed))?;
    println!("\nheld at the second try only:\n  {names}");
    Ok(())
}

/// Runs `command` with what it prints in view: the tests that it says failed, and whether it ended well.
fn watched(command: &Command) -> Result<(Vec<String>, bool)> {
    let mut child =
        leash::tie(command)?.stdout(Stdio::piped()).spawn().context("cannot start ourselves again")?;
    // Not dropped before it has ended.
    let _leash = child.stdin.take();
    let said = child.stdout.take().context("a pipe was asked for")?;
    let failed = read(BufReader::new(said), &mut std::io::stdout())?;
    Ok((failed, child.wait()?.success()))
}

/// Passes on every line to `shown`: the tests that failed by them, each once.
fn read(said: impl BufRead, shown: &mut impl Write) -> Result<Vec<String>> {
    let mut failed = Vec::new();
    for line in said.split(b'\n') {
        let line = line?;
        shown.write_all(&line)?;
        shown.write_all(b"\n")?;
        let name = failure(&String::from_utf8_lossy(&line)).map(str::to_owned);
        failed.extend(name.filter(|name| !failed.contains(name)));
    }
    Ok(failed)
}

fn is_worth_a_try(failed: &[String]) -> bool {
    (1..=FEW).contains(&failed.len())
}

/// The test that a line says has failed: cargo's `test NAME ... FAILED`, or Node's `✖ NAME (12.3ms)`.
fn failure(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix("test ") {
        return rest.strip_suffix(" ... FAILED");
    }
    let (name, time) = line.strip_prefix("✖ ")?.rsplit_once(" (")?;
    time.ends_with("ms)").then_some(name)
}

/// A pattern for Node that fits these names and no other.
pub(crate) fn pattern(names: &[String]) -> String {
    let mut pattern = String::from("^(");
    for (at, name) in names.iter().enumerate() {
        pattern.push_str(if at == 0 { "" } else { "|" });
        for char in name.chars() {
            if r"\^$.*+?()[]{}|/".contains(char) {
                pattern.push('\\');
            }
            pattern.push(char);
        }
    }
    pattern + ")$"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_read_from_what_both_runners_print() {
        for (line, name) in [
            ("test e2e::page::a_page_beats ... FAILED", Some("e2e::page::a_page_beats")),
            ("test e2e::page::a_page_beats ... ok", None),
            ("test result: FAILED. 1 passed; 1 failed", None),
            ("✖ a page that (really) beats (12.5ms)", Some("a page that (really) beats")),
            ("✖ failing tests:", None),
            ("  ✖ a part of a test (1ms)", None),
            ("✔ a page that beats (12.5ms)", None),
        ] {
            assert_eq!(failure(line), name, "{line}");
        }
    }

    #[test]
    fn a_pattern_takes_names_as_they_are() {
        assert_eq!(pattern(&["a (b)".into(), "c.d".into()]), r"^(a \(b\)|c\.d)$");
    }

    #[test]
    fn what_failed_is_read_once_and_everything_is_passed_on() {
        let said = "test a ... ok\ntest b ... FAILED\n✖ c (1ms)\n✖ failing tests:\n✖ c (1ms)\n";
        let mut shown = Vec::new();
        let failed = read(said.as_bytes(), &mut shown).unwrap();
        assert_eq!(failed, ["b", "c"]);
        assert_eq!(shown, said.as_bytes());
    }

    #[test]
    fn only_a_few_that_have_names_are_tried_again() {
        let names = |count: usize| vec![String::from("a"); count];
        assert_eq!([0, 1, 3, 4].map(|count| is_worth_a_try(&names(count))), [false, true, true, false]);
    }
}
