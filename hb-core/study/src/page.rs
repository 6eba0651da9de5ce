//! The part of docs/detection.md that is made here, between its two marks.
//!
//! Not here: what people wrote around it, and why the default is what it is.

use std::fmt::Write as _;

use crate::quality::measure;
use crate::sweep::USUAL;
use crate::trace::Trace;
use crate::weather::Kind;

const BEGIN: &str = "<!-- made by cargo xtask detect -->\n";
const END: &str = "<!-- end of what is made -->\n";

/// `page` with its made part replaced by `made`; `None` where its marks are not.
pub(crate) fn replace(page: &str, made: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some([before, BEGIN, made, END, after].concat())
}

/// A table of all usual settings on these traces.
pub(crate) fn table(traces: &[Trace]) -> String {
    let mut text = "| trace | detector | T_D mean | T_D 99.9 % | mistakes a day | T_MR | T_M | P_A |\n\
                    |---|---|---|---|---|---|---|---|\n"
        .to_owned();
    for trace in traces {
        for (number, (name, contender)) in USUAL.into_iter().enumerate() {
            let found = measure(trace, contender);
            let title = if number == 0 { trace.name.as_str() } else { "" };
            let _ = writeln!(
                text,
                "| {title} | {name} | {} | {} | {} | {} | {} | {} |",
                seconds(found.detection),
                seconds(found.slow as f64),
                rate(found.rate()),
                found.recurrence().map_or_else(|| "–".into(), span),
                found.length().map_or_else(|| "–".into(), seconds),
                percent(found.accuracy()),
            );
        }
    }
    text
}

/// How often somebody is said to slow down: a row for each kind of day, two columns for each client.
pub(crate) fn advice(kinds: &[Kind], clients: &[(&str, Vec<(f64, f64)>)]) -> String {
    let mut text = "| trace |".to_owned();
    for (client, _) in clients {
        let _ = write!(text, " {client}, times a day | {client}, share of the time |");
    }
    text += &format!("\n|---|{}\n", "---|---|".repeat(clients.len()));
    for (number, kind) in kinds.iter().enumerate() {
        let _ = write!(text, "| {} |", kind.name);
        for (times, share) in clients.iter().map(|(_, found)| found[number]) {
            let _ = write!(text, " {} | {:.2} % |", rate(times), share * 100.0);
        }
        text.push('\n');
    }
    text
}

fn seconds(ms: f64) -> String {
    format!("{:.1} s", ms / 1e3)
}

fn rate(mistakes: f64) -> String {
    if mistakes == 0.0 { "0".into() } else { format!("{mistakes:.1}") }
}

fn span(ms: f64) -> String {
    match ms / 1e3 {
        seconds if seconds < 600.0 => format!("{seconds:.0} s"),
        seconds if seconds < 36_000.0 => format!("{:.0} min", seconds / 60.0),
        seconds => format!("{:.0} h", seconds / 3_600.0),
    }
}

/// Never 100 % of what is not.
fn percent(share: f64) -> String {
    if share >= 1.0 { "100 %".into() } else { format!("{:.3} %", (share * 1e5).floor().min(99_999.0) / 1e3) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_made_is_replaced() {
        let page = format!("a\n{BEGIN}old\n{END}z\n");
        assert_eq!(replace(&page, "new\n"), Some(format!("a\n{BEGIN}new\n{END}z\n")));
        assert_eq!(replace("a\n", "new\n"), None);
    }

    #[test]
    fn figures_are_short_and_no_share_is_rounded_to_all() {
        assert_eq!((percent(1.0), percent(0.999_999_9)), ("100 %".into(), "99.999 %".into()));
        assert_eq!(
            (span(59_400.0), span(3.6e6), span(3.6e8)),
            ("59 s".into(), "60 min".into(), "100 h".into())
        );
        assert_eq!((rate(0.0), rate(0.04), seconds(1_250.0)), ("0".into(), "0.0".into(), "1.2 s".into()));
    }
}
