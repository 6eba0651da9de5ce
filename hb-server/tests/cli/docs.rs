//! Every command that the documentation shows is run: the blocks of `sh` in README.md and docs/, page by page in their
//! order, by a shell, against a real server.
//!
//! One that cannot be run so says above it who runs it instead: a test, a step of CI, or the step `deb` on a copy of a machine.
//! What is run nowhere says why, and is counted. `hb serve` is started, seen to listen, and ended. Not here: whether what is
//! printed is right (the tests of each command).

#[path = "docs/block.rs"]
mod block;
#[path = "docs/place.rs"]
mod place;

use std::path::{Path, PathBuf};

use block::{Block, Mark, Runner, blocks, programs, words};
use place::Place;

/// Blocks that are run nowhere. None is added where anything else is possible.
const NOWHERE: usize = 2;

/// README.md and docs/, each with its blocks.
fn pages() -> Vec<(PathBuf, Vec<Block>)> {
    let mut pages: Vec<PathBuf> =
        std::fs::read_dir(root().join("docs")).unwrap().map(|file| file.unwrap().path()).collect();
    pages.push(root().join("README.md"));
    pages.retain(|page| page.extension().is_some_and(|end| end == "md"));
    pages.sort();
    let read = |page: PathBuf| {
        let found = blocks(&std::fs::read_to_string(&page).unwrap());
        (page.strip_prefix(root()).unwrap().to_owned(), found)
    };
    pages.into_iter().map(read).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn every_command_in_the_documentation_runs() {
    let (mut ran, mut wrong) = (0, Vec::new());
    for (page, blocks) in pages() {
        let mut here = blocks.iter().filter(|block| block.mark == Mark::Here).peekable();
        if here.peek().is_none() {
            continue;
        }
        let place = Place::new();
        for block in here {
            ran += 1;
            if let Err(why) = place.run(&block.text) {
                wrong.push(format!("{}:{}: {why}", page.display(), block.line));
            }
        }
    }
    assert!(ran > 10, "only {ran} blocks: are they marked otherwise now?");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_run_here_is_run_by_who_is_named() {
    let steps = std::fs::read_to_string(root().join("xtask/src/test.rs")).unwrap();
    let (mut nowhere, mut wrong) = (Vec::new(), Vec::new());
    for (page, blocks) in pages() {
        for block in blocks {
            let place = format!("{}:{}", page.display(), block.line);
            match &block.mark {
                Mark::Here | Mark::Copy => {}
                Mark::By(runners) => {
                    wrong.extend(doubt(&block, runners, &steps).map(|it| format!("{place}: {it}")));
                }
                Mark::Nowhere => nowhere.push(place),
                Mark::Unclear(said) => {
                    wrong.push(format!("{place}: `{said}` is none of the marks of docs/block.rs"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(nowhere.len(), NOWHERE, "run nowhere: {}", nowhere.join(", "));
}

/// Why this block is not run by who is said to run it.
fn doubt(block: &Block, runners: &[Runner], steps: &str) -> Option<String> {
    let (mut texts, mut is_told) = (String::new(), true);
    for runner in runners {
        match runner {
            Runner::Step(name) if !steps.contains(&format!("(\"{name}\", ")) => {
                return Some(format!("there is no step {name}"));
            }
            // What it does is not written in one place.
            Runner::Step(_) => is_told = false,
            Runner::Test { file, name } => {
                let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
                if !text.contains(&format!("fn {name}()")) {
                    return Some(format!("there is no test {name} in {file}"));
                }
                texts.push_str(&text);
            }
        }
    }
    if !is_told {
        return None;
    }
    // As a word of its own, or behind a pipe in a script.
    let says =
        |word: &String| [format!("\"{word}"), format!("| {word} ")].iter().any(|it| texts.contains(it));
    let missing = words(&block.text).into_iter().find(|word| !says(word));
    missing.map(|word| format!("who runs it never says {word:?}"))
}

#[test]
fn what_fails_is_seen_and_a_mark_that_is_wrong_too() {
    let place = Place::new();
    for fails in [
        "false",
        "false\nhb list",
        "curl http://localhost:8888/api/v1/nothing",
        "curl http://localhost:8888/api/v1/nothing | head -n 3",
        "curl http://localhost:8888/nothing | promtool check metrics\nhb list",
        "hb list | grep nobody\nhb list",
        "hb serve --policy bogus",
        "hb bogus",
    ] {
        assert!(place.run(fails).is_err(), "{fails}");
    }
    // Whoever has read enough ends the pipe.
    assert_eq!(place.run("curl -N http://localhost:8888/api/v1/events | head -n 1"), Ok(()));
    assert_eq!(place.run("hb list | grep quiz"), Ok(()));
    let said = place.run("sudo rm -rf x").unwrap_err();
    assert!(said.starts_with("`sudo` is none of what may run here"), "{said}");
    assert_eq!(
        programs("A=1 hb a | sed 's|;x|' && curl 'a b;c' # d; e\n\nf -g; h"),
        ["hb", "sed", "curl", "f", "h"]
    );
    assert_eq!(words("A=1 hb \\\n  run x | jq .a"), ["jq", "run"]);
    let marked = |mark: &str| {
        let found = blocks(&format!("{mark}\n```sh\nhb check x\n```\n")).pop().unwrap();
        (found.line, found.mark)
    };
    let by = |file: &str, name: &str| Runner::Test { file: file.into(), name: name.into() };
    assert_eq!(marked(""), (2, Mark::Here));
    assert_eq!(marked("<!-- not run: no browser -->"), (2, Mark::Nowhere));
    assert_eq!(marked("<!-- run on a copy of a machine -->").1, Mark::Copy);
    let both = Mark::By(vec![by("a.rs", "b"), Runner::Step("deb".into())]);
    assert_eq!(marked("<!-- run by a.rs::b and step deb: as it takes long -->").1, both);
    for unclear in ["<!-- not run: -->", "<!-- not run -->", "<!-- run by hand -->"] {
        assert!(matches!(marked(unclear).1, Mark::Unclear(_)), "{unclear}");
    }
    assert_eq!(blocks("```sh\na\n```\n```bat\nb\n```\n```toml\nc\n```\n").len(), 2);
    let block = blocks("```sh\nhb check x\n```\n").pop().unwrap();
    let check = "hb-server/tests/cli/check.rs";
    let with_step = [Runner::Step("deb".into()), by(check, "nobody")];
    assert!(doubt(&block, &with_step, "(\"deb\", ").is_some(), "who is named behind a step must exist too");
    let doubt = |runner: Runner| doubt(&block, &[runner], "(\"deb\", ");
    assert_eq!(doubt(by(check, "one_app_by_the_servers_own_line")), None);
    assert_eq!(doubt(Runner::Step("deb".into())), None);
    assert!(doubt(Runner::Step("dbe".into())).is_some());
    assert!(doubt(by(check, "nobody")).is_some());
    let other = doubt(by("hb-server/tests/cli/alert.rs", "a_test_arrives_or_says_why_not"));
    assert_eq!(other.as_deref(), Some("who runs it never says \"check\""));
}
