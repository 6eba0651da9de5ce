//! The commands of the documentation that are for Windows, run line by line under Wine. It reads a task as Windows does, but starts
//! none, and knows no accounts: what a task would start is started here in its place.
//!
//! Not here: whether each block says where it is run (`hb-server/tests/cli/docs.rs`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::start::{Serving, answers};

/// What lies at hand where they are typed, as the pages say.
const AT_HAND: [&str; 3] =
    ["packaging/windows/hb-serve.xml", "packaging/windows/hb-kiosk.xml", "packaging/policies/chrome.reg"];
/// The pages that have such blocks.
const PAGES: [&str; 2] = ["docs/install.md", "docs/kiosk.md"];
/// Where Wine keeps tasks.
const TASKS: &str = "windows/system32/tasks";
/// What a person does in an editor, nobody does here.
const EDITOR: (&str, &str) = ("notepad.bat", "@exit /b 0\r\n");

/// A machine with `hb.exe` on it, and a prompt.
struct Machine<'a> {
    drive: PathBuf,
    prompt: PathBuf,
    wine: &'a dyn Fn(&str) -> Command,
    /// Tasks by their names: what they start.
    tasks: Vec<(String, [String; 2])>,
    /// Ended with this.
    started: Vec<Serving>,
}

/// Runs them all on a machine that knows nothing of hb yet but the files in `folder`, which are `hb.exe` and what it needs.
pub(super) fn run(root: &Path, folder: &Path, prefix: &Path, wine: &dyn Fn(&str) -> Command) -> Result<()> {
    let drive = prefix.join("drive_c");
    let (programs, prompt) = (drive.join("Program Files/hb"), drive.join("prompt"));
    let tasks = drive.join(TASKS);
    for old in [&programs, &prompt, &tasks, &drive.join("ProgramData/hb")] {
        drop(fs::remove_dir_all(old));
    }
    for made in [&programs, &prompt, &tasks] {
        fs::create_dir_all(made)?;
    }
    for name in ["hb.exe", "bcryptprimitives.dll"] {
        fs::copy(folder.join(name), programs.join(name)).with_context(|| format!("cannot copy {name}"))?;
    }
    for path in AT_HAND.map(|path| root.join(path)) {
        fs::copy(&path, prompt.join(path.file_name().expect("a file")))?;
    }
    fs::write(prompt.join(EDITOR.0), EDITOR.1)?;
    let mut machine = Machine { drive, prompt, wine, tasks: Vec::new(), started: Vec::new() };
    for page in PAGES {
        let found = blocks(&fs::read_to_string(root.join(page))?);
        ensure!(!found.is_empty(), "{page} has no block of `bat`: is it another page now?");
        for line in found.iter().flat_map(|block| block.lines()) {
            machine.run(line).with_context(|| format!("{page}: {line}"))?;
        }
    }
    Ok(())
}

impl Machine<'_> {
    fn run(&mut self, line: &str) -> Result<()> {
        // As a file, since what stands behind `cmd /c` is read by other rules than a prompt's.
        fs::write(self.prompt.join("line.bat"), format!("@{line}\r\n"))?;
        let output =
            (self.wine)("wine").args(["cmd", "/c", "line.bat"]).current_dir(&self.prompt).output()?;
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        ensure!(output.status.success(), "it ended with {}: {}", output.status, said.concat().trim());
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["schtasks", "/Create", "/TN", name, "/XML", file] => self.keep(name, file),
            ["schtasks", "/Run", "/TN", name] => self.start(name),
            _ => Ok(()),
        }
    }

    /// Wine has taken it on, but of what it starts it keeps nothing.
    fn keep(&mut self, name: &str, file: &str) -> Result<()> {
        let path = self.drive.join(TASKS).join(name);
        ensure!(path.exists(), "there is no task {name} ({})", path.display());
        let action = action(&fs::read_to_string(self.prompt.join(file))?)?;
        self.tasks.push((name.to_owned(), action));
        Ok(())
    }

    /// Starts what a task would start, a server, until it listens.
    fn start(&mut self, name: &str) -> Result<()> {
        let task = self.tasks.iter().find(|(known, _)| known == name);
        let (_, [program, arguments]) = task.with_context(|| format!("no task is called {name}"))?;
        let mut command = (self.wine)("wine");
        // Where nobody else listens.
        command.arg(program).args(arguments.split(' ')).env("HB_PORT", "0");
        let serving = Serving::start(&mut command)?;
        // Who answers has also written its login.
        answers(&format!("{}/healthz", serving.url))?;
        self.started.push(serving);
        Ok(())
    }
}

/// What a task starts: its program and arguments.
fn action(task: &str) -> Result<[String; 2]> {
    let part = |name: &str| {
        let (_, rest) = task.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(part, _)| part.to_owned())
    };
    match (part("Command"), part("Arguments")) {
        (Some(program), Some(arguments)) => Ok([program, arguments]),
        _ => bail!("the task starts nothing: {task}"),
    }
}

/// The blocks of `bat` on a page.
fn blocks(page: &str) -> Vec<String> {
    let mut lines = page.lines();
    let mut found = Vec::new();
    while lines.any(|line| line == "```bat") {
        let block = lines.by_ref().take_while(|line| *line != "```");
        found.push(block.flat_map(|line| [line, "\n"]).collect());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn every_page_with_a_block_for_windows_is_among_those_that_are_run() {
        let mut found = Vec::new();
        for entry in fs::read_dir(root().join("docs")).unwrap() {
            let path = entry.unwrap().path();
            let is_page = path.extension().is_some_and(|end| end == "md");
            if is_page && !blocks(&fs::read_to_string(&path).unwrap()).is_empty() {
                found.push(format!("docs/{}", path.file_name().unwrap().to_str().unwrap()));
            }
        }
        found.sort_unstable();
        assert_eq!(found, PAGES);
        assert_eq!(blocks("```bat\na\nb\n```\nc\n```sh\nd\n```\n```bat\ne\n```\n"), ["a\nb\n", "e\n"]);
    }

    #[test]
    fn a_task_says_what_it_starts() {
        let task = fs::read_to_string(root().join(AT_HAND[0])).unwrap();
        let [program, arguments] = action(&task).unwrap();
        assert_eq!(program, r"C:\Program Files\hb\hb.exe");
        assert!(arguments.starts_with("serve --config "), "{arguments}");
        assert!(action("<Task/>").is_err());
    }
}
