//! How well a detector does on a trace, in the measures of Chen, Toueg and Aguilera 2002.
//!
//! T_D from the end of a page to the suspicion that stays; T_MR from one mistake to the next; T_M from a mistake until it is
//! taken back; P_A the share of its life in which a page is rightly trusted.

use crate::contender::Contender;
use crate::trace::Trace;

/// So many beats at the beginning count for nothing, but for a tenth of a short trace: who learns has to begin.
const WARM: usize = 100;
/// Moments in each interval at which the page is made to end.
const ENDS: u64 = 4;
const DAY: f64 = 24.0 * 3.6e6;

/// What was measured; times in ms.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Quality {
    pub(crate) mistakes: u32,
    mistaken: u64,
    span: u64,
    /// Mean time of detection.
    pub(crate) detection: f64,
    /// The longest of a thousand ends but one.
    pub(crate) slow: u64,
}

/// Shows every beat of `trace` to `contender`.
pub(crate) fn measure(trace: &Trace, contender: Contender) -> Quality {
    let mut watch = contender.watch(trace.cadence);
    let (mut mistakes, mut mistaken) = (0, 0);
    let (mut detected, mut ends) = (0, Vec::with_capacity(trace.sent.len() * ENDS as usize));
    let warm = WARM.min(trace.sent.len() / 10);
    let mut begun = None;
    let (mut deadline, mut last) = (0, 0);
    for (number, sent) in trace.sent.iter().enumerate() {
        // Whoever is overtaken is late news, which no detector is shown.
        if let Some(heard) = sent.heard.filter(|&heard| heard >= last) {
            if begun.is_some() && heard > deadline {
                mistakes += 1;
                mistaken += heard - deadline;
            }
            deadline = watch.hear(heard, number as u32 + 1, sent.promise);
            last = heard;
        }
        let Some(next) = trace.sent.get(number + 1) else { continue };
        if number < warm {
            continue;
        }
        begun.get_or_insert(last);
        for part in 0..ENDS {
            let end = sent.at + (next.at - sent.at) * (2 * part + 1) / (2 * ENDS);
            let took = deadline.saturating_sub(end);
            detected += took;
            ends.push(took);
        }
    }
    let slow = ends.len().saturating_sub(1) * 999 / 1_000;
    let detection = detected as f64 / ends.len().max(1) as f64;
    let slow = if ends.is_empty() { 0 } else { *ends.select_nth_unstable(slow).1 };
    Quality { mistakes, mistaken, span: last - begun.unwrap_or(last), detection, slow }
}

impl Quality {
    /// Mistakes a day.
    pub(crate) fn rate(&self) -> f64 {
        f64::from(self.mistakes) * DAY / self.span.max(1) as f64
    }

    /// Mean time between mistakes, ms; `None` where there was none.
    pub(crate) fn recurrence(&self) -> Option<f64> {
        (self.mistakes > 0).then(|| self.span as f64 / f64::from(self.mistakes))
    }

    /// Mean length of a mistake, ms.
    pub(crate) fn length(&self) -> Option<f64> {
        (self.mistakes > 0).then(|| self.mistaken as f64 / f64::from(self.mistakes))
    }

    /// Share of the time in which the page was rightly trusted.
    pub(crate) fn accuracy(&self) -> f64 {
        1.0 - self.mistaken as f64 / self.span.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Sent;

    #[test]
    fn a_trace_that_can_be_counted_by_hand() {
        // A beat a second that promises nothing and is granted a second; each fifth beat takes half a second.
        let sent: Vec<Sent> = (0..1_101)
            .map(|beat| {
                let (at, late) = (beat * 1_000, u64::from(beat % 5 == 0) * 500);
                Sent { at, heard: Some(at + late), promise: 0 }
            })
            .collect();
        let trace = Trace { name: String::new(), cadence: 1_000, sent };
        // From the beat numbered 100 on, which is late, until the one numbered 1100.
        let found = measure(&trace, Contender::Fixed(100));
        assert_eq!((found.mistakes, found.mistaken, found.span), (200, 200 * 500, 1_000_000));
        assert_eq!((found.recurrence(), found.length(), found.accuracy()), (Some(5_000.0), Some(500.0), 0.9));
        assert_eq!(found.rate(), 17_280.0);
        // Waits a second from each beat; the page ends half a second after it sent one, in the mean.
        assert_eq!((found.detection, found.slow), (600.0, 1_375));
        assert_eq!(measure(&trace, Contender::Fixed(150)).mistakes, 0);
    }
}
