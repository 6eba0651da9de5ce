//! Seven kinds of days, simulated: what happens to the page and to the network between a beat and who waits for it.
//!
//! Figures of each kind stand here and nowhere else. Not here: how a detector does on such a day ([`crate::quality`]).

use crate::chance::Chance;
use crate::trace::{Client, Sent, Trace};

/// How long each trace is, ms: four days.
const SPAN: f64 = 4.0 * 24.0 * 3.6e6;
/// Browsers let a page that nobody sees work once a second, and after five minutes once a minute.
const INTENSIVE: f64 = 300_000.0;

/// A kind of day: what it is called, and what it is.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    trouble: Trouble,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    None,
    Tail,
    Bursts,
    Roaming,
    Pauses,
    Hidden,
    Overload,
}

pub(crate) const KINDS: [Kind; 7] = [
    Kind {
        name: "normal",
        what: "a cable: delays of 5 ± 3 ms, timers late by 4 ms at most",
        trouble: Trouble::None,
    },
    Kind {
        name: "heavy-tailed",
        what: "delays of at least 10 ms by Pareto's law with the exponent 1.2: one beat in 250 takes over a second",
        trouble: Trouble::Tail,
    },
    Kind {
        name: "bursty loss",
        what: "about every two minutes, for four seconds in the mean, six beats in ten are lost (Gilbert and Elliott)",
        trouble: Trouble::Bursts,
    },
    Kind {
        name: "roaming",
        what: "about every 15 minutes Wi-Fi changes its base station: for 0.5 to 6 s nothing gets through",
        trouble: Trouble::Roaming,
    },
    Kind {
        name: "pauses",
        what: "about every five minutes the page stands still, for garbage or an image: at least 0.2 s by Pareto's law with the exponent 1.1, 20 s at most",
        trouble: Trouble::Pauses,
    },
    Kind {
        name: "throttled tab",
        what: "about every two hours nobody sees the page for ten minutes, and its timers run once a second, after five minutes once a minute",
        trouble: Trouble::Hidden,
    },
    Kind {
        name: "overloaded",
        what: "about every three hours, for half an hour, the computer is too busy: each beat leaves up to 2.5 s late",
        trouble: Trouble::Overload,
    },
];

/// Something that begins at random, lasts, and ends.
struct Spell {
    calm: f64,
    from: f64,
    until: f64,
}

impl Spell {
    fn new(calm: f64, chance: &mut Chance) -> Self {
        let from = chance.exponential(calm);
        Self { calm, from, until: from }
    }

    /// The spell that `at` is in: since when, and until when.
    fn at(
        &mut self,
        at: f64,
        chance: &mut Chance,
        length: impl Fn(&mut Chance) -> f64,
    ) -> Option<(f64, f64)> {
        loop {
            if self.until <= self.from {
                self.until = self.from + length(chance);
            }
            if at < self.until {
                return (at >= self.from).then_some((self.from, self.until));
            }
            self.from = self.until + chance.exponential(self.calm);
            self.until = self.from;
        }
    }
}

/// What a client sends on such a day, and what comes of it.
pub(crate) fn simulate(kind: &Kind, client: Client) -> Trace {
    let mut chance = Chance::of(kind.name);
    let calm = match kind.trouble {
        Trouble::None | Trouble::Tail => f64::MAX,
        Trouble::Bursts => 120e3,
        Trouble::Roaming => 900e3,
        Trouble::Pauses => 300e3,
        Trouble::Hidden => 7_200e3,
        Trouble::Overload => 10_800e3,
    };
    let mut spell = Spell::new(calm, &mut chance);
    let patience = (client.cadence as f64).max(500.0);
    let mut sent = Vec::new();
    let mut now = 0.0_f64;
    while now < SPAN {
        let rough = spell.at(now, &mut chance, |chance| match kind.trouble {
            Trouble::Bursts => chance.exponential(4e3),
            Trouble::Roaming => chance.between(500.0, 6e3),
            Trouble::Pauses => chance.pareto(200.0, 1.1, 20e3),
            Trouble::Hidden => 600e3,
            Trouble::Overload => 1_800e3,
            Trouble::None | Trouble::Tail => 0.0,
        });
        // Due while the page stands still, it goes when the page goes on.
        let at = rough.filter(|_| kind.trouble == Trouble::Pauses).map_or(now, |(_, until)| until);
        let delay = match (kind.trouble, rough) {
            (Trouble::Tail, _) => Some(chance.pareto(10.0, 1.2, 60e3)),
            (Trouble::Bursts, Some(_)) if chance.share() < 0.6 => None,
            // What was under way gets through when the way is there again.
            (Trouble::Roaming, Some((_, until))) => Some(until - at + chance.between(0.0, 300.0)),
            _ => Some(chance.normal(5.0, 3.0).max(1.0)),
        };
        let delay = delay.filter(|&delay| delay < patience);
        let is_hidden = kind.trouble == Trouble::Hidden && rough.is_some();
        let promise = if is_hidden { client.hidden } else { client.promise };
        sent.push(Sent { at: at as u64, heard: delay.map(|delay| (at + delay) as u64), promise });
        let due = at + client.cadence as f64 + chance.between(0.0, 4.0);
        now = match rough {
            Some((since, _)) if is_hidden => {
                let grain = if at - since < INTENSIVE { 1e3 } else { 60e3 };
                (due / grain).ceil() * grain
            }
            Some(_) if kind.trouble == Trouble::Overload => due + chance.between(0.0, 2.5e3),
            _ => due,
        };
    }
    Trace { name: kind.name.to_owned(), cadence: client.cadence, sent }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{OURS, SCRIPT};

    #[test]
    fn beats_are_sent_in_order_and_each_day_has_its_trouble() {
        for client in [OURS, SCRIPT] {
            for kind in &KINDS {
                let trace = simulate(kind, client);
                assert!(trace.sent.windows(2).all(|pair| pair[0].at < pair[1].at), "{}", kind.name);
                assert!(trace.sent.iter().all(|sent| sent.heard.is_none_or(|heard| heard >= sent.at)));
                let lost = trace.sent.iter().filter(|sent| sent.heard.is_none()).count();
                let longest = trace.sent.windows(2).map(|pair| pair[1].at - pair[0].at).max().unwrap();
                let slow = longest > client.cadence + 5;
                let loses = matches!(kind.trouble, Trouble::Bursts | Trouble::Tail | Trouble::Roaming);
                let stands = matches!(kind.trouble, Trouble::Pauses | Trouble::Hidden | Trouble::Overload);
                assert_eq!((lost > 0, slow), (loses, stands), "{} {}: {lost}", kind.name, client.name);
            }
        }
    }
}
