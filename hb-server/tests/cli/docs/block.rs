//! The blocks of commands on a page, and what each says of where it is run. Not here: running them.

/// A block of commands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) mark: Mark,
}

/// Where it is run, by the comment above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// No comment: right here, by a shell of this test.
    Here,
    /// `run by FILE::TEST and step NAME: why not here`: by these, which do the same.
    By(Vec<Runner>),
    /// `run on a copy of a machine`: by the step `deb`, on such a copy.
    Copy,
    /// `not run: why`: nowhere.
    Nowhere,
    /// A comment that begins as one of them and is none.
    Unclear(String),
}

/// What runs a block in the place of this test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Runner {
    /// This test in this file.
    Test { file: String, name: String },
    /// This step of `cargo xtask test`.
    Step(String),
}

impl Mark {
    /// What a line says, where it is about this at all.
    fn of(line: &str) -> Option<Self> {
        let said = line.strip_prefix("<!-- ")?.strip_suffix(" -->")?;
        let unclear = || Some(Self::Unclear(said.to_owned()));
        if said == "run on a copy of a machine" {
            return Some(Self::Copy);
        }
        if let Some(why) = said.strip_prefix("not run: ") {
            return if why.trim().is_empty() { unclear() } else { Some(Self::Nowhere) };
        }
        let Some(list) = said.strip_prefix("run by ") else {
            return if said.starts_with("run") || said.starts_with("not run") { unclear() } else { None };
        };
        let list = list.split_once(": ").map_or(list, |(list, _)| list);
        let runners: Option<Vec<_>> = list.split(" and ").map(Runner::of).collect();
        runners.map(Self::By).or_else(unclear)
    }
}

impl Runner {
    fn of(said: &str) -> Option<Self> {
        if let Some(step) = said.strip_prefix("step ") {
            return Some(Self::Step(step.to_owned()));
        }
        let (file, name) = said.split_once("::")?;
        Some(Self::Test { file: file.to_owned(), name: name.to_owned() })
    }
}

/// Those of `sh`, and those of `bat`, of which none can be run here.
pub(super) fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let (mut inside, mut mark) = (false, Mark::Here);
    for (at, line) in page.lines().enumerate() {
        if inside && line.starts_with("```") {
            inside = false;
        } else if inside {
            let block = found.last_mut().expect("it has begun");
            block.text.push_str(line);
            block.text.push('\n');
        } else if matches!(line, "```sh" | "```bat") {
            inside = true;
            let mark = std::mem::replace(&mut mark, Mark::Here);
            found.push(Block { line: at + 1, text: String::new(), mark });
        } else if let Some(said) = Mark::of(line) {
            mark = said;
        } else if !line.is_empty() {
            mark = Mark::Here;
        }
    }
    found
}

/// The first word of each command, behind its variables; quotes, comments and escapes are understood, nothing else.
pub(super) fn programs(script: &str) -> Vec<String> {
    let (mut found, mut word, mut quote) = (Vec::new(), String::new(), None);
    let (mut is_first, mut is_comment) = (true, false);
    for c in script.chars().chain(['\n']) {
        is_comment = c != '\n' && (is_comment || (c == '#' && word.is_empty() && quote.is_none()));
        match (c, quote) {
            _ if is_comment => {}
            (_, Some(open)) => {
                quote = (c != open).then_some(open);
                word.push(c);
            }
            ('"' | '\'', None) => {
                quote = Some(c);
                word.push(c);
            }
            (' ' | '\n' | '|' | '&' | ';', None) => {
                let is_variable = word.contains('=');
                if is_first && !word.is_empty() && !is_variable {
                    found.push(std::mem::take(&mut word));
                    is_first = false;
                }
                word.clear();
                is_first |= c != ' ';
            }
            _ => word.push(c),
        }
    }
    found
}

/// The words that who runs the same must say: its programs, and of `hb` what it is asked to do.
/// A program that is shown says none.
pub(super) fn words(script: &str) -> Vec<String> {
    if script.starts_with("#!") {
        return Vec::new();
    }
    let joined = script.replace("\\\n", " ");
    let mut found = programs(&joined);
    found.retain(|program| program != "hb");
    let mut said = joined.split_whitespace().peekable();
    while let Some(word) = said.next() {
        if word == "hb"
            && let Some(verb) = said.peek()
        {
            found.push((*verb).to_owned());
        }
    }
    found
}
