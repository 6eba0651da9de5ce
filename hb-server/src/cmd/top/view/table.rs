//! The rows of the table: what of a screen fits on a line. Not here: head and foot (`view`), their order (`list`).

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;
use ratatui::widgets::{Cell, Paragraph, Row, Table, TableState};

use super::{Painter, care, said, text, who};
use crate::cmd::table::shown;
use crate::cmd::top::feed::{Name, View};
use crate::cmd::top::fleet::Wants;
use crate::cmd::top::list;
use crate::cmd::top::machine::{Link, Top};
use crate::cmd::top::words;
use crate::cmd::when::Now;

/// How much of a screen there is room for. A name that is cut off tells nobody where to go: the figures go first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Room {
    /// Which screen, and its state.
    Least,
    /// Since when and why, too.
    Narrow,
    /// Its figures, too.
    Usual,
    /// The sentence, and who takes care of it.
    Wide,
}

/// From these widths on.
const NARROW: u16 = 50;
const USUAL: u16 = 72;
const WIDE: u16 = 110;

impl Room {
    fn of(width: u16) -> Self {
        match width {
            WIDE.. => Self::Wide,
            USUAL.. => Self::Usual,
            NARROW.. => Self::Narrow,
            _ => Self::Least,
        }
    }

    /// How many columns stand behind the mark.
    const fn columns(self) -> u16 {
        match self {
            Self::Least => 3,
            Self::Narrow => 5,
            Self::Usual => 8,
            Self::Wide => 9,
        }
    }
}

impl Painter {
    pub(super) fn table(&mut self, frame: &mut Frame<'_>, area: Rect, top: &Top, now: Duration, wall: &Now) {
        let (lines, chosen) = top.lines();
        if lines.is_empty() {
            frame.render_widget(Paragraph::new(nothing(top)), area);
            return;
        }
        let room = Room::of(area.width);
        let stale = top.fleet.is_stale(now);
        // Only what can be seen is made: of a hundred thousand a page.
        let height = usize::from(area.height.saturating_sub(1)).max(1);
        let from = self.scroll(lines.len(), height, chosen);
        let seen = || lines.iter().skip(from).take(height);
        let names = seen().filter_map(|line| match line {
            list::Line::Head { .. } => None,
            list::Line::Screen(name) => Some(name),
        });
        let share = Share::of(names, room, area.width);
        let rows = seen().map(|line| match line {
            list::Line::Head { name, screens, look } => self.heading(name, (*screens, *look), room),
            list::Line::Screen(name) => self.row(top, name, now, (room, share, stale, wall)),
        });
        let (widths, names) = columns(room, area.width, share);
        let head = Row::new(names).style(Style::new().add_modifier(Modifier::UNDERLINED));
        let table = Table::new(rows, widths)
            .header(head)
            .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
        let mut page = TableState::new().with_selected(chosen.and_then(|at| at.checked_sub(from)));
        frame.render_stateful_widget(table, area, &mut page);
    }

    /// The first line of the page on which the chosen one is, moved no further than it must.
    fn scroll(&mut self, lines: usize, height: usize, chosen: Option<usize>) -> usize {
        let at = chosen.unwrap_or(0);
        // The heading over the first screen is shown with it.
        let first = if at <= 1 { 0 } else { at };
        let from = self.table.offset().min(first).max((at + 1).saturating_sub(height));
        let from = from.min(lines.saturating_sub(height));
        *self.table.offset_mut() = from;
        from
    }

    fn heading(&self, name: &str, (screens, look): (usize, usize), room: Room) -> Row<'static> {
        let look = if look > 0 { format!(", {look} to look at") } else { String::new() };
        let line = format!("{name}: {screens}{look}");
        let cells = [Cell::new(""), Cell::new(text(&line)).column_span(room.columns())];
        Row::new(cells).style(Style::new().add_modifier(Modifier::BOLD))
    }

    fn row(
        &self,
        top: &Top,
        name: &Name,
        now: Duration,
        (room, share, stale, wall): (Room, Option<Share>, bool, &Now),
    ) -> Row<'static> {
        let Some(screen) = top.fleet.get(name) else { return Row::default() };
        let (view, ages) = (&screen.view, top.fleet.ages(now, screen));
        let promise = view.promise_ms.map(Duration::from_millis);
        let tone = self.tone_of(view);
        let [app, place] = [shown(&name.app), shown(&place_of(name))];
        let [app, place] = share
            .map_or([app.clone(), place.clone()], |share| [cut(&app, share.app), cut(&place, share.place)]);
        let mut cells = vec![Cell::new(mark(view)), Cell::new(text(&view.state)).style(tone)];
        if room > Room::Least {
            cells.push(Cell::new(words::length(ages.state.map(|age| Duration::from_secs(age.as_secs())))));
        }
        cells.extend([Cell::new(app), Cell::new(place)]);
        if room >= Room::Usual {
            cells.push(Cell::new(words::rate(view.rate())));
            cells.push(Cell::new(words::age(ages.beat)));
            cells.push(Cell::new(words::length(promise)));
        }
        match room {
            Room::Wide => {
                cells.push(Cell::new(text(&said(view))));
                cells.push(Cell::new(text(&who(view, wall))));
            }
            Room::Usual | Room::Narrow => {
                let short = care(view, wall).unwrap_or_else(|| words::why(&view.state, &view.cause));
                cells.push(Cell::new(text(&short)));
            }
            Room::Least => {}
        }
        // What is old is never shown as good.
        let row = Row::new(cells);
        if stale { row.style(Style::new().add_modifier(Modifier::DIM)) } else { row }
    }
}

/// What a screen wants of who looks, in one letter that needs no colour.
fn mark(view: &View) -> &'static str {
    match view.wants() {
        Wants::Look => "!",
        Wants::Taken => "*",
        Wants::Muted => "-",
        Wants::Nothing if view.conflict => "2",
        Wants::Nothing => " ",
    }
}

fn nothing(top: &Top) -> &'static str {
    match (&top.link, top.fleet.screens().next()) {
        (Link::Live, None) => {
            "No screen has been heard yet. In a page: new Heartbeat({ appId }); from a shell: hb ping --app test"
        }
        (Link::Live, Some(_)) if top.choice.wrong && top.choice.filter.is_empty() => {
            "Nothing is wrong. (w shows all screens)"
        }
        (_, Some(_)) => "No screen has that in it. (Esc shows all screens)",
        (_, None) => "",
    }
}

/// How wide the columns of the two names are, where the usual ones would cut a name: what the one does not need is the other's.
#[derive(Clone, Copy)]
struct Share {
    app: u16,
    place: u16,
}

impl Share {
    fn of<'a>(names: impl Iterator<Item = &'a Name>, room: Room, width: u16) -> Option<Self> {
        let need = names.fold([0, 0], |[app, place], name| {
            [app.max(width_of(&shown(&name.app))), place.max(width_of(&shown(&place_of(name))))]
        });
        // Beside them stand the other columns, and a blank between two.
        let (both, usual) = match room {
            Room::Wide => {
                let more = (width - WIDE) / 4;
                (27 + 2 * more, [14 + more, 13 + more])
            }
            Room::Usual => halves((width - 37) / 10 * 6),
            Room::Narrow => halves((width - 20) / 10 * 6),
            Room::Least => halves(width.saturating_sub(13)),
        };
        if need.iter().zip(usual).all(|(need, has)| *need <= has) {
            return None;
        }
        let place = need[1].clamp(usual[1].min(4), usual[1]);
        Some(Self { app: both - place, place })
    }
}

fn halves(both: u16) -> (u16, [u16; 2]) {
    (both, [both / 2; 2])
}

fn place_of(name: &Name) -> String {
    if name.slot.is_empty() { name.host.clone() } else { format!("{}#{}", name.host, name.slot) }
}

/// A name as it fits: its beginning and, since names differ where they end, its end.
fn cut(name: &str, room: u16) -> String {
    if width_of(name) <= room || room < 3 {
        return name.to_owned();
    }
    let fits = |signs: &mut dyn Iterator<Item = char>, room: u16| {
        let mut text = String::new();
        for sign in signs {
            text.push(sign);
            if width_of(&text) > room {
                text.pop();
                break;
            }
        }
        text
    };
    let tail: String = fits(&mut name.chars().rev(), (room - 1) / 2).chars().rev().collect();
    let head = fits(&mut name.chars(), room - 1 - width_of(&tail));
    format!("{head}…{tail}")
}

fn width_of(text: &str) -> u16 {
    u16::try_from(Span::raw(text).width()).unwrap_or(u16::MAX)
}

fn columns(room: Room, width: u16, share: Option<Share>) -> (Vec<Constraint>, Vec<&'static str>) {
    let fixed = |widths: &[u16]| widths.iter().map(|width| Constraint::Length(*width)).collect::<Vec<_>>();
    let figures = ["FPS", "BEAT", "PROM"];
    let named = |usual: [Constraint; 2]| {
        share.map_or(usual, |Share { app, place }| [app, place].map(Constraint::Length))
    };
    match room {
        Room::Wide => {
            let more = (width - WIDE) / 4;
            let mut widths = fixed(&[1, 12, 5]);
            widths.extend(named([14 + more, 13 + more].map(Constraint::Length)));
            widths.extend(fixed(&[4, 5, 5]));
            widths.extend([Constraint::Min(20), Constraint::Length(20)]);
            let names = ["", "STATE", "SINCE", "APP", "HOST"].into_iter().chain(figures);
            (widths, names.chain(["WHAT IT MEANS", "WHO"]).collect())
        }
        Room::Usual => {
            let mut widths = fixed(&[1, 9, 5]);
            widths.extend(named([Constraint::Fill(3); 2]));
            widths.extend(fixed(&[4, 5, 5]));
            widths.push(Constraint::Fill(4));
            let names = ["", "STATE", "SINCE", "APP", "HOST"].into_iter().chain(figures);
            (widths, names.chain(["WHY, OR WHO"]).collect())
        }
        Room::Narrow => {
            let mut widths = fixed(&[1, 9, 5]);
            widths.extend(named([Constraint::Fill(3); 2]));
            widths.push(Constraint::Fill(4));
            (widths, vec!["", "STATE", "SINCE", "APP", "HOST", "WHY, OR WHO"])
        }
        Room::Least => {
            let mut widths = fixed(&[1, 9]);
            widths.extend(named([Constraint::Fill(1); 2]));
            (widths, vec!["", "STATE", "APP", "HOST"])
        }
    }
}
