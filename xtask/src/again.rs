//! Tests in real browsers, and what becomes of one that failed among others: it runs once more by itself, since browsers that
//! wait for each other say nothing about hb. That it took two tries is said. Not here: which tests there are.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::leash;

/// How the files of Node's tests end, which stand for a test themselves where no test is told of.
pub(crate) const FILE: &str = ".test.mjs";

/// More failures than this are no machine's mood.
pub(crate) const FEW: usize = 3;

/// Runs `all`; what of it failed, if that is little, once more by the command that `only` makes of the names.
///
/// # Errors
/// What failed twice, or too much, or broke off.
pub(crate) fn twice(what: &str, all: &Command, only: impl FnOnce(&[String]) -> Command) -> Result<()> {
    let (first, held) = watched(all)?;
    if held {
        return Ok(());
    }
    if !first.is_worth_a_try() {
        bail!("{what}: {} tests failed", first.failures.unwrap_or(first.failed.len()));
    }
    let names = first.failed.join("\n  ");
    println!("\nonce more, by themselves:\n  {names}");
    let (second, held) = watched(&only(&first.failed))?;
    if !held || second.passes < first.failed.len() {
        bail!("{what}: failed twice, or was not found again:\n  {names}");
    }
    println!("\nheld at the second try only:\n  {names}");
    Ok(())
}

/// What a run of tests said.
#[derive(Debug, Default, PartialEq)]
struct Said {
    /// The names of those that failed, each once.
    failed: Vec<String>,
    /// How many failed, as it summed up; `None` if it broke off before.
    failures: Option<usize>,
    /// How many passed. Node counts a file too that passed because none of its tests was asked for: those are none.
    passes: usize,
}

impl Said {
    /// Not where it broke off, or a file of tests did: what came after was never tried, nor is it found by that name.
    fn is_worth_a_try(&self) -> bool {
        (1..=FEW).contains(&self.failed.len())
            && self.failures == Some(self.failed.len())
            && !self.failed.iter().any(|name| name.ends_with(FILE))
    }
}

/// Runs `command` with what it prints in view: what that was, and whether it ended well.
fn watched(command: &Command) -> Result<(Said, bool)> {
    let mut child =
        leash::tie(command)?.stdout(Stdio::piped()).spawn().context("cannot start ourselves again")?;
    // Not dropped before it has ended.
    let _leash = child.stdin.take();
    let printed = child.stdout.take().context("a pipe was asked for")?;
    let said = read(BufReader::new(printed), &mut std::io::stdout())?;
    Ok((said, child.wait()?.success()))
}

/// Passes on every line to `shown`.
fn read(printed: impl BufRead, shown: &mut impl Write) -> Result<Said> {
    let (mut said, mut files) = (Said::default(), 0);
    for line in printed.split(b'\n') {
        let line = line?;
        shown.write_all(&line)?;
        shown.write_all(b"\n")?;
        let line = String::from_utf8_lossy(&line);
        if let Some(name) = failure(&line).filter(|name| !said.failed.iter().any(|other| other == name)) {
            said.failed.push(name.to_owned());
        }
        if let Some(failures) = sum(&line, "failed", &["ℹ fail ", "ℹ cancelled "]) {
            *said.failures.get_or_insert(0) += failures;
        }
        said.passes += sum(&line, "passed", &["ℹ pass "]).unwrap_or(0);
        files += usize::from(marked(&line, "✔ ").is_some_and(|name| name.ends_with(FILE)));
    }
    said.passes = said.passes.saturating_sub(files);
    Ok(said)
}

/// The number before `word` in cargo's `test result: …`, or behind a mark of Node's, by whom what was cancelled did not fail.
fn sum(line: &str, word: &str, marks: &[&str]) -> Option<usize> {
    if let Some(sums) = line.strip_prefix("test result: ") {
        let mut words = sums.split([' ', ';', '.']).filter(|word| !word.is_empty()).rev();
        words.find(|other| *other == word)?;
        return words.next()?.parse().ok();
    }
    marks.iter().find_map(|mark| line.strip_prefix(mark))?.parse().ok()
}

/// The test that a line says has failed: cargo's `test NAME ... FAILED`, or Node's `✖ NAME (12.3ms)`.
fn failure(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix("test ") {
        return rest.strip_suffix(" ... FAILED");
    }
    marked(line, "✖ ")
}

/// What Node says of something behind `mark`, with the time that it took.
fn marked<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    let (name, time) = line.strip_prefix(mark)?.rsplit_once(" (")?;
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
        let cargo = "test a ... ok\ntest b ... FAILED\ntest result: FAILED. 1 passed; 1 failed; 0 ignored; 2 filtered out\n";
        let node = "✔ a (1ms)\n✖ b (1ms)\nℹ pass 1\nℹ fail 1\nℹ cancelled 0\n✖ failing tests:\n✖ b (1ms)\n";
        for printed in [cargo, node] {
            let mut shown = Vec::new();
            let said = read(printed.as_bytes(), &mut shown).unwrap();
            assert_eq!(said, Said { failed: vec!["b".into()], failures: Some(1), passes: 1 });
            assert_eq!(shown, printed.as_bytes());
        }
    }

    #[test]
    fn a_file_of_tests_is_no_test() {
        // Node 22, where a file cannot be loaded, and where a pattern fits none of its tests.
        let broken = "✔ a (1ms)\n✖ test/b.test.mjs (44.1ms)\nℹ pass 1\nℹ fail 1\nℹ cancelled 0\n";
        let none =
            "✔ test/a.test.mjs (61.5ms)\n✔ test/b.test.mjs (52.0ms)\nℹ pass 2\nℹ fail 0\nℹ cancelled 0\n";
        let [broken, none] = [broken, none].map(|text| read(text.as_bytes(), &mut Vec::new()).unwrap());
        assert!(!broken.is_worth_a_try(), "its tests were not tried, and are not found by its name");
        assert_eq!(none.passes, 0);
    }

    #[test]
    fn only_a_few_are_tried_again_and_only_where_all_had_their_turn() {
        let said = |named: usize, failures| Said {
            failed: (0..named).map(|name| name.to_string()).collect(),
            failures,
            passes: 9,
        };
        for (said, worth) in [
            (said(1, Some(1)), true),
            (said(3, Some(3)), true),
            (said(4, Some(4)), false),
            (said(0, Some(0)), false),
            (said(1, None), false),
            (said(1, Some(2)), false),
        ] {
            assert_eq!(said.is_worth_a_try(), worth, "{said:?}");
        }
    }
}
