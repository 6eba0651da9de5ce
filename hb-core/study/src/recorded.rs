//! Traces that were recorded from real browsers, as they lie in `traces/`: `record.mjs` wrote them.
//!
//! A line `cadence MS`, then one line for each beat: when it was heard, and what it promised. Nobody saw when it was sent: the
//! same moment is taken, over loopback.

use crate::trace::{Sent, Trace};

/// (name, text).
const FILES: [(&str, &str); 9] = [
    ("Chromium, frames", include_str!("../traces/chromium-frames.txt")),
    ("Chromium, pauses", include_str!("../traces/chromium-pauses.txt")),
    ("Chromium, script", include_str!("../traces/chromium-script.txt")),
    ("Chromium, slowed script", include_str!("../traces/chromium-slowed.txt")),
    ("Firefox, frames", include_str!("../traces/firefox-frames.txt")),
    ("Firefox, pauses", include_str!("../traces/firefox-pauses.txt")),
    ("Firefox, script", include_str!("../traces/firefox-script.txt")),
    ("WebKit, frames", include_str!("../traces/webkit-frames.txt")),
    ("WebKit, pauses", include_str!("../traces/webkit-pauses.txt")),
];

/// What each is, for people: the first line of its file.
pub(crate) fn about() -> Vec<(&'static str, &'static str)> {
    let said = |text: &'static str| text.lines().next().unwrap_or_default().trim_start_matches("# ");
    FILES.into_iter().map(|(name, text)| (name, said(text))).collect()
}

/// All of them.
pub(crate) fn traces() -> Vec<Trace> {
    FILES.into_iter().map(|(name, text)| read(name, text)).collect()
}

fn read(name: &str, text: &str) -> Trace {
    let mut cadence = 0;
    let mut sent = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (first, second) = line.split_once(' ').expect("two words in a line");
        let number = |text: &str| text.parse().expect("a number of ms");
        if first == "cadence" {
            cadence = number(second);
        } else {
            let at = number(first);
            sent.push(Sent { at, heard: Some(at), promise: number(second) });
        }
    }
    Trace { name: name.to_owned(), cadence, sent }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_in_order_and_long_enough_to_say_something() {
        for trace in traces() {
            assert!(trace.cadence > 0 && trace.sent.len() > 60, "{}", trace.name);
            assert!(trace.sent.windows(2).all(|pair| pair[0].at <= pair[1].at), "{}", trace.name);
        }
    }
}
