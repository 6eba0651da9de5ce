//! Which refusal it is, in a word: for pages, which say it in the language of whoever reads.
//!
//! Not here: the sentence (`crate::watch`), the status ([`super`]).

use hb_core::hold::Reason;
use hb_core::repair;

use crate::watch::Refusal;

/// Every word beside those of [`Reason`], for which nothing is repaired either.
const WORDS: [&str; 11] = [
    "no-evidence",
    "clock",
    "running",
    "rehearsing",
    "no-step",
    "hourly",
    "rebooted",
    "busy",
    "no-incident",
    "no-mute",
    "no-app",
];

/// Every word there is.
pub(in crate::http) fn words() -> impl Iterator<Item = &'static str> {
    WORDS.into_iter().chain(Reason::ALL.iter().map(|reason| reason.word()))
}

/// The word of a refusal; `None` for those that a page cannot run into by its buttons.
pub(super) const fn word(refusal: &Refusal) -> Option<&'static str> {
    match refusal {
        Refusal::Repair(why) | Refusal::Later { refusal: why, .. } => Some(of_repair(*why)),
        Refusal::Rehearsing(_) => Some("rehearsing"),
        Refusal::NoIncident(_) => Some("no-incident"),
        Refusal::NoMute(_) => Some("no-mute"),
        Refusal::NoApp(_) => Some("no-app"),
        Refusal::Window(_)
        | Refusal::Over
        | Refusal::NotExpected(_)
        | Refusal::Configured(_)
        | Refusal::Full
        | Refusal::NoHost(_)
        | Refusal::NoSuccessor(_)
        | Refusal::SameHost
        | Refusal::PatternHost
        | Refusal::Alive(_)
        | Refusal::TooMany(_) => None,
    }
}

const fn of_repair(why: repair::Refusal) -> &'static str {
    match why {
        repair::Refusal::NoEvidence => "no-evidence",
        repair::Refusal::Held(reason) => reason.word(),
        repair::Refusal::Clock => "clock",
        repair::Refusal::Running => "running",
        repair::Refusal::Rehearsing => "rehearsing",
        repair::Refusal::NoStep => "no-step",
        repair::Refusal::Hourly(_) => "hourly",
        repair::Refusal::Rebooted(_) => "rebooted",
        repair::Refusal::Busy => "busy",
    }
}

#[cfg(test)]
mod tests {
    use hb_lease::time::Time;

    use super::*;

    #[test]
    fn every_word_is_listed() {
        let plain = [
            repair::Refusal::NoEvidence,
            repair::Refusal::Clock,
            repair::Refusal::Running,
            repair::Refusal::Rehearsing,
            repair::Refusal::NoStep,
            repair::Refusal::Hourly(Time::ZERO),
            repair::Refusal::Rebooted(Time::ZERO),
            repair::Refusal::Busy,
        ];
        let held = Reason::ALL.iter().map(|reason| repair::Refusal::Held(*reason));
        let all = plain.into_iter().chain(held).map(Refusal::Repair);
        for refusal in all.chain([Refusal::NoIncident(1), Refusal::NoMute(1)]) {
            let word = word(&refusal).unwrap();
            assert!(words().any(|it| it == word), "{word}");
        }
    }
}
