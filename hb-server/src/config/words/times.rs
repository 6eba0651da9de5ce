//! Opening hours and maintenance in words: what is so now, and when it changes. Not here: calendars
//! ([`hb_core::window`]).

use hb_core::window::Hours;
use hb_lease::time::Wall;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::{line, span};
use crate::watch;

/// All calendars and windows, with what comes next.
pub(super) fn calendars(out: &mut String, watch: &watch::Config, now: Wall) {
    if watch.calendars.is_empty() {
        line(out, 0, "It is always open: there are no [[hours]]");
    } else {
        line(
            out,
            0,
            &format!(
                "Opening hours; it is {} ({})",
                shown(&watch.zone, now).strftime("%a %Y-%m-%d %H:%M"),
                name(&watch.zone)
            ),
        );
        // Screens of one line of the file share their hours.
        for alike in watch.calendars.chunk_by(|one, next| one.1 == next.1) {
            let (first, hours) = &alike[0];
            let whom = match alike {
                [_] => first.to_string(),
                [_, second] => format!("{first} and {}", second.0),
                more => format!("{first} and {} more", more.len() - 1),
            };
            line(out, 1, &format!("{whom}: {hours}"));
            line(out, 2, &state(hours, now, ["open", "closed"]));
        }
        line(out, 1, &format!("Nobody is judged in the first {} after opening", span(watch.boot_grace)));
    }
    if !watch.windows.is_empty() {
        line(out, 0, "Maintenance");
        for watch::Window { scope, hours, reason } in &watch.windows {
            let why = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            line(out, 1, &format!("{scope}: {hours}{why}"));
            line(out, 2, &next(hours, now));
        }
    }
}

/// What is so now, and the next two changes; `words` are for open and closed.
pub(super) fn state(hours: &Hours, now: Wall, words: [&str; 2]) -> String {
    let [open, closed] = words;
    let zone = hours.zone();
    let (is, then) = if hours.open_at(now) { (open, closed) } else { (closed, open) };
    let Some(change) = hours.next_change(now) else { return format!("{is} for the next five years") };
    let until = hours.next_change(change).map(|end| format!(" until {}", moment(zone, end, now, change)));
    let until = until.unwrap_or_default();
    format!("{is} until {}, then {then}{until} ({})", moment(zone, change, now, now), name(zone))
}

/// When work is done next.
fn next(hours: &Hours, now: Wall) -> String {
    let zone = hours.zone();
    let (begin, from) = if hours.open_at(now) {
        ("now".to_owned(), now)
    } else {
        match hours.next_opening(now) {
            Some(at) => (format!("next {}", moment(zone, at, now, now)), at),
            None => return "not within the next five years".into(),
        }
    };
    match hours.next_change(from) {
        Some(end) => format!("{begin} until {} ({})", moment(zone, end, now, from), name(zone)),
        None => format!("{begin}, without an end within five years"),
    }
}

/// A moment as the clocks of `zone` show it, short where its day was named just now, with `before`.
fn moment(zone: &TimeZone, at: Wall, now: Wall, before: Wall) -> String {
    let (at, now, before) = (shown(zone, at), shown(zone, now), shown(zone, before));
    let time = at.strftime("%H:%M");
    if at.date() == before.date() && before.date() != now.date() {
        time.to_string()
    } else if at.date() == now.date() {
        format!("{time} today")
    } else if now.date().tomorrow().is_ok_and(|tomorrow| tomorrow == at.date()) {
        format!("{time} tomorrow")
    } else {
        format!("{time} on {}", at.strftime("%a %Y-%m-%d"))
    }
}

fn shown(zone: &TimeZone, at: Wall) -> Zoned {
    Zoned::new(Timestamp::from_millisecond(at.as_unix_millis()).unwrap_or_default(), zone.clone())
}

pub(super) fn name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("this machine's time")
}
