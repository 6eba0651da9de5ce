//! How much a guest may say: so many messages and bytes at once, and so many a second after that.
//!
//! Pure: what it is told of the time is all it knows. Not here: what a guest that says more is told.

use hb_lease::time::Time;

use crate::sync::{Arc, Mutex, lock};

/// What fits at once, and what comes back a second.
///
/// The example of [`Limits`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// At once, after a silence.
    pub burst: u64,
    /// A second, for good.
    pub rate: u64,
}

/// What one guest may say.
///
/// ```
/// use hb_bus::guest::{Allowance, Limits};
///
/// // A page that says a little, and may begin with ten words at once.
/// let limits = Limits { messages: Allowance { burst: 10, rate: 2 }, ..Limits::default() };
/// // What all pages of one address may say together.
/// assert_eq!(limits.times(8).messages, Allowance { burst: 80, rate: 16 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Messages, requests and subscriptions: once a frame on a fast screen, with room for a beginning. Default 1000, and
    /// 240 a second.
    pub messages: Allowance,
    /// Their bytes, as they come. Default 8 MiB, and 1 MiB a second.
    pub bytes: Allowance,
    /// Denials, one more for each KiB that was denied. Who earns more is no page that publishes in its loop, but a flood,
    /// and is shown out. Default 2000, and 1000 a second.
    pub denials: Allowance,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            messages: Allowance { burst: 1000, rate: 240 },
            bytes: Allowance { burst: 8 * MIB, rate: MIB },
            denials: Allowance { burst: 2000, rate: 1000 },
        }
    }
}

impl Limits {
    /// So many times as much.
    #[must_use]
    pub fn times(self, n: u64) -> Self {
        let more = |Allowance { burst, rate }| Allowance {
            burst: burst.saturating_mul(n),
            rate: rate.saturating_mul(n),
        };
        Self { messages: more(self.messages), bytes: more(self.bytes), denials: more(self.denials) }
    }
}

/// What all guests of one place may say together, however often they come and go. A cheap handle.
///
/// ```
/// use hb_bus::guest::{Account, Limits};
/// use hb_lease::time::Time;
///
/// let account = Account::new(Limits::default(), Time::ZERO); // a clone goes to `Host::serve_on`
/// assert!(account.is_idle(Time::ZERO));
/// let _guest = account.clone();
/// assert!(!account.is_idle(Time::ZERO), "somebody has it");
/// ```
#[derive(Clone, Debug)]
pub struct Account(Arc<Mutex<Budget>>);

impl Account {
    /// Nothing was said yet.
    #[must_use]
    pub fn new(limits: Limits, now: Time) -> Self {
        Self(Arc::new(Mutex::new(Budget::new(limits, now))))
    }

    /// Whether it can be forgotten: nobody has a handle of it, and nothing is missing from it.
    #[must_use]
    pub fn is_idle(&self, now: Time) -> bool {
        Arc::strong_count(&self.0) == 1 && lock(&self.0).is_full(now)
    }

    pub(super) fn take(&self, now: Time, bytes: usize) -> Verdict {
        lock(&self.0).take(now, bytes)
    }
}

/// What becomes of what a guest says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is within its budget.
    Heard,
    /// It is not. `first`: since half of it was left.
    Denied { first: bool },
    /// It goes on and on.
    Flood,
}

/// What is left to one guest.
#[derive(Debug)]
pub(super) struct Budget {
    messages: Bucket,
    bytes: Bucket,
    denials: Bucket,
    dry: bool,
}

impl Budget {
    pub(super) fn new(limits: Limits, now: Time) -> Self {
        let bucket = |allowance| Bucket { allowance, level: full(allowance), at: now };
        let (messages, bytes) = (bucket(limits.messages), bucket(limits.bytes));
        Self { messages, bytes, denials: bucket(limits.denials), dry: false }
    }

    /// It says something of so many bytes. What is denied costs nothing: a guest that slows down is heard at once.
    pub(super) fn take(&mut self, now: Time, bytes: usize) -> Verdict {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        // Told again only to who slowed down in between: else a steady flow a little too strong is told all the time.
        self.dry &= !(self.messages.is_half_full(now) && self.bytes.is_half_full(now));
        if self.messages.holds(now, 1) && self.bytes.holds(now, bytes) {
            self.messages.spend(1);
            self.bytes.spend(bytes);
            return Verdict::Heard;
        }
        let first = !std::mem::replace(&mut self.dry, true);
        let denials = 1 + bytes / 1024;
        if !self.denials.holds(now, denials) {
            return Verdict::Flood;
        }
        self.denials.spend(denials);
        Verdict::Denied { first }
    }

    fn is_full(&mut self, now: Time) -> bool {
        [&mut self.messages, &mut self.bytes, &mut self.denials]
            .into_iter()
            .all(|bucket| bucket.holds(now, bucket.allowance.burst))
    }
}

/// A bucket of tokens: a thousandth is what comes back in a ms at one a second.
#[derive(Debug)]
struct Bucket {
    allowance: Allowance,
    level: u64,
    at: Time,
}

const THOUSANDTHS: u64 = 1000;

fn full(allowance: Allowance) -> u64 {
    allowance.burst.saturating_mul(THOUSANDTHS)
}

impl Bucket {
    /// Whether so many are in it, after what came back since the last look.
    fn holds(&mut self, now: Time, wanted: u64) -> bool {
        let passed = now.since(self.at).as_millis().try_into().unwrap_or(u64::MAX);
        self.at = self.at.max(now);
        let back = self.allowance.rate.saturating_mul(passed);
        self.level = self.level.saturating_add(back).min(full(self.allowance));
        self.level >= wanted.saturating_mul(THOUSANDTHS)
    }

    fn is_half_full(&mut self, now: Time) -> bool {
        self.holds(now, self.allowance.burst / 2)
    }

    fn spend(&mut self, wanted: u64) {
        self.level = self.level.saturating_sub(wanted.saturating_mul(THOUSANDTHS));
    }
}

/// What a guest that says too much is told.
pub(super) fn too_much(limits: Limits) -> String {
    let Limits { messages, bytes, .. } = limits;
    let kib = bytes.rate / 1024;
    format!(
        "you say too much: at most {} messages and {kib} KiB a second. What is more is lost; you are told once",
        messages.rate
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        messages: Allowance { burst: 5, rate: 2 },
        bytes: Allowance { burst: 100, rate: 10 },
        denials: Allowance { burst: 3, rate: 1 },
    };

    fn at(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    #[test]
    fn a_burst_is_heard_then_the_rate_then_nobody() {
        let mut budget = Budget::new(LIMITS, at(1_000));
        let mut said = |millis| budget.take(at(millis), 1);
        assert_eq!([(); 5].map(|()| said(1_000)), [Verdict::Heard; 5]);
        assert_eq!(said(1_000), Verdict::Denied { first: true });
        assert_eq!(said(1_499), Verdict::Denied { first: false });
        assert_eq!(said(1_500), Verdict::Heard, "half a second is one of two a second");
        assert_eq!(said(1_500), Verdict::Denied { first: false }, "again, but not told again");
        assert_eq!(said(1_500), Verdict::Flood);
        assert_eq!(said(2_000), Verdict::Heard, "whoever slows down is heard at once");
        assert_eq!([(); 6].map(|()| said(60_000))[4..], [Verdict::Heard, Verdict::Denied { first: true }]);
    }

    #[test]
    fn few_long_words_are_as_much_as_many_short_ones() {
        let mut budget = Budget::new(LIMITS, at(0));
        assert_eq!(budget.take(at(0), 101), Verdict::Denied { first: true }, "never fits");
        assert_eq!(budget.take(at(0), 100), Verdict::Heard);
        assert_eq!(budget.take(at(900), 10), Verdict::Denied { first: true });
        assert_eq!(budget.take(at(1_000), 10), Verdict::Heard);
        assert_eq!(budget.take(at(500), 1), Verdict::Denied { first: false }, "time does not go back");
        assert_eq!(budget.take(Time::MAX, 3 * 1024), Verdict::Flood, "a word of 3 KiB is denied four times");
        assert_eq!(budget.take(Time::MAX, usize::MAX), Verdict::Flood);
    }

    #[test]
    fn an_account_outlives_those_who_use_it_and_is_idle_when_nothing_is_missing() {
        let account = Account::new(LIMITS.times(2), at(0));
        assert!(account.is_idle(at(0)));
        for _ in 0..2 {
            let guest = account.clone();
            assert_eq!([(); 5].map(|()| guest.take(at(0), 1)), [Verdict::Heard; 5]);
            assert!(!account.is_idle(at(0)));
        }
        assert_eq!(account.take(at(0), 1), Verdict::Denied { first: true }, "whoever comes next");
        assert!(!account.is_idle(at(2_499)) && account.is_idle(at(2_500)));
    }

    #[cfg(not(target_family = "wasm"))]
    mod random {
        use proptest::prelude::*;

        use super::*;

        proptest! {
            /// However it is spread: never more than the burst and what came back, and after a full silence all of it.
            #[test]
            fn no_schedule_says_more_than_its_budget(
                words in prop::collection::vec((0..2_000_u64, 0..60_usize), 1..200),
            ) {
                let mut budget = Budget::new(LIMITS, at(0));
                let (mut now, mut heard, mut bytes) = (0, 0, 0);
                for (wait, length) in words {
                    now += wait;
                    if budget.take(at(now), length) == Verdict::Heard {
                        heard += 1;
                        bytes += length as u64;
                    }
                    prop_assert!(1000 * heard <= 5_000 + 2 * now, "{heard} messages by {now} ms");
                    prop_assert!(1000 * bytes <= 100_000 + 10 * now, "{bytes} bytes by {now} ms");
                }
                // In ten seconds all bytes are back, in less all messages.
                for _ in 0..5 {
                    prop_assert_eq!(budget.take(at(now + 10_000), 20), Verdict::Heard);
                }
            }
        }
    }
}
