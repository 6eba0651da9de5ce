//! The rules of the house, checked: what a machine can see of ARCHITECTURE.md and CONTRIBUTING.md.
//!
//! Every rule is a function from files to findings, and every rule is shown a bad sample, so that it can fail. Not here:
//! what only a reader can judge.

#[path = "tidy/floors.rs"]
mod floors;
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

    /// The lines before the file's own tests, with their numbers from 1.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(at, line)| (at + 1, line));
        lines.take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
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
