//! The whole study: every trace, every curve, every table; the same text on every machine.
//!
//! Not here: where it is written ([`crate`]).

use crate::advice;
use crate::contender::Contender;
use crate::page;
use crate::plot::{Curve, Panel, picture};
use crate::quality::measure;
use crate::recorded;
use crate::sweep::{FAMILIES, MARKED};
use crate::trace::{Client, OURS, SCRIPT, Trace};
use crate::weather::{KINDS, simulate};

/// What is made.
pub(crate) struct Study {
    /// The made part of the page.
    pub(crate) text: String,
    /// Pictures by their names.
    pub(crate) pictures: Vec<(String, String)>,
}

/// Does all of it.
pub(crate) fn study() -> Study {
    let mut text =
        String::from("\n## The days that were simulated\n\nFour days of each kind, with fixed seeds.\n\n");
    for kind in &KINDS {
        text += &format!("- **{}**: {}.\n", kind.name, kind.what);
    }
    let mut pictures = Vec::new();
    let mut advised: Vec<(&str, Vec<(f64, f64)>)> = Vec::new();
    for (client, title) in [(OURS, "Our client"), (SCRIPT, "A script that beats once in each promise")] {
        let traces: Vec<Trace> = KINDS.iter().map(|kind| simulate(kind, client)).collect();
        let name = format!("detection-{}.svg", client.name);
        pictures.push((name.clone(), curves(title, &traces)));
        text += &format!("\n## {title}\n\n{}\n\n![{title}: curves](images/{name})\n\n", paces(client));
        text += &page::table(&traces);
        advised.push((client.name, traces.iter().map(advice::slowing).collect()));
    }
    text += &format!(
        "\n## How often advice is given\n\nHow often a day \"slowing down\" begins, and for how much of the time it is said.\n\n{}",
        page::advice(&KINDS, &advised)
    );
    text += "\n## Recorded from browsers\n\nBeats of real pages, side by side on a busy machine with two cores, written down before a real server. Minutes, not days: one mistake among them is hundreds a day.\n\n";
    for (name, what) in recorded::about() {
        text += &format!("- **{name}**: {what}\n");
    }
    text += &format!("\n{}\n", page::table(&recorded::traces()));
    Study { text, pictures }
}

fn paces(client: Client) -> String {
    let (cadence, promise) = (client.cadence as f64 / 1e3, client.promise as f64 / 1e3);
    let hidden = if client.hidden == client.promise {
        "also while nobody sees it".to_owned()
    } else {
        format!("{} s while nobody sees it", client.hidden / 1_000)
    };
    format!("It beats every {cadence:.1} s and promises {promise:.0} s, {hidden}; granted is 1 s more.")
}

fn curves(title: &str, traces: &[Trace]) -> String {
    let legend = FAMILIES.each_ref().map(|family| (family.class, family.name));
    let point = |trace: &Trace, contender: Contender| {
        let found = measure(trace, contender);
        (found.detection / 1e3, found.rate())
    };
    let panel = |trace: &Trace| Panel {
        title: trace.name.clone(),
        curves: FAMILIES
            .iter()
            .map(|family| Curve {
                class: family.class,
                points: (family.settings)().into_iter().map(|contender| point(trace, contender)).collect(),
            })
            .collect(),
        marks: MARKED
            .iter()
            .map(|&(name, contender)| {
                let (seconds, mistakes) = point(trace, contender);
                (name, seconds, mistakes)
            })
            .collect(),
    };
    picture(title, &legend, &traces.iter().map(panel).collect::<Vec<_>>())
}
