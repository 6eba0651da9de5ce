//! One moment on both clocks: the engine's, by which promises are judged, and the calendar. Not here: reading them.

use hb_lease::time::{Time, Wall};

/// One moment on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The engine's time.
    pub now: Time,
    /// What the calendar shows then.
    pub wall: Wall,
}

impl Moment {
    /// What the calendar showed at `at`, if nobody set it since.
    ///
    /// ```
    /// use hb_lease::time::{Time, Wall};
    /// use hb_server::watch::Moment;
    ///
    /// let moment = Moment { now: Time::from_millis(500), wall: Wall::from_unix_millis(9_000) };
    /// assert_eq!(moment.wall_of(Time::from_millis(200)), Wall::from_unix_millis(8_700));
    /// assert_eq!(moment.time_of(Wall::from_unix_millis(9_100)), Time::from_millis(600));
    /// // What was before the run began is at its beginning.
    /// assert_eq!(moment.time_of(Wall::from_unix_millis(0)), Time::ZERO);
    /// ```
    #[must_use]
    pub fn wall_of(self, at: Time) -> Wall {
        let ahead = i128::from(at.as_millis()) - i128::from(self.now.as_millis());
        Wall::from_unix_millis(clamp(i128::from(self.wall.as_unix_millis()) + ahead))
    }

    /// The engine's time at `wall`; zero for what was before the run.
    #[must_use]
    pub fn time_of(self, wall: Wall) -> Time {
        let ahead = i128::from(wall.as_unix_millis()) - i128::from(self.wall.as_unix_millis());
        let at = i128::from(self.now.as_millis()) + ahead;
        Time::from_millis(u64::try_from(at.max(0)).unwrap_or(u64::MAX))
    }
}

fn clamp(millis: i128) -> i64 {
    i64::try_from(millis).unwrap_or(if millis < 0 { i64::MIN } else { i64::MAX })
}
