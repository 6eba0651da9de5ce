//! Why alerts and repairs wait, in words: each reason with which of the two it stops, since nobody may think that people are
//! not told where they are. Not here: deciding it ([`hb_core::hold`]).

use hb_core::hold::{Reason, Stops};
use hb_server::watch::waiting_for;

use super::table::shown;

/// The words of the API as phrases: "repairs wait: two answer to its name". Of what is `known`, because somebody takes care of
/// it or wants no word of it, nobody is told, whatever the words allow.
pub(super) fn phrases(words: &[String], known: bool) -> Vec<String> {
    let reasons: Vec<Reason> = words.iter().filter_map(|word| Reason::from_word(word)).collect();
    let quiet = known || reasons.iter().any(|reason| reason.stops(Stops::Alerts));
    let repairs = if quiet { "repairs wait" } else { "repairs wait, people are told" };
    let mut said: Vec<String> = Vec::new();
    for (waits, stops) in
        [("alerts and repairs wait", (true, true)), ("alerts wait", (true, false)), (repairs, (false, true))]
    {
        let fits = |it: &Reason| (it.stops(Stops::Alerts), it.stops(Stops::Repairs)) == stops;
        let whys: Vec<_> = reasons.iter().copied().filter(fits).map(waiting_for).collect();
        said.extend((!whys.is_empty()).then(|| format!("{waits}: {}", whys.join(", "))));
    }
    // Of a newer server.
    let strange = words.iter().filter(|word| Reason::from_word(word).is_none());
    said.extend(strange.map(|word| format!("held: {}", shown(word))));
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_who_waits_and_that_people_are_told_where_they_are() {
        for (words, said) in [
            (&[][..], &[][..]),
            (&["conflict"], &["repairs wait, people are told: two answer to its name"]),
            (&["covered"], &["alerts wait: a larger incident speaks for it"]),
            (
                &["closed", "conflict", "grace"],
                &[
                    "alerts and repairs wait: outside the opening hours, it was just switched on",
                    "repairs wait: two answer to its name",
                ],
            ),
            (&["tide"], &["held: tide"]),
        ] {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(phrases(&words, false), said);
        }
    }

    #[test]
    fn of_what_somebody_wants_quiet_about_it_does_not_say_that_people_are_told() {
        assert_eq!(phrases(&["display-off".into()], true), ["repairs wait: its display is off"]);
    }
}
