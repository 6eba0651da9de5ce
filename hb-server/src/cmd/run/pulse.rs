//! When a supervisor beats, and what it says. Pure: an answer comes in, the next word and its time go out.

use std::time::Duration;

use hb_core::beat::{Promise, Verb};

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

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) verb: Verb,
    pub(crate) promise: Promise,
}

impl Words {
    /// What a life begins with: `hb_init`, else the first ping.
    pub(crate) fn first(self) -> Option<Word> {
        let init = self.init.map(|promise| Word { verb: Verb::Init, promise });
        init.or_else(|| self.ping())
    }

    /// What follows `said`, and how long after that was sent, when it was answered by the time granted, or not at all.
    pub(crate) fn after(self, said: Word, granted: Option<Duration>) -> Option<(Duration, Word)> {
        let after = match granted {
            // As the original's wrapper: 95 % of what was granted. An earlier beat than granted does no harm; a number
            // that means nothing would silence the child for as long.
            Some(granted) => granted.min(said.promise.as_duration() + MOST_ADDED) * 95 / 100,
            None => RETRY.min(said.promise.as_duration() / 3),
        };
        let next = self.ping().or(granted.is_none().then_some(said))?;
        Some((after.max(LEAST), next))
    }

    fn ping(self) -> Option<Word> {
        self.ping.map(|promise| Word { verb: Verb::Ping, promise })
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
        let (mut at, mut said) = (Duration::ZERO, Vec::new());
        let mut next = words.first().map(|first| (Duration::ZERO, first));
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
    fn a_grant_of_nothing_makes_no_storm() {
        assert_eq!(lives(words(None, Some(0)), 1_000, |_, _| Some(0)).len(), 5);
        assert_eq!(lives(words(None, Some(0)), 1_000, |_, _| None).len(), 5);
    }
}
