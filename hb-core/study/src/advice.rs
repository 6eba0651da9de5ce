//! How often advice is given: a page is said to slow down. Not here: what is judged ([`crate::quality`]).

use std::time::Duration;

use hb_core::defaults::TOLERANCE;
use hb_core::detect::Pace;

use crate::trace::Trace;

const DAY: f64 = 24.0 * 3.6e6;

/// How often a day "slowing down" begins, and for which share of the time it lasts. As in the registry a page that promises
/// otherwise because nobody sees it teaches nothing, and none that was silent for twice what it was granted.
pub(crate) fn slowing(trace: &Trace) -> (f64, f64) {
    let mut pace = Pace::default();
    let (mut times, mut slow) = (0_u32, 0);
    let heard: Vec<(u64, u64)> =
        trace.sent.iter().filter_map(|sent| Some((sent.heard?, sent.promise))).collect();
    let Some(&(first, usual)) = heard.first() else { return (0.0, 0.0) };
    for pair in heard.windows(2) {
        let [(last, promise), (now, next)] = [pair[0], pair[1]];
        let elapsed = Duration::from_millis(now.saturating_sub(last));
        let granted = Duration::from_millis(promise) + TOLERANCE;
        if pace.is_slowing() {
            slow += now.saturating_sub(last);
        }
        if promise == usual && next == usual && elapsed < granted * 2 {
            times += u32::from(pace.hear(granted, elapsed) == Some(true));
        }
    }
    let span = heard.last().map_or(1, |&(last, _)| (last - first).max(1)) as f64;
    (f64::from(times) * DAY / span, slow as f64 / span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Sent;

    #[test]
    fn each_time_it_begins_counts_once() {
        // An hour in which it beats once a second, but for ten minutes only every three.
        let beats = (0..1_500).chain((500..700).map(|beat| beat * 3)).chain(2_100..3_600);
        let sent =
            beats.map(|second| Sent { at: second * 1_000, heard: Some(second * 1_000), promise: 5_000 });
        let trace = Trace { name: String::new(), cadence: 1_000, sent: sent.collect() };
        let (times, share) = slowing(&trace);
        assert!((times - 24.0).abs() < 0.1, "once in an hour: {times}");
        assert!(share > 0.01 && share < 1.0 / 6.0, "until that is its pace: {share}");
    }
}
