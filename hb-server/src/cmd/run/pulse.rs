//! When a supervisor beats, and what it says. Pure: an answer comes in, the next word and its time go out.

use std::time::Duration;

use hb_core::beat::{Beat, Diagnosis, Display, Promise, Verb};
use hb_core::id::Boot;

use super::seen::Seen;
use crate::cmd::beat::by_cli;

/// Never beat more often than this, whatever is granted.
const LEAST: Duration = Duration::from_millis(250);
/// What a server adds to a promise, its tolerance, is a second; more than this is no answer to believe in.
const MOST_ADDED: Duration = Duration::from_secs(60);
/// Until the next try when there was no answer; a shorter promise tries sooner.
const RETRY: Duration = Duration::from_secs(3);

/// What a child's life says to the server. `None` for what is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) init: Option<Promise>,
    pub(crate) ping: Option<Promise>,
    pub(crate) done: Option<Promise>,
    /// Of a word about the picture, also where no pings are said.
    pub(crate) state: Promise,
    /// Whose words those are, where others ping in the app's name.
    pub(crate) eye: Option<Boot>,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) verb: Verb,
    pub(crate) promise: Promise,
    /// What was seen when it was chosen.
    pub(crate) seen: Seen,
    /// The voice that says it; `None` for that of the app.
    pub(crate) boot: Option<Boot>,
}

impl Word {
    /// It as a beat.
    pub(crate) fn beat(self) -> Beat<'static> {
        let mut beat = by_cli(self.verb, self.promise);
        beat.vitals.boot = self.boot;
        if self.verb == Verb::State {
            // What was wrong with the picture is over, unless what is seen says otherwise.
            beat.vitals.diagnosis = Some(Diagnosis::Ok);
        }
        if self.verb == Verb::State && self.seen.stuck {
            beat.vitals.diagnosis = Some(Diagnosis::PictureStuck);
        }
        self.seen.tell(beat)
    }
}

impl Words {
    /// What a life begins with: `hb_init`, else the first ping.
    pub(crate) fn first(self, seen: Seen) -> Option<Word> {
        let init = self.init.map(|promise| Word { verb: Verb::Init, promise, seen, boot: None });
        init.or_else(|| self.next(seen))
    }

    /// What is said as soon as something else is `seen`.
    pub(crate) fn changed(self, seen: Seen) -> Word {
        self.next(seen).unwrap_or(self.sight(Verb::State, seen))
    }

    /// What follows `said`, and how long after that was sent, when it was answered by the time granted, or not at all, and
    /// nothing else is seen.
    pub(crate) fn after(self, said: Word, granted: Option<Duration>) -> Option<(Duration, Word)> {
        let after = match granted {
            // As the original's wrapper: 95 % of what was granted. An earlier beat than granted does no harm; a number
            // that means nothing would silence the child for as long.
            Some(granted) => granted.min(said.promise.as_duration() + MOST_ADDED) * 95 / 100,
            None => RETRY.min(said.promise.as_duration() / 3),
        };
        let next = self.next(said.seen).or(granted.is_none().then_some(said))?;
        Some((after.max(LEAST), next))
    }

    /// A client in a bad state withholds its ping. How the display is is said for as long as it is known, also where else
    /// nothing is: old words count for nothing. That it is off is said by pings, which are no word of what is wrong.
    fn next(self, seen: Seen) -> Option<Word> {
        if seen.stuck {
            return Some(self.sight(Verb::State, seen));
        }
        let power = seen.display.map(|display| match display {
            Display::Off => self.sight(Verb::Ping, seen),
            Display::On => self.sight(Verb::State, seen),
        });
        let ping = self.ping.map(|promise| Word { verb: Verb::Ping, promise, seen, boot: None });
        ping.or(power)
    }

    /// A word about what is seen and nothing else.
    fn sight(self, verb: Verb, seen: Seen) -> Word {
        Word { verb, promise: self.state, seen, boot: self.eye }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(init: Option<u64>, ping: Option<u64>) -> Words {
        let promise = |ms: u64| Promise::from_millis(ms).unwrap();
        Words {
            init: init.map(promise),
            ping: ping.map(promise),
            done: None,
            state: promise(9_000),
            eye: None,
        }
    }

    /// Sends all that comes due in the first `until` ms, each answered at once by `granted`.
    fn lives(
        words: Words,
        until: u64,
        granted: impl Fn(Verb, Promise) -> Option<u64>,
    ) -> Vec<(u64, &'static str)> {
        let (mut at, mut said) = (Duration::ZERO, Vec::new());
        let mut next = words.first(Seen::default()).map(|first| (Duration::ZERO, first));
        while let Some((after, word)) = next {
            at += after;
            let millis = u64::try_from(at.as_millis()).unwrap();
            if millis > until {
                break;
            }
            said.push((millis, word.verb.word()));
            next = words.after(word, granted(word.verb, word.promise).map(Duration::from_millis));
        }
        said
    }

    #[test]
    fn a_life_goes_by_what_is_granted() {
        let server = |_, promise: Promise| Some(u64::from(promise.as_millis()) + 1000);
        let (init, ping) = ("hb_init", "hb_ping");
        for (words, expected) in [
            (
                words(Some(10_000), Some(9_000)),
                vec![(0, init), (10_450, ping), (19_950, ping), (29_450, ping)],
            ),
            (words(None, Some(9_000)), vec![(0, ping), (9_500, ping), (19_000, ping), (28_500, ping)]),
            (words(Some(10_000), None), vec![(0, init)]),
            (words(None, None), vec![]),
        ] {
            assert_eq!(lives(words, 30_000, server), expected, "{words:?}");
        }
    }

    #[test]
    fn nobody_can_grant_a_silence_that_was_not_asked_for() {
        for granted in [604_800_000, u64::from(u32::MAX), u64::MAX] {
            let said = lives(words(Some(10_000), Some(9_000)), 200_000, |_, _| Some(granted));
            assert_eq!(
                said,
                [(0, "hb_init"), (66_500, "hb_ping"), (132_050, "hb_ping"), (197_600, "hb_ping")]
            );
        }
        // Who asks for a week may have it.
        let said =
            lives(words(None, Some(604_800_000)), 600_000_000, |_, promise| Some(promise.as_millis().into()));
        assert_eq!(said, [(0, "hb_ping"), (574_560_000, "hb_ping")]);
    }

    #[test]
    fn silence_of_the_server_is_no_reason_to_fall_silent() {
        let dead = |_, _| None;
        assert_eq!(
            lives(words(Some(10_000), Some(1_500)), 4_000, dead),
            [(0, "hb_init"), (3_000, "hb_ping"), (3_500, "hb_ping"), (4_000, "hb_ping")]
        );
        assert_eq!(
            lives(words(Some(10_000), None), 6_000, dead),
            [(0, "hb_init"), (3_000, "hb_init"), (6_000, "hb_init")]
        );
    }

    #[test]
    fn what_is_seen_is_said_where_no_pings_are() {
        let eye = Boot::new("eye");
        let quiet = Words { eye, ..words(Some(10_000), None) };
        let at = |stuck, display| Seen { stuck, display };
        for (seen, verb, diagnosis, goes_on) in [
            (at(true, None), Verb::State, Some(Diagnosis::PictureStuck), true),
            (at(true, Some(Display::Off)), Verb::State, Some(Diagnosis::PictureStuck), true),
            (at(false, Some(Display::Off)), Verb::Ping, None, true),
            (at(false, Some(Display::On)), Verb::State, Some(Diagnosis::Ok), true),
            (at(false, None), Verb::State, Some(Diagnosis::Ok), false),
        ] {
            let word = quiet.changed(seen);
            let beat = word.beat();
            let said = (beat.verb, beat.vitals.diagnosis, beat.vitals.display, beat.vitals.boot);
            assert_eq!(said, (verb, diagnosis, seen.display, eye), "{seen:?}");
            let next =
                quiet.after(word, Some(Duration::from_secs(10))).map(|(after, next)| (after, next == word));
            assert_eq!(next, goes_on.then_some((Duration::from_millis(9_500), true)), "{seen:?}");
        }
        assert_eq!(
            quiet.first(Seen::default()).unwrap().beat().vitals.boot,
            None,
            "that it begins is no sight"
        );
        let word = words(None, Some(9_000)).changed(at(true, None));
        assert_eq!((word.verb, word.boot), (Verb::State, None), "the ping is withheld");
    }

    #[test]
    fn a_grant_of_nothing_makes_no_storm() {
        assert_eq!(lives(words(None, Some(0)), 1_000, |_, _| Some(0)).len(), 5);
        assert_eq!(lives(words(None, Some(0)), 1_000, |_, _| None).len(), 5);
    }
}
