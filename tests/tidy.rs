//! The rules of the house, checked: what a machine can see of ARCHITECTURE.md and CONTRIBUTING.md.
//!
//! Every rule is a function from files to findings, and every rule is shown a bad sample, so that it can fail. Not here:
//! what only a reader can judge.

#[path = "tidy/examples.rs"]
mod examples;
#[path = "tidy/floors.rs"]
mod floors;
#[path = "tidy/packages.rs"]
mod packages;
#[path = "tidy/papers.rs"]
mod papers;
#[path = "tidy/rooms.rs"]
mod rooms;

use std::path::Path;
use std::process::Command;

/// A file of the checkout.
struct Source {
    path: String,
    text: String,
}

impl Source {
    #[cfg(test)]
    fn sample(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// Whether this is a test or a benchmark, for which some rules are looser and others stricter.
    fn is_test(&self) -> bool {
        let path = &self.path;
        path.starts_with("tests/")
            || ["/tests/", "/benches/", "/examples/", "/test/"].iter().any(|dir| path.contains(dir))
            || path.ends_with("/tests.rs")
    }

    /// The lines before the tests at the file's foot, with their numbers from 1. An import or a module file that only
    /// tests use ends nothing.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut numbered = self.text.lines().enumerate().map(|(at, line)| (at + 1, line)).peekable();
        let mut foot = false;
        std::iter::from_fn(move || {
            let (at, line) = numbered.next()?;
            let next = numbered.peek().map_or("", |(_, next)| next);
            foot |= line == "#[cfg(test)]" && next.starts_with("mod ") && next.ends_with('{');
            (!foot).then_some((at, line))
        })
    }

    fn finding(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask stands in the workspace's folder")
}

/// Every text file that git tracks or would.
fn checkout() -> Vec<Source> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files of the checkout");
    let names = String::from_utf8(listed.stdout).expect("file names are UTF-8");
    let read = |name: &str| {
        let text = std::fs::read_to_string(root().join(name)).ok()?;
        Some(Source { path: name.to_owned(), text })
    };
    let files: Vec<Source> = names.lines().filter_map(read).collect();
    assert!(files.len() > 100, "only {} files: is this a checkout?", files.len());
    files
}

fn rust(files: &[Source]) -> impl Iterator<Item = &Source> {
    files.iter().filter(|file| file.path.ends_with(".rs"))
}

/// Fails with all findings at once.
fn hold(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}\n  {}\n", findings.join("\n  "));
}

#[test]
fn only_the_tests_at_the_foot_are_set_apart() {
    let text = "a\n#[cfg(test)]\nuse b;\n#[cfg(test)]\nmod c;\nd\n#[cfg(test)]\nmod tests {\ne\n}\n";
    let last = Source::sample("a.rs", text).code().last().map(|(at, line)| (at, line.to_owned()));
    assert_eq!(last, Some((6, "d".to_owned())));
}
