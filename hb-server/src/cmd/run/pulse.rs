//! When a supervisor beats, and what it says. Pure: `now` comes in, what is due goes out.

use std::time::Duration;

use hb_core::beat::{Promise, Verb};
use hb_lease::time::Time;

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
}

/// The pulse of one child.
#[derive(Clone, Debug)]
pub(crate) struct Pulse {
    words: Words,
    due: Option<(Time, Verb, Promise)>,
}

impl Pulse {
    pub(crate) fn new(words: Words) -> Self {
        Self { words, due: None }
    }

    /// The child was started: `hb_init` is due at once, else the first ping.
    pub(crate) fn born(&mut self, now: Time) {
        let Words { init, ping, .. } = self.words;
        self.due = init.map(|t| (now, Verb::Init, t)).or_else(|| ping.map(|t| (now, Verb::Ping, t)));
    }

    /// The child ended: nothing vouches for it until it is born again.
    pub(crate) fn died(&mut self) {
        self.due = None;
    }

    /// What to send next, and when.
    pub(crate) fn due(&self) -> Option<(Time, Verb, Promise)> {
        self.due
    }

    /// What was due was sent at `sent`, and answered by the time granted, or not at all.
    pub(crate) fn answered(&mut self, sent: Time, granted: Option<Duration>) {
        let Some((_, verb, promise)) = self.due else { return };
        let after = match granted {
            // As the original's wrapper: 95 % of what was granted. An earlier beat than granted does no harm; a number
            // that means nothing would silence the child for as long.
            Some(granted) => granted.min(promise.as_duration() + MOST_ADDED) * 95 / 100,
            None => RETRY.min(promise.as_duration() / 3),
        };
        let at = sent + after.max(LEAST);
        self.due = match (self.words.ping, granted) {
            (Some(promise), _) => Some((at, Verb::Ping, promise)),
            (None, None) => Some((at, verb, promise)),
            (None, Some(_)) => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(init: Option<u64>, ping: Option<u64>) -> Words {
        let promise = |ms: u64| Promise::from_millis(ms).unwrap();
        Words { init: init.map(promise), ping: ping.map(promise), done: None }
    }

    /// Sends all that comes due in the first `until` ms, each answered at once by `granted`.
    fn lives(
        words: Words,
        until: u64,
        granted: impl Fn(Verb, Promise) -> Option<u64>,
    ) -> Vec<(u64, &'static str)> {
        let mut pulse = Pulse::new(words);
        pulse.born(Time::ZERO);
        let mut said = Vec::new();
        while let Some((at, verb, promise)) = pulse.due().filter(|(at, ..)| at.as_millis() <= until) {
            said.push((at.as_millis(), verb.word()));
            pulse.answered(at, granted(verb, promise).map(Duration::from_millis));
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
    fn a_grant_of_nothing_makes_no_storm() {
        assert_eq!(lives(words(None, Some(0)), 1_000, |_, _| Some(0)).len(), 5);
        assert_eq!(lives(words(None, Some(0)), 1_000, |_, _| None).len(), 5);
    }

    #[test]
    fn the_dead_say_nothing() {
        let mut pulse = Pulse::new(words(Some(1), Some(1)));
        pulse.born(Time::ZERO);
        pulse.died();
        assert_eq!(pulse.due(), None);
        pulse.answered(Time::ZERO, Some(Duration::from_secs(1)));
        assert_eq!(pulse.due(), None, "an answer that comes after the end begins nothing");
    }
}
