//! What lies over the table: all about one screen, and what the keys do.
//!
//! Not here: the table itself (`view`).

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use super::{Painter, said, text, who};
use crate::cmd::holds;
use crate::cmd::table::shown;
use crate::cmd::top::feed::View;
use crate::cmd::top::fleet::Ages;
use crate::cmd::top::machine::Top;
use crate::cmd::top::words;
use crate::cmd::when::Now;

const HELP: &str = "\
up down, j k, PgUp PgDn, Home End    choose a screen
Enter                                all about it: what it means, what to do,
                                     what happened to it; Esc leads back
/                                    show only what has these words in it
w                                    show only what is wrong
s, r                                 sort by the next column; turn it round
g                                    under headings: groups, hosts, none
a                                    I take care of it
z                                    nobody is reminded of it for a while
Esc                                  show all again
q, Ctrl-C                            quit

Before a state: ! somebody should look, * somebody does, - it is muted,
2 two have one name. PROM is what the screen promised: it beats again
within that time. BEAT is how long ago it last did.

a and z need a token, and take it as the other commands do: --token-file,
HB_TOKEN, ~/.config/hb/token. hb token new NAME --role operator makes one.";

/// What the keys do.
pub(super) fn help() -> Paragraph<'static> {
    Paragraph::new(HELP)
}

impl Painter {
    /// All about the chosen screen.
    pub(super) fn details(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        (top, scrolled): (&Top, u16),
        now: Duration,
        wall: &Now,
    ) {
        let lines = self.lines(top, now, wall);
        // Not beyond the last line.
        let most = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_sub(1);
        let page = Paragraph::new(lines).wrap(Wrap { trim: false }).scroll((scrolled.min(most), 0));
        frame.render_widget(page, area);
    }

    fn lines(&self, top: &Top, now: Duration, wall: &Now) -> Vec<Line<'static>> {
        let Some(name) = top.chosen() else { return vec![Line::raw("No screen is chosen.")] };
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let slot = if name.slot.is_empty() { String::new() } else { format!("#{}", name.slot) };
        let mut lines = vec![Line::styled(shown(&format!("{} @ {}{slot}", name.app, name.host)), bold)];
        match top.fleet.get(&name) {
            None => {
                lines
                    .push(Line::raw("It is not there any more: it said goodbye long ago, or was forgotten."));
            }
            Some(screen) => self.about(&screen.view, top.fleet.ages(now, screen), wall, &mut lines),
        }
        lines.push(Line::raw(""));
        lines.push(Line::styled("What happened", bold));
        match top.story.as_ref().filter(|(of, _)| *of == name).map(|(_, story)| story) {
            None => lines.push(Line::raw("asking ...")),
            Some(Err(why)) => lines.push(Line::raw(shown(why))),
            Some(Ok(story)) if story.is_empty() => lines.push(Line::raw("nothing yet")),
            Some(Ok(story)) => lines.extend(
                story.iter().map(|line| Line::raw(shown(&format!("{:>16}  {}", line.at, line.what)))),
            ),
        }
        lines
    }

    fn about(&self, view: &View, ages: Ages, wall: &Now, lines: &mut Vec<Line<'static>>) {
        let state = format!("{} for {}", view.state, words::span(ages.state));
        lines.push(Line::from(vec![
            Span::styled(shown(&state), self.tone_of(view)),
            text(&format!(": {}", said(view))),
        ]));
        let by = view.vitals.by.as_deref();
        let advice = words::advice(&view.state, &view.cause, by);
        lines.extend(advice.map(|advice| Line::raw(format!("Do: {advice}"))));
        if let Some(incident) = &view.incident {
            let who = who(view, wall);
            let who = if who.is_empty() { "nobody has taken it on yet (a)".to_owned() } else { who };
            lines.push(Line::raw(shown(&format!("Incident #{}: {who}", incident.number))));
        }
        if let Some(mute) = view.mute.as_ref().filter(|_| view.muted) {
            let until = mute
                .until
                .as_ref()
                .map_or("until it is lifted".into(), |at| format!("until {}", wall.clock(at.0)));
            let (by, why) = (&mute.by, &mute.reason);
            let by = if by.is_empty() { String::new() } else { format!(", by {by}") };
            let why = if why.is_empty() { String::new() } else { format!(": {why}") };
            lines.push(Line::raw(shown(&format!("Muted {until}{by}{why}"))));
        }
        if let Some(repair) = view.repair.as_ref().filter(|repair| repair.status != "idle") {
            let action = repair.action.as_deref().unwrap_or_default();
            lines.push(Line::raw(shown(&format!("Repair: {} {action}", repair.status))));
        }
        if view.new {
            lines.push(Line::raw(
                "New: nobody is told of it and nothing is repaired until it is adopted (hb adopt)",
            ));
        }
        // That it is new was just said.
        let holds: Vec<String> =
            view.holds.iter().filter(|hold| !(view.new && *hold == "new")).cloned().collect();
        let waits = holds::phrases(&holds, view.is_known() || view.new);
        lines.extend(waits.iter().map(|waits| Line::raw(words::capital(waits))));
        lines.push(Line::raw(""));
        let overdue = ages.overdue.map_or("-".into(), |share| format!("{share:.2} of what was granted"));
        let promise = words::age(view.promise_ms.map(Duration::from_millis));
        let granted = words::age(view.granted_ms.map(Duration::from_millis));
        for (what, is) in [
            (
                "Last beat",
                ages.beat.map_or("not heard yet".into(), |age| {
                    format!("{} ago, {overdue}", words::age(Some(age)))
                }),
            ),
            ("Promise", format!("{promise}, granted {granted}")),
            ("Picture", picture(view, ages)),
            ("Pages", format!("{} remembered{}", view.sessions, times(view.reloads))),
            ("Groups", if view.groups.is_empty() { "-".into() } else { view.groups.join(", ") }),
        ] {
            lines.push(Line::raw(shown(&format!("{what:<10} {is}"))));
        }
        if let Some(errors) = view.vitals.errs.filter(|errors| *errors > 0) {
            let last = view.vitals.lasterr.as_deref().unwrap_or("-");
            lines.push(Line::raw(shown(&format!("Errors     {errors}, the last: {last}"))));
        }
    }
}

/// Whether the picture moves, where somebody says so.
fn picture(view: &View, ages: Ages) -> String {
    let last = ages.frame.map(|age| format!("the last frame {} ago", words::age(Some(age))));
    match (view.rate(), last) {
        (None, None) => "nobody says whether it moves: that takes hb's client in the page".into(),
        (None, Some(last)) => last,
        (rate, None) => format!("{} frames a second", words::rate(rate)),
        (rate, Some(last)) => format!("{} frames a second, {last}", words::rate(rate)),
    }
}

fn times(reloads: u64) -> String {
    match reloads {
        0 => String::new(),
        1 => ", loaded anew once".into(),
        times => format!(", loaded anew {times} times"),
    }
}
