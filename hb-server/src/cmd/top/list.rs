//! Which screens the table shows, in which order and under which headings. Pure. Not here: how a row looks (`view`).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use super::feed::{Name, View};
use super::fleet::{Ages, Fleet, Screen, Wants};
use super::words;

/// By what the table is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    #[default]
    Urgency,
    App,
    Host,
    Since,
    Rate,
    Beat,
    Promise,
}

/// What stands together under a heading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Group {
    #[default]
    None,
    Name,
    Host,
}

/// What the person at the terminal wants to see.
#[derive(Clone, Debug, Default)]
pub(super) struct Choice {
    pub(super) sort: Sort,
    pub(super) reversed: bool,
    pub(super) group: Group,
    /// Only what is wrong.
    pub(super) wrong: bool,
    /// Only what has all of these words in it.
    pub(super) filter: String,
}

/// A line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Head { name: String, screens: usize, look: usize },
    Screen(Name),
}

impl Sort {
    /// The next one, in the order of the columns.
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Urgency => Self::Since,
            Self::Since => Self::App,
            Self::App => Self::Host,
            Self::Host => Self::Rate,
            Self::Rate => Self::Beat,
            Self::Beat => Self::Promise,
            Self::Promise => Self::Urgency,
        }
    }

    /// In words.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Urgency => "urgency",
            Self::App => "app",
            Self::Host => "host",
            Self::Since => "since",
            Self::Rate => "fps",
            Self::Beat => "beat",
            Self::Promise => "promise",
        }
    }
}

impl Group {
    /// The next one.
    pub(super) const fn next(self) -> Self {
        match self {
            Self::None => Self::Name,
            Self::Name => Self::Host,
            Self::Host => Self::None,
        }
    }

    /// The heading of a screen; it stands under the first of its groups only.
    fn heading(self, view: &View) -> String {
        match self {
            Self::None => String::new(),
            Self::Name => view.groups.first().cloned().unwrap_or_else(|| "in no group".into()),
            Self::Host => view.name.host.clone(),
        }
    }
}

/// The lines of the table.
pub(super) fn lines(fleet: &Fleet, now: Duration, choice: &Choice) -> Vec<Line> {
    let words: Vec<String> = choice.filter.split_whitespace().map(str::to_lowercase).collect();
    let mut shown: Vec<Row<'_>> = fleet
        .screens()
        .filter(|(_, screen)| !choice.wrong || screen.view.wants() < Wants::Muted)
        .filter(|(_, screen)| has_all(&screen.view, &words))
        .map(|(name, screen)| Row { name, screen, ages: fleet.ages(now, screen) })
        .collect();
    shown.sort_by(|a, b| {
        let order = by(choice.sort, a, b);
        if choice.reversed { order.reverse() } else { order }
    });
    if choice.group == Group::None {
        return shown.into_iter().map(|row| Line::Screen(row.name.clone())).collect();
    }
    let mut groups: BTreeMap<String, Vec<Row<'_>>> = BTreeMap::new();
    for row in shown {
        groups.entry(choice.group.heading(&row.screen.view)).or_default().push(row);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by(|(a, _), (b, _)| natural(a, b));
    let mut lines = Vec::new();
    for (name, rows) in groups {
        let look = rows.iter().filter(|row| row.screen.view.wants() == Wants::Look).count();
        lines.push(Line::Head { name, screens: rows.len(), look });
        lines.extend(rows.into_iter().map(|row| Line::Screen(row.name.clone())));
    }
    lines
}

struct Row<'a> {
    name: &'a Name,
    screen: &'a Screen,
    ages: Ages,
}

fn by(sort: Sort, a: &Row<'_>, b: &Row<'_>) -> Ordering {
    let (old, new) = (&a.screen.view, &b.screen.view);
    let named = |a: &Name, b: &Name| {
        let app = natural(&a.app, &b.app);
        app.then_with(|| natural(&a.host, &b.host)).then_with(|| natural(&a.slot, &b.slot))
    };
    // What is unknown stands last.
    let longest = |a: Option<Duration>, b: Option<Duration>| b.cmp(&a);
    let first = match sort {
        Sort::Urgency => {
            old.wants().cmp(&new.wants()).then_with(|| words::rank(&old.state).cmp(&words::rank(&new.state)))
        }
        Sort::App => Ordering::Equal,
        Sort::Host => natural(&a.name.host, &b.name.host),
        // The latest change first: that is what somebody wants to see who asks what happened.
        Sort::Since => {
            a.ages.state.is_none().cmp(&b.ages.state.is_none()).then(a.ages.state.cmp(&b.ages.state))
        }
        Sort::Rate => {
            let rate = |view: &View| view.rate().unwrap_or(f64::INFINITY);
            rate(old).total_cmp(&rate(new))
        }
        Sort::Beat => longest(a.ages.beat, b.ages.beat),
        Sort::Promise => new.promise_ms.cmp(&old.promise_ms),
    };
    first.then_with(|| named(a.name, b.name)).then_with(|| a.name.cmp(b.name))
}

fn has_all(view: &View, words: &[String]) -> bool {
    let Name { app, host, slot } = &view.name;
    let fields = [app, host, slot, &view.state, &view.cause, &view.sentence];
    let texts: Vec<String> = fields.into_iter().chain(&view.groups).map(|text| text.to_lowercase()).collect();
    words.iter().all(|word| texts.iter().any(|text| text.contains(word.as_str())))
}

/// As a person counts: `hall-2` before `hall-10`, whatever the case.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        match (a.chars().next(), b.chars().next()) {
            (None, None) => return Ordering::Equal,
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (left, right) = (number(&mut a), number(&mut b));
                let order = left.len().cmp(&right.len()).then_with(|| left.cmp(right));
                if order.is_ne() {
                    return order;
                }
            }
            (Some(x), Some(y)) => {
                let order = x.to_lowercase().cmp(y.to_lowercase());
                if order.is_ne() {
                    return order;
                }
                (a, b) = (&a[x.len_utf8()..], &b[y.len_utf8()..]);
            }
        }
    }
}

/// The digits at the beginning, without zeros in front.
fn number<'a>(text: &mut &'a str) -> &'a str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    *text = rest;
    digits.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_as_a_person_counts() {
        let mut names = ["hall-10", "Hall-2", "hall-02b", "hall", "äther", "hall-1"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["hall", "hall-1", "Hall-2", "hall-02b", "hall-10", "äther"]);
    }
}
