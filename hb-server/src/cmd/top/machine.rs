//! What the table shows and what a key means to it: keys and words in, wishes out. Pure: `now` is an argument.
//!
//! Not here: how it looks (`view`), who carries the wishes out (`shell`).

use std::time::Duration;

use super::feed::{Name, Word};
use super::fleet::Fleet;
use super::list::{self, Choice, Line};
use super::story;
use crate::cmd::when;

/// How long a word about what was done stays.
const NOTICE: Duration = Duration::from_secs(8);
/// How old a story may be that is looked at.
const STORY_AGAIN: Duration = Duration::from_secs(2);
/// Longest text that is typed here.
const LONGEST: usize = 60;

/// What happens to the table.
#[derive(Debug)]
pub(super) enum Input {
    Key(Key),
    /// The server said something.
    Word(Word),
    /// The server is away, for this reason.
    Lost(String),
    /// What is remembered of a screen.
    Story(Name, Result<Vec<story::Line>, String>),
    /// What became of a wish, as a sentence.
    Said(String),
    /// Time went by.
    Tick,
}

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Char(char),
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Enter,
    Escape,
    Backspace,
    /// Ctrl-C, or the system wants us to end.
    Interrupt,
}

/// What the table wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Output {
    Quit,
    Story(Name),
    Acknowledge(u64),
    Snooze(u64, Duration),
}

/// What is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Table,
    /// The filter is typed; what stood there before comes back on Escape.
    Filter(String),
    /// All about one screen, so many lines scrolled.
    Details(u16),
    Help,
    /// How long an incident is to be quiet; Escape leads back to the mode before.
    Snooze {
        number: u64,
        text: String,
        back: Box<Self>,
    },
}

/// Whether the server is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    Connecting,
    Live,
    Lost { since: Duration, reason: String },
}

/// The table.
#[derive(Debug)]
pub(super) struct Top {
    pub(super) server: String,
    pub(super) fleet: Fleet,
    pub(super) choice: Choice,
    pub(super) mode: Mode,
    pub(super) link: Link,
    pub(super) story: Option<(Name, Result<Vec<story::Line>, String>)>,
    lines: Vec<Line>,
    /// Whether something has changed since the lines were put in order.
    is_stirred: bool,
    selected: Option<Name>,
    /// When the story was answered; `None` while an answer is awaited.
    asked: Option<Duration>,
    /// Where the chosen one stood, for when it goes.
    row: usize,
    notice: Option<(Duration, String)>,
}

impl Top {
    pub(super) fn new(server: String, choice: Choice) -> Self {
        Self {
            server,
            fleet: Fleet::default(),
            choice,
            mode: Mode::Table,
            link: Link::Connecting,
            story: None,
            lines: Vec::new(),
            is_stirred: false,
            selected: None,
            asked: None,
            row: 0,
            notice: None,
        }
    }

    /// Takes what happened. `page` is how many rows a page has.
    pub(super) fn handle(&mut self, now: Duration, page: usize, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Key(Key::Interrupt) => out.push(Output::Quit),
            Input::Key(key) => {
                self.settle(now);
                self.key(now, page, key, out);
                self.settle(now);
            }
            Input::Word(word) => {
                self.link = Link::Live;
                self.fleet.fold(now, word);
                self.is_stirred = true;
            }
            Input::Lost(reason) => {
                let since = match self.link {
                    Link::Lost { since, .. } => since,
                    _ => now,
                };
                self.link = Link::Lost { since, reason };
            }
            Input::Story(name, story) => {
                self.asked = Some(now);
                self.story = Some((name, story));
            }
            Input::Tick => {
                self.settle(now);
                // What happens to it is written down a moment after it happened.
                let due = self.asked.is_some_and(|asked| now.saturating_sub(asked) >= STORY_AGAIN);
                if let (Mode::Details(_), true, Some(name)) = (&self.mode, due, &self.selected) {
                    // Not again before there is an answer.
                    self.asked = None;
                    out.push(Output::Story(name.clone()));
                }
            }
            Input::Said(text) => self.say(now, text),
        }
    }

    /// Puts the lines in order again, if anything has changed since: once for many words, and before it is drawn.
    pub(super) fn settle(&mut self, now: Duration) {
        if self.is_stirred {
            self.lines = list::lines(&self.fleet, now, &self.choice);
            self.is_stirred = false;
        }
    }

    /// The lines of the table, as they were when it settled, and which of them is chosen.
    pub(super) fn lines(&self) -> (&[Line], Option<usize>) {
        let lines = &self.lines[..];
        let of = |wanted: &Name| {
            lines.iter().position(|line| matches!(line, Line::Screen(name) if name == wanted))
        };
        let at = self.selected.as_ref().and_then(of);
        // It is gone, or nobody chose one yet: whoever stands there now.
        let near = || {
            let from = self.row.min(lines.len().saturating_sub(1));
            let is_screen = |at: &usize| matches!(lines.get(*at), Some(Line::Screen(_)));
            (from..lines.len()).find(is_screen).or_else(|| (0..from).rev().find(is_screen))
        };
        (lines, at.or_else(near))
    }

    /// The chosen screen.
    pub(super) fn chosen(&self) -> Option<Name> {
        // What is open stays open, though the filter would not show it any more.
        if matches!(self.mode, Mode::Details(_) | Mode::Snooze { .. })
            && let Some(name) = &self.selected
        {
            return Some(name.clone());
        }
        let (lines, at) = self.lines();
        match lines.get(at?)? {
            Line::Screen(name) => Some(name.clone()),
            Line::Head { .. } => None,
        }
    }

    /// What became of the last wish, for a while.
    pub(super) fn notice(&self, now: Duration) -> Option<&str> {
        let (at, text) = self.notice.as_ref()?;
        (now.saturating_sub(*at) < NOTICE).then_some(text.as_str())
    }

    fn say(&mut self, now: Duration, text: String) {
        self.notice = Some((now, text));
    }

    fn key(&mut self, now: Duration, page: usize, key: Key, out: &mut Vec<Output>) {
        match self.mode.clone() {
            Mode::Filter(before) => self.filter_key(before, key),
            Mode::Snooze { number, text, back } => self.snooze_key(now, (number, text, *back), key, out),
            Mode::Help => {
                self.mode = Mode::Table;
                if key == Key::Char('q') {
                    out.push(Output::Quit);
                }
            }
            Mode::Details(scrolled) => self.details_key(now, scrolled, key, out),
            Mode::Table => self.table_key(now, page, key, out),
        }
    }

    fn filter_key(&mut self, before: String, key: Key) {
        self.is_stirred = true;
        match key {
            Key::Char(c) if self.choice.filter.chars().count() < LONGEST => self.choice.filter.push(c),
            Key::Backspace => drop(self.choice.filter.pop()),
            Key::Enter => self.mode = Mode::Table,
            Key::Escape => {
                self.choice.filter = before;
                self.mode = Mode::Table;
            }
            _ => {}
        }
    }

    fn snooze_key(&mut self, now: Duration, asked: (u64, String, Mode), key: Key, out: &mut Vec<Output>) {
        let (number, mut text, back) = asked;
        match key {
            Key::Char(c) if text.chars().count() < LONGEST => text.push(c),
            Key::Backspace => drop(text.pop()),
            Key::Escape => return self.mode = back,
            Key::Enter => match when::lasts(text.trim()) {
                Ok(lasts) => {
                    out.push(Output::Snooze(number, lasts));
                    return self.mode = back;
                }
                Err(why) => self.say(now, why.into()),
            },
            _ => {}
        }
        self.mode = Mode::Snooze { number, text, back: Box::new(back) };
    }

    fn details_key(&mut self, now: Duration, scrolled: u16, key: Key, out: &mut Vec<Output>) {
        match key {
            Key::Char('q' | 'h') | Key::Escape | Key::Enter | Key::Backspace => self.mode = Mode::Table,
            Key::Char('k') | Key::Up => self.mode = Mode::Details(scrolled.saturating_sub(1)),
            Key::Char('j') | Key::Down => self.mode = Mode::Details(scrolled.saturating_add(1)),
            Key::PageUp => self.mode = Mode::Details(scrolled.saturating_sub(10)),
            Key::PageDown | Key::Char(' ') => self.mode = Mode::Details(scrolled.saturating_add(10)),
            Key::Home => self.mode = Mode::Details(0),
            Key::Char('a') => self.acknowledge(now, out),
            Key::Char('z') => self.snooze(now),
            Key::Char('?') => self.mode = Mode::Help,
            _ => {}
        }
    }

    fn table_key(&mut self, now: Duration, page: usize, key: Key, out: &mut Vec<Output>) {
        match key {
            Key::Char('q') => out.push(Output::Quit),
            Key::Char('k') | Key::Up => self.step(-1),
            Key::Char('j') | Key::Down => self.step(1),
            Key::PageUp => self.step(-(page.max(1) as isize)),
            Key::PageDown | Key::Char(' ') => self.step(page.max(1) as isize),
            Key::Home => self.step(isize::MIN),
            Key::End | Key::Char('G') => self.step(isize::MAX),
            Key::Char('w' | 'g' | 's' | 'r') | Key::Escape => self.choose(key),
            Key::Char('/') => self.mode = Mode::Filter(self.choice.filter.clone()),
            Key::Enter => self.open(out),
            Key::Char('a') => self.acknowledge(now, out),
            Key::Char('z') => self.snooze(now),
            Key::Char('?' | 'h') => self.mode = Mode::Help,
            _ => {}
        }
    }

    /// Which screens are shown, and in which order.
    fn choose(&mut self, key: Key) {
        self.is_stirred = true;
        let choice = &mut self.choice;
        match key {
            Key::Char('w') => choice.wrong = !choice.wrong,
            Key::Char('g') => choice.group = choice.group.next(),
            Key::Char('s') => (choice.sort, choice.reversed) = (choice.sort.next(), false),
            Key::Char('r') => choice.reversed = !choice.reversed,
            _ => *choice = Choice { group: choice.group, ..Choice::default() },
        }
    }

    /// So many screens further, up or down.
    fn step(&mut self, by: isize) {
        let (lines, at) = self.lines();
        let screens: Vec<usize> =
            (0..lines.len()).filter(|at| matches!(lines[*at], Line::Screen(_))).collect();
        let Some(last) = screens.len().checked_sub(1) else { return };
        let here = at.and_then(|at| screens.binary_search(&at).ok()).unwrap_or(0);
        let to = screens[here.saturating_add_signed(by).min(last)];
        if let Some(Line::Screen(name)) = lines.get(to) {
            (self.selected, self.row) = (Some(name.clone()), to);
        }
    }

    fn open(&mut self, out: &mut Vec<Output>) {
        let (_, at) = self.lines();
        let Some(name) = self.chosen() else { return };
        (self.selected, self.row) = (Some(name.clone()), at.unwrap_or(0));
        if self.story.as_ref().is_none_or(|(of, _)| *of != name) {
            self.story = None;
        }
        self.mode = Mode::Details(0);
        self.asked = None;
        out.push(Output::Story(name));
    }

    fn acknowledge(&mut self, now: Duration, out: &mut Vec<Output>) {
        match self.incident() {
            Ok(number) => out.push(Output::Acknowledge(number)),
            Err(why) => self.say(now, why),
        }
    }

    fn snooze(&mut self, now: Duration) {
        match self.incident() {
            Ok(number) => {
                self.selected = self.chosen();
                let back = Box::new(self.mode.clone());
                self.mode = Mode::Snooze { number, text: "1h".into(), back };
            }
            Err(why) => self.say(now, why),
        }
    }

    fn incident(&self) -> Result<u64, String> {
        let chosen = self.chosen().ok_or("no screen is chosen")?;
        let screen = self.fleet.get(&chosen).ok_or("it is not there any more")?;
        let number = screen.view.incident.as_ref().map(|incident| incident.number);
        number.ok_or_else(|| format!("{} has no open incident: there is nothing to take on", chosen.app))
    }
}
