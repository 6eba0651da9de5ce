//! How the table looks: head, rows, foot. Every text from elsewhere goes through [`text`], so that none moves the cursor.
//!
//! Not here: what is shown (`machine`), its rows (`view/table`), the pages over it (`view/pages`).

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, TableState};

use super::feed::View;
use super::fleet::Wants;
use super::machine::{Link, Mode, Top};
use super::words::{self, Tone};
use crate::cmd::table::shown;
use crate::cmd::when::{Now, Stamp};

mod pages;
mod table;

/// Lines of the head and of the foot, and the names of the columns.
const FRAME: u16 = 5;
/// From this width on all keys fit on a line.
const KEYS: u16 = 75;

/// Colours, where the terminal has them, and where the table is scrolled to.
#[derive(Debug, Default)]
pub(super) struct Painter {
    pub(super) colours: bool,
    table: TableState,
}

impl Painter {
    pub(super) fn new(colours: bool) -> Self {
        Self { colours, table: TableState::default() }
    }

    /// Draws all of it.
    pub(super) fn draw(&mut self, frame: &mut Frame<'_>, top: &Top, now: Duration, wall: &Now) {
        let [head, body, foot] =
            Layout::vertical([Constraint::Length(2), Constraint::Min(1), Constraint::Length(2)])
                .areas(frame.area());
        frame.render_widget(Paragraph::new(self.head(top, now, wall)), head);
        match &top.mode {
            Mode::Help => frame.render_widget(pages::help(), body),
            Mode::Details(scrolled) => self.details(frame, body, (top, *scrolled), now, wall),
            Mode::Snooze { back, .. } if matches!(**back, Mode::Details(_)) => {
                self.details(frame, body, (top, 0), now, wall);
            }
            _ => self.table(frame, body, top, now, wall),
        }
        frame.render_widget(Paragraph::new(self.foot(top, now, wall, foot.width)), foot);
    }

    fn head(&self, top: &Top, now: Duration, wall: &Now) -> Vec<Line<'static>> {
        let (mut look, mut taken, mut muted, mut well) = (0, 0, 0, 0);
        for (_, screen) in top.fleet.screens() {
            match screen.view.wants() {
                Wants::Look => look += 1,
                Wants::Taken => taken += 1,
                Wants::Muted => muted += 1,
                Wants::Nothing => well += 1,
            }
        }
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let loud = if look > 0 { self.tone(Tone::Bad) } else { bold };
        let server = top.server.strip_prefix("http://").unwrap_or(&top.server);
        let first = Line::from(vec![
            Span::styled(
                if look == 1 { "1 needs a look".into() } else { format!("{look} need a look") },
                loud,
            ),
            Span::raw(format!(", {taken} taken, {muted} muted, {well} fine  {}  ", wall.clock_now())),
            text(server),
        ]);
        vec![first, self.second(top, now)]
    }

    /// Whether what is shown is so; else by what it is sorted and chosen.
    fn second(&self, top: &Top, now: Duration) -> Line<'static> {
        let alarm = self.tone(Tone::Bad).add_modifier(Modifier::REVERSED);
        match &top.link {
            Link::Lost { since, reason } => {
                let away = words::span(Some(now.saturating_sub(*since)));
                return Line::styled(
                    shown(&format!("NOT CONNECTED for {away}, trying again: {reason}")),
                    alarm,
                );
            }
            Link::Connecting => return Line::raw("connecting ..."),
            Link::Live if top.fleet.is_stale(now) => {
                let silent = words::span(top.fleet.silence(now));
                return Line::styled(
                    format!("THE SERVER IS SILENT for {silent}: what stands here is old"),
                    alarm,
                );
            }
            Link::Live => {}
        }
        let mut said = vec![format!(
            "by {}{}",
            top.choice.sort.word(),
            if top.choice.reversed { ", reversed" } else { "" }
        )];
        said.extend(top.choice.wrong.then(|| "only what is wrong".into()));
        let typing = matches!(top.mode, Mode::Filter(_));
        said.extend(
            (!typing && !top.choice.filter.is_empty()).then(|| format!("/{}", shown(&top.choice.filter))),
        );
        Line::styled(said.join(" | "), Style::new().add_modifier(Modifier::DIM))
    }

    fn foot(&self, top: &Top, now: Duration, wall: &Now, width: u16) -> Vec<Line<'static>> {
        let chosen = top.chosen().and_then(|name| top.fleet.get(&name).map(|screen| (name, screen)));
        let sentence = chosen.map_or_else(String::new, |(name, screen)| {
            let view = &screen.view;
            let since = words::span(top.fleet.ages(now, screen).state);
            let who = who(view, wall);
            let who = if who.is_empty() { who } else { format!(" ({who})") };
            format!("{}: {} for {since}, {}{who}", name.app, view.state, said(view))
        });
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let last = match (&top.mode, top.notice(now)) {
            (Mode::Filter(_), _) => {
                Line::styled(format!("/{}_   Enter: keep, Esc: as before", shown(&top.choice.filter)), bold)
            }
            (Mode::Snooze { number, text, .. }, None) => {
                let text = shown(text);
                Line::styled(
                    format!("#{number}: quiet for how long? {text}_   as in 30m, 2h, 3d; Esc: not at all"),
                    bold,
                )
            }
            (_, Some(notice)) => Line::styled(shown(notice), bold),
            (Mode::Help, _) => Line::raw("any key: back"),
            (Mode::Details(_), _) => Line::raw("Esc back  up/down scroll  a acknowledge  z snooze  ? help"),
            // What does not fit is in the help.
            (Mode::Table, None) if width < KEYS => Line::raw("Enter all  / find  ? help  q quit"),
            (Mode::Table, None) => {
                Line::raw("Enter all  / find  w wrong  s sort  g group  a ack  z quiet  ? help  q quit")
            }
        };
        let first = if matches!(top.mode, Mode::Table | Mode::Filter(_)) { sentence } else { String::new() };
        vec![Line::raw(shown(&first)), last]
    }

    /// How the state of a screen looks: red as soon as monitoring is told CRITICAL, quiet where it is muted.
    fn tone_of(&self, view: &View) -> Style {
        let tone = if view.nagios == "CRITICAL" { Tone::Bad } else { words::tone(&view.state) };
        match view.wants() {
            Wants::Muted => self.tone(Tone::Resting),
            _ => self.tone(tone),
        }
    }

    fn tone(&self, tone: Tone) -> Style {
        let (colour, modifier) = match tone {
            Tone::Bad => (Color::Red, Modifier::BOLD),
            Tone::Warning => (Color::Yellow, Modifier::BOLD),
            Tone::Odd => (Color::Magenta, Modifier::BOLD),
            Tone::Waiting => (Color::Cyan, Modifier::empty()),
            Tone::Good => (Color::Green, Modifier::empty()),
            Tone::Resting => (Color::Reset, Modifier::DIM),
        };
        let style = Style::new().add_modifier(modifier);
        if self.colours { style.fg(colour) } else { style }
    }
}

/// How many rows a page has on a terminal of this height.
pub(super) fn page(height: u16) -> usize {
    usize::from(height.saturating_sub(FRAME)).max(1)
}

/// Text from elsewhere: what is not seen becomes `?`.
fn text(text: &str) -> Span<'static> {
    Span::raw(shown(text))
}

/// What the server says of it.
fn said(view: &View) -> String {
    if view.sentence.is_empty() { words::cause(&view.cause) } else { view.sentence.clone() }
}

/// Who takes care of it, or why nobody needs to, or does.
fn who(view: &View, wall: &Now) -> String {
    let is_problem = words::is_problem(&view.state);
    care(view, wall).unwrap_or_else(|| match &view.repair {
        Some(repair) if repair.status == "gave-up" && is_problem => "repairs gave up".into(),
        _ if view.new && is_problem => "new: nobody is told".into(),
        _ => String::new(),
    })
}

/// Who takes care of it, or why nobody needs to.
fn care(view: &View, wall: &Now) -> Option<String> {
    let until = |at: Option<&Stamp>| at.map(|at| format!(" until {}", wall.clock(at.0))).unwrap_or_default();
    if view.muted {
        let mute = view.mute.as_ref();
        let kind = mute.map_or("muted", |mute| if mute.kind == "snooze" { "muted" } else { &mute.kind });
        return Some(format!("{kind}{}", until(mute.and_then(|mute| mute.until.as_ref()))));
    }
    if let Some(incident) = &view.incident {
        if let Some(by) = &incident.acknowledged {
            return Some(if by.by.is_empty() { "taken care of".into() } else { format!("{} cares", by.by) });
        }
        if incident.snoozed_until.is_some() {
            return Some(format!("quiet{}", until(incident.snoozed_until.as_ref())));
        }
    }
    let running = view.repair.as_ref().filter(|repair| repair.status == "running");
    running.map(|repair| format!("repair: {}", repair.action.as_deref().unwrap_or("a step")))
}
