//! The engine's clock (law 4): monotonic time minus the pauses of this very process.
//!
//! A process that was stopped, swapped out or starved must not take its own absence for the silence of others. The
//! detector's thread calls [`Clock::tick`] every [`PERIOD`]; whoever reads the clock while that call is overdue sees
//! time stand still, and the call that comes late at last takes the whole gap out of time, in O(1) and for all apps at
//! once. After a pause time stands still a little longer, so that beats which waited in socket buffers are taken
//! before anyone is judged. Here is also the only place that turns engine time into calendar time.
//! Not here: who ticks, and what is done with a pause (`detector`).

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hb_lease::time::{Time, Wall};

/// How often the detector ticks when nothing is due.
pub const PERIOD: Duration = Duration::from_millis(25);
/// An overshoot of the ticker from which on it is a pause of ours.
pub const OVERSHOOT: Duration = Duration::from_millis(50);
/// How long time goes on standing still after a pause, so that queued beats come first.
pub const DRAIN: Duration = Duration::from_millis(100);

/// Where the system's clock begins, ms: 136 years after [`Time::ZERO`], so that what an earlier run knew has a time too.
const BEGINNING: u64 = 1 << 42;
/// Beyond this many ms since the last tick, time stands still.
const CAP: u64 = (PERIOD.as_millis() + OVERSHOOT.as_millis()) as u64;
/// Pauses remembered for showing past times; older ones are merged into one.
const REMEMBERED: usize = 256;
/// A calendar that disagrees by more than this has been set; below, it is jitter of the two readings.
const STEP: u64 = 20;

/// A handle on the clock; cheap to clone, all clones agree.
#[derive(Clone)]
pub struct Clock(Arc<Inner>);

struct Inner {
    source: Source,
    /// Source time of the last tick, ms. Written last, read first: see [`Clock::now`].
    ticked: AtomicU64,
    /// Source time before which time stands still, ms.
    resumes: AtomicU64,
    /// What has been taken out of time, ms. Written first.
    skipped: AtomicU64,
    /// Calendar minus source time, ms.
    calendar: AtomicI64,
    /// Engine time at the end of each pause, with all that had been taken out by then. Only for showing past times.
    pauses: Mutex<VecDeque<(Time, u64)>>,
}

enum Source {
    System(Instant),
    Manual { micros: Arc<AtomicU64>, calendar: Arc<AtomicI64> },
}

impl Clock {
    /// The system's monotonic clock, beginning now, which is long after [`Time::ZERO`].
    #[must_use]
    pub fn system() -> Self {
        Self::over(Source::System(Instant::now()))
    }

    /// A clock that moves only by hand, with the [`Hand`] that moves it. Begins at 2026-01-01T00:00:00Z.
    #[must_use]
    pub fn manual() -> (Self, Hand) {
        let (micros, calendar) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicI64::new(1_767_225_600_000)));
        let clock =
            Self::over(Source::Manual { micros: Arc::clone(&micros), calendar: Arc::clone(&calendar) });
        (clock.clone(), Hand { clock, micros, calendar })
    }

    fn over(source: Source) -> Self {
        let (now, wall) = (source.millis(), source.wall_millis());
        Self(Arc::new(Inner {
            source,
            ticked: AtomicU64::new(now),
            resumes: AtomicU64::new(now),
            skipped: AtomicU64::new(0),
            calendar: AtomicI64::new(wall.saturating_sub_unsigned(now)),
            pauses: Mutex::new(VecDeque::new()),
        }))
    }

    /// The engine's time, rounded down: what is judged. May be a little behind while a tick is under way, never ahead.
    #[must_use]
    pub fn now(&self) -> Time {
        self.read().0
    }

    /// The engine's time, rounded down and rounded up to the millisecond, from one look at the clock.
    ///
    /// What arrives is stamped with the later, what is judged goes by the earlier: so no promise is over a fraction
    /// of a millisecond before its time.
    #[must_use]
    pub fn read(&self) -> (Time, Time) {
        let inner = &*self.0;
        // The order of the loads mirrors the order of the stores in `tick`: a reader that sees a new `ticked` sees the
        // rest of that tick, one that sees a new `resumes` sees its `skipped`. Every other mix only falls behind.
        let ticked = inner.ticked.load(Ordering::Acquire);
        let resumes = inner.resumes.load(Ordering::Acquire);
        let skipped = inner.skipped.load(Ordering::Acquire);
        let (down, up) = inner.source.around();
        let stands = down.saturating_sub(ticked) > CAP;
        let at = |source: u64| {
            let flowing = if stands { ticked } else { source };
            Time::from_millis(flowing.max(resumes).saturating_sub(skipped))
        };
        (at(down), at(up))
    }

    /// Tells the clock that the detector is alive; returns the length of the pause it has just come out of, if any.
    /// Only one thread may tick.
    #[expect(clippy::must_use_candidate, reason = "most ticks have nothing to tell")]
    pub fn tick(&self) -> Option<Duration> {
        let inner = &*self.0;
        let source = inner.source.millis();
        self.follow_calendar(source);
        let ticked = inner.ticked.load(Ordering::Relaxed);
        let gap = source.saturating_sub(ticked);
        if gap <= CAP {
            inner.ticked.store(source.max(ticked), Ordering::Release);
            return None;
        }
        let stands_at =
            ticked.max(inner.resumes.load(Ordering::Relaxed)) - inner.skipped.load(Ordering::Relaxed);
        let resumes = source + DRAIN.as_millis() as u64;
        let skipped = resumes - stands_at;
        let mut pauses = lock(&inner.pauses);
        if pauses.len() == REMEMBERED {
            pauses.pop_front();
        }
        pauses.push_back((Time::from_millis(stands_at), skipped));
        inner.skipped.store(skipped, Ordering::Release);
        inner.resumes.store(resumes, Ordering::Release);
        inner.ticked.store(source, Ordering::Release);
        Some(Duration::from_millis(gap))
    }

    /// How much later than it should the detector's last tick was: zero when it is in time.
    #[must_use]
    pub fn lateness(&self) -> Duration {
        let since = self.0.source.millis().saturating_sub(self.0.ticked.load(Ordering::Acquire));
        Duration::from_millis(since).saturating_sub(PERIOD)
    }

    /// What the calendar showed (or will show) at `at`, by today's understanding of the calendar.
    #[must_use]
    pub fn wall(&self, at: Time) -> Wall {
        let skipped = {
            let pauses = lock(&self.0.pauses);
            let later = pauses.partition_point(|&(end, _)| end < at);
            later.checked_sub(1).map_or(0, |last| pauses[last].1)
        };
        let source = at.as_millis().saturating_add(skipped);
        Wall::from_unix_millis(self.0.calendar.load(Ordering::Relaxed).saturating_add_unsigned(source))
    }

    /// How long this clock has been running, pauses included.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        Duration::from_millis(self.0.source.millis() - self.0.source.beginning())
    }

    /// When it was so late on the calendar, by today's understanding of it: what an earlier run wrote down, in the time of
    /// this one. Never later than now, however the calendar was set since.
    #[must_use]
    pub fn at(&self, wall: Wall) -> Time {
        let now = self.now();
        let ago = self.wall(now).as_unix_millis().saturating_sub(wall.as_unix_millis());
        now - Duration::from_millis(u64::try_from(ago).unwrap_or(0))
    }

    fn follow_calendar(&self, source: u64) {
        let fresh = self.0.source.wall_millis().saturating_sub_unsigned(source);
        if fresh.abs_diff(self.0.calendar.load(Ordering::Relaxed)) > STEP {
            self.0.calendar.store(fresh, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

impl Source {
    fn millis(&self) -> u64 {
        self.around().0
    }

    /// The whole milliseconds before and after this moment.
    fn around(&self) -> (u64, u64) {
        match self {
            Self::System(origin) => {
                let elapsed = origin.elapsed();
                let down = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).saturating_add(BEGINNING);
                let exact = elapsed.subsec_nanos().is_multiple_of(1_000_000);
                (down, down.saturating_add(u64::from(!exact)))
            }
            Self::Manual { micros, .. } => {
                let micros = micros.load(Ordering::Acquire);
                (micros / 1000, micros.div_ceil(1000))
            }
        }
    }

    const fn beginning(&self) -> u64 {
        match self {
            Self::System(_) => BEGINNING,
            Self::Manual { .. } => 0,
        }
    }

    fn wall_millis(&self) -> i64 {
        match self {
            Self::System(_) => jiff::Timestamp::now().as_millisecond(),
            Self::Manual { calendar, .. } => {
                calendar.load(Ordering::Acquire).saturating_add_unsigned(self.millis())
            }
        }
    }
}

/// Moves a manual clock, to the microsecond.
#[derive(Clone, Debug)]
pub struct Hand {
    clock: Clock,
    micros: Arc<AtomicU64>,
    calendar: Arc<AtomicI64>,
}

impl Hand {
    /// Lets time pass as it does while the detector is awake.
    pub fn advance(&self, by: Duration) {
        let to = self.micros.load(Ordering::Acquire).saturating_add(micros(by));
        // The tick goes first: a reader in between must not see a pause.
        self.clock.0.ticked.fetch_max(to / 1000, Ordering::AcqRel);
        self.micros.store(to, Ordering::Release);
    }

    /// Lets time pass while this process is stopped: nobody ticks.
    pub fn pause(&self, by: Duration) {
        self.micros.fetch_add(micros(by), Ordering::AcqRel);
    }

    /// Sets the calendar forwards (or, negative, backwards) by `millis` ms.
    pub fn step_calendar(&self, millis: i64) {
        self.calendar.fetch_add(millis, Ordering::AcqRel);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that holds this lock can leave a half-made list behind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn time_flows_while_somebody_ticks() {
        let (clock, hand) = Clock::manual();
        for _ in 0..10 {
            hand.pause(ms(25));
            assert_eq!(clock.tick(), None);
        }
        assert_eq!(clock.now(), Time::from_millis(250));
        // Between two ticks it flows as well.
        hand.pause(ms(75));
        assert_eq!(clock.now(), Time::from_millis(325));
    }

    #[test]
    fn the_systems_clock_is_read_rounded_down_and_up() {
        let reads = || Clock::system().read();
        assert!((0..100).map(|_| reads()).all(|(down, up)| up.since(down) <= ms(1)));
        assert!((0..100).map(|_| reads()).any(|(down, up)| down < up), "hardly ever at a whole millisecond");
    }

    #[test]
    fn what_was_before_this_run_has_a_time_and_finds_back_to_its_date() {
        let years = Duration::from_secs(50 * 365 * 24 * 60 * 60);
        let clock = Clock::system();
        let now = clock.now();
        let then = clock.wall(now - years);
        assert_eq!(clock.wall(now).as_unix_millis() - then.as_unix_millis(), years.as_millis() as i64);
        assert!(clock.uptime() < years, "{:?}", clock.uptime());
        // The same by a clock that stands still.
        let (clock, hand) = Clock::manual();
        hand.advance(years);
        let (now, day) = (clock.now(), ms(86_400_000));
        assert_eq!(clock.at(clock.wall(now - day)), now - day);
        hand.step_calendar(-3_600_000);
        clock.tick();
        assert_eq!(clock.at(Wall::from_unix_millis(i64::MAX)), now, "never later than now");
        assert_eq!(clock.at(Wall::from_unix_millis(i64::MIN)), Time::ZERO);
    }

    #[test]
    fn time_stands_still_in_a_pause_and_for_a_short_drain() {
        let (clock, hand) = Clock::manual();
        hand.advance(ms(1_000));
        hand.pause(ms(76));
        assert_eq!(clock.now(), Time::from_millis(1_000), "seen before the ticker has woken");
        hand.pause(ms(59_924));
        assert_eq!(clock.now(), Time::from_millis(1_000));
        assert_eq!(clock.tick(), Some(ms(60_000)));
        assert_eq!(clock.now(), Time::from_millis(1_000), "queued beats come first");
        for passed in (25..=100).step_by(25) {
            hand.pause(ms(25));
            assert_eq!(clock.tick(), None);
            assert_eq!(clock.now(), Time::from_millis(1_000), "{passed} ms into the drain");
        }
        hand.pause(ms(10));
        assert_eq!(clock.now(), Time::from_millis(1_010));
    }

    #[test]
    fn a_second_pause_inside_the_drain_adds_up() {
        let (clock, hand) = Clock::manual();
        hand.advance(ms(500));
        hand.pause(ms(1_000));
        clock.tick();
        hand.pause(ms(80));
        assert_eq!(clock.tick(), Some(ms(80)));
        assert_eq!(clock.now(), Time::from_millis(500));
        hand.advance(ms(101));
        assert_eq!(clock.now(), Time::from_millis(501));
    }

    #[test]
    fn a_pause_at_any_moment_never_moves_time_back_or_ahead() {
        let (clock, hand) = Clock::manual();
        let (mut before, mut flowed) = (Time::ZERO, 0);
        for step in [25, 10, 76, 3, 5_000, 25, 25, 90, 25, 25, 25, 25, 25, 400, 1, 1, 74, 75, 76] {
            hand.pause(ms(step));
            let unticked = clock.now();
            let pause = clock.tick();
            flowed += if pause.is_some() { 0 } else { step };
            let now = clock.now();
            assert!(before <= unticked && unticked <= now, "{before} {unticked} {now}");
            assert!(now <= Time::from_millis(flowed), "{now} is ahead of {flowed}");
            before = now;
        }
    }

    #[test]
    fn the_calendar_shows_when_things_were_whatever_happened_since() {
        let (clock, hand) = Clock::manual();
        let start = clock.wall(clock.now()).as_unix_millis();
        hand.advance(ms(10_000));
        let before = clock.now();
        hand.pause(ms(3_600_000));
        clock.tick();
        hand.advance(ms(100));
        hand.advance(ms(5_000));
        clock.tick();
        let after = clock.now();
        assert_eq!(after.since(before), ms(5_000));
        assert_eq!(clock.wall(before).as_unix_millis() - start, 10_000);
        assert_eq!(clock.wall(after).as_unix_millis() - start, 3_615_100);
        // Somebody sets the clock: past times are shown by the new understanding, engine time does not move.
        hand.step_calendar(-7_200_000);
        clock.tick();
        assert_eq!(clock.wall(before).as_unix_millis() - start, 10_000 - 7_200_000);
        assert_eq!(clock.now(), after);
    }

    #[test]
    fn a_calendar_is_followed_when_it_was_set_and_not_when_it_trembles() {
        let (clock, hand) = Clock::manual();
        let shown = || clock.wall(Time::ZERO).as_unix_millis();
        let start = shown();
        for (step, follows) in [(20, false), (-20, false), (21, true), (-21, true)] {
            let before = shown();
            hand.step_calendar(step);
            clock.tick();
            assert_eq!(shown() - before, if follows { step } else { 0 }, "{step}");
            hand.step_calendar(-step);
            clock.tick();
            assert_eq!(shown(), start, "{step} taken back");
        }
    }

    #[test]
    fn of_the_pauses_the_last_256_are_remembered() {
        let (clock, hand) = Clock::manual();
        let mut last = (Time::ZERO, 0);
        for _ in 0..300 {
            hand.advance(ms(200));
            last = (clock.now(), clock.wall(clock.now()).as_unix_millis());
            hand.pause(ms(1_000));
            clock.tick();
        }
        assert_eq!(lock(&clock.0.pauses).len(), 256);
        assert_eq!(clock.wall(last.0).as_unix_millis(), last.1);
    }

    #[test]
    fn lateness_is_what_exceeds_the_period() {
        let (clock, hand) = Clock::manual();
        hand.pause(ms(25));
        assert_eq!(clock.lateness(), Duration::ZERO);
        hand.pause(ms(1_000));
        assert_eq!(clock.lateness(), ms(1_000));
        clock.tick();
        assert_eq!(clock.lateness(), Duration::ZERO);
    }
}
