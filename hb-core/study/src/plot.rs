//! Curves as a picture: one panel for each trace, seconds until a dead page is noticed against mistakes a day.
//!
//! Written by hand: a few lines and words, whose colours follow the reader's light or dark scheme, which no library of
//! plots does. Not here: what is measured ([`crate::quality`]).

use std::fmt::Write as _;

/// A curve: its class in the style, and its points (seconds, mistakes a day).
pub(crate) struct Curve {
    pub(crate) class: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) curves: Vec<Curve>,
    /// Points with a word beside them.
    pub(crate) marks: Vec<(&'static str, f64, f64)>,
}

/// Of a panel: its size, and the room around it.
const WIDE: f64 = 270.0;
const HIGH: f64 = 180.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 66.0;
const GAP: (f64, f64) = (30.0, 62.0);
const COLUMNS: usize = 3;
/// Seconds and mistakes a day from edge to edge, both by their logarithms; below the least stands "none".
const SECONDS: (f64, f64) = (0.5, 60.0);
const MISTAKES: (f64, f64) = (0.1, 10_000.0);

const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#333}\
.title{font-weight:600;font-size:13px}.small{font-size:11px;fill:#666}\
.frame{fill:none;stroke:#bbb}.grid{stroke:#e4e4e4}\
.curve{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\
.fixed{stroke:#0072b2}.slack{stroke:#009e73;stroke-dasharray:6 4}.chen{stroke:#d55e00}.phi{stroke:#a04a8c}\
.mark{fill:#fff;stroke:#0072b2;stroke-width:2}.back{fill:#fff}\
@media(prefers-color-scheme:dark){text{fill:#ddd}.small{fill:#a5a5a5}.frame{stroke:#555}.grid{stroke:#2d2d2d}\
.fixed{stroke:#56b4e9}.slack{stroke:#2fd0a0}.chen{stroke:#ff9c4a}.phi{stroke:#e39ad0}\
.mark{fill:#161616;stroke:#56b4e9}.back{fill:#161616}}";

/// The picture; `legend` names the classes of the curves.
pub(crate) fn picture(title: &str, legend: &[(&str, &str)], panels: &[Panel]) -> String {
    let rows = panels.len().div_ceil(COLUMNS);
    let width = LEFT + COLUMNS as f64 * WIDE + (COLUMNS - 1) as f64 * GAP.0 + 20.0;
    let height = TOP + rows as f64 * (HIGH + GAP.1) + 4.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         role=\"img\" aria-label=\"{title}\">\n<style>{STYLE}</style>\n\
         <rect class=\"back\" width=\"{width:.0}\" height=\"{height:.0}\"/>\n"
    );
    let mut at = LEFT;
    for (class, name) in legend {
        line(&mut svg, &format!("curve {class}"), (at, 20.0), (at + 26.0, 20.0));
        word(&mut svg, "", (at + 32.0, 24.0), name);
        at += 56.0 + name.chars().count() as f64 * 6.4;
    }
    for row in 0..rows {
        let y = TOP + row as f64 * (HIGH + GAP.1) + HIGH / 2.0;
        let _ = writeln!(
            svg,
            "<text class=\"small\" text-anchor=\"middle\" transform=\"translate(12 {y:.1}) rotate(-90)\">mistakes a day</text>"
        );
    }
    for (number, panel) in panels.iter().enumerate() {
        let x = LEFT + (number % COLUMNS) as f64 * (WIDE + GAP.0);
        let y = TOP + (number / COLUMNS) as f64 * (HIGH + GAP.1);
        draw(&mut svg, panel, (x, y), number.is_multiple_of(COLUMNS));
    }
    svg + "</svg>\n"
}

fn draw(svg: &mut String, panel: &Panel, (left, top): (f64, f64), first: bool) {
    let at = |seconds: f64, mistakes: f64| (left + across(seconds), top + down(mistakes));
    word(svg, "title", (left, top - 8.0), &panel.title);
    for seconds in [1.0, 2.0, 5.0, 10.0, 20.0, 50.0] {
        let (x, _) = at(seconds, 1.0);
        line(svg, "grid", (x, top), (x, top + HIGH));
        middle(svg, (x, top + HIGH + 15.0), &format!("{seconds}"));
    }
    for (mistakes, name) in [(0.0, "none"), (1.0, "1"), (10.0, "10"), (100.0, "100"), (1_000.0, "1000")] {
        let (_, y) = at(1.0, mistakes);
        line(svg, "grid", (left, y), (left + WIDE, y));
        if first {
            let _ = writeln!(
                svg,
                "<text class=\"small\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>",
                left - 6.0,
                y + 4.0
            );
        }
    }
    let _ = writeln!(
        svg,
        "<rect class=\"frame\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{WIDE:.1}\" height=\"{HIGH:.1}\"/>"
    );
    middle(svg, (left + WIDE / 2.0, top + HIGH + 31.0), "seconds until a dead page is noticed");
    for curve in &panel.curves {
        let points: Vec<String> = curve
            .points
            .iter()
            .filter(|(seconds, _)| (SECONDS.0..=SECONDS.1).contains(seconds))
            .map(|&(seconds, mistakes)| at(seconds, mistakes))
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let _ = writeln!(svg, "<polyline class=\"curve {}\" points=\"{}\"/>", curve.class, points.join(" "));
    }
    for &(name, seconds, mistakes) in &panel.marks {
        let (x, y) = at(seconds, mistakes);
        let _ = writeln!(svg, "<circle class=\"mark\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>");
        word(svg, "small", (x + 6.0, y - 6.0), name);
    }
}

fn across(seconds: f64) -> f64 {
    share(seconds, SECONDS) * WIDE
}

/// The lowest tenth is for what never happened.
fn down(mistakes: f64) -> f64 {
    if mistakes < MISTAKES.0 { HIGH * 0.95 } else { HIGH * 0.9 * (1.0 - share(mistakes, MISTAKES)) }
}

fn share(value: f64, (least, most): (f64, f64)) -> f64 {
    (libm::log(value / least) / libm::log(most / least)).clamp(0.0, 1.0)
}

fn line(svg: &mut String, class: &str, from: (f64, f64), to: (f64, f64)) {
    let _ = writeln!(
        svg,
        "<line class=\"{class}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
        from.0, from.1, to.0, to.1
    );
}

fn word(svg: &mut String, class: &str, at: (f64, f64), text: &str) {
    let _ = writeln!(svg, "<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\">{text}</text>", at.0, at.1);
}

fn middle(svg: &mut String, at: (f64, f64), text: &str) {
    let _ = writeln!(
        svg,
        "<text class=\"small\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>",
        at.0, at.1
    );
}
