//! The vocabulary: what a client can say and what the server can believe, once, for every module and both ends.
//!
//! The words are those of spec/liveness.md sections 2 and 5; their text forms stand beside them here and nowhere else.

use core::fmt;
use core::time::Duration;

use alloc::borrow::Cow;

use crate::id::Boot;

/// Defines an enum whose variants each have one word on the wire, in JSON and on the pages.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word for this value.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The value for a word; `None` if there is none.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

words! {
    /// What a request asks for.
    Verb {
        /// Register; the promise covers start-up.
        Init = "hb_init",
        /// A heartbeat: "I will beat again within `T` ms".
        Ping = "hb_ping",
        /// Goodbye.
        Done = "hb_done",
        /// "I am here and this is wrong": contact that renews no promise.
        State = "hb_state",
    }
}

words! {
    /// Who sent a beat.
    By {
        /// The page's render loop.
        Frame = "frame",
        /// A timer on the page's main thread.
        Timer = "timer",
        /// The page's worker.
        Worker = "worker",
        /// A command line or a supervisor.
        Cli = "cli",
        /// A native program.
        Native = "native",
    }
}

words! {
    /// Whether the page can be seen.
    Visibility {
        /// At least partly on a screen.
        Visible = "visible",
        /// Minimised, covered or in a background tab.
        Hidden = "hidden",
    }
}

words! {
    /// The page's GL contexts.
    Gl {
        /// All alive.
        Ok = "ok",
        /// At least one lost.
        Lost = "lost",
        /// The page has none.
        None = "none",
    }
}

words! {
    /// Power of the display, where someone knows.
    Display {
        /// Lit.
        On = "on",
        /// Dark by intent or fault.
        Off = "off",
    }
}

words! {
    /// The client's own diagnosis of itself.
    Diagnosis {
        /// Loading; the first frame is not yet due.
        Starting = "starting",
        /// Frames advance.
        Ok = "ok",
        /// Frames advance, slower than usual.
        Slow = "slow",
        /// Draws on demand, and a probe shows that it could.
        Idle = "idle",
        /// Nobody can see the page.
        Hidden = "hidden",
        /// The browser froze the page.
        Frozen = "frozen",
        /// Reload or navigation under way.
        Leaving = "leaving",
        /// Visible, and no frame for `stallAfter`.
        NoFrames = "no-frames",
        /// The page's script does not answer.
        MainBlocked = "main-blocked",
        /// A GL context is lost.
        ContextLost = "context-lost",
        /// The GPU finishes nothing.
        GpuStuck = "gpu-stuck",
        /// Frames are drawn but the picture does not change.
        PictureStuck = "picture-stuck",
    }
}

impl Diagnosis {
    /// Whether the client says that nothing is being drawn. A client in such a state withholds `hb_ping`.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        matches!(
            self,
            Self::NoFrames | Self::MainBlocked | Self::ContextLost | Self::GpuStuck | Self::PictureStuck
        )
    }
}

words! {
    /// What the server believes, **worst first**: the worst true fact wins. The order is the precedence.
    State {
        /// An expected screen shows nothing that is up.
        Missing = "missing",
        /// Silent beyond the down threshold.
        Down = "down",
        /// In contact, and nothing is being drawn.
        Stalled = "stalled",
        /// Beats in time, but nobody can see the page.
        Hidden = "hidden",
        /// Silent beyond the late threshold.
        Late = "late",
        /// Was good before a restart of the server and has not been heard since.
        Unknown = "unknown",
        /// Said it is leaving, or its presence closed; expected back.
        Reconnecting = "reconnecting",
        /// Registered; the first frame or ping is not yet due.
        Starting = "starting",
        /// Works.
        Up = "up",
        /// The display is known to be off, outside opening hours.
        Off = "off",
        /// Said goodbye.
        Done = "done",
    }
}

words! {
    /// Why the state is what it is.
    Cause {
        /// Nothing to explain.
        None = "none",
        /// The promise was not kept.
        Silence = "silence",
        /// No frame for `stallAfter` while visible.
        NoFrames = "no-frames",
        /// The page's script is stuck.
        MainBlocked = "main-blocked",
        /// The GL context is lost.
        ContextLost = "context-lost",
        /// The GPU finishes nothing.
        GpuStuck = "gpu-stuck",
        /// The picture does not change.
        PictureStuck = "picture-stuck",
        /// Somebody who is neither the page nor a program says that nothing is drawn.
        Unproven = "unproven",
        /// More than three unclean restarts within five minutes.
        CrashLoop = "crash-loop",
        /// The browser froze the page in the background.
        Frozen = "frozen",
        /// The presence socket closed without a goodbye and nothing came back.
        ConnectionLost = "connection-lost",
        /// Said it was leaving and did not return.
        Left = "left",
        /// Two pages answer to one name.
        Conflict = "conflict",
        /// The display is off.
        DisplayOff = "display-off",
        /// The server restarted.
        Restart = "restart",
    }
}

/// Longest promise: 7 days.
pub const MAX_PROMISE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// "I beat again within `T`": whole milliseconds, 0 to [`MAX_PROMISE`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Promise(u32);

impl Promise {
    /// A promise of `millis` ms; `None` above [`MAX_PROMISE`].
    #[must_use]
    pub const fn from_millis(millis: u64) -> Option<Self> {
        // 7 days in ms is 604 800 000, well inside u32.
        if millis as u128 > MAX_PROMISE.as_millis() { None } else { Some(Self(millis as u32)) }
    }

    /// In milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u32 {
        self.0
    }

    /// As a duration.
    #[must_use]
    pub const fn as_duration(self) -> Duration {
        Duration::from_millis(self.0 as u64)
    }
}

/// What a beat says beyond the promise; each part optional (spec/liveness.md 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vitals {
    /// Version of the vocabulary; `Some(1)` from clients that pace themselves by their own promise.
    pub version: Option<u8>,
    /// Page load this beat belongs to.
    pub boot: Option<Boot>,
    /// Counter over all requests of the boot, from 1.
    pub seq: Option<u32>,
    /// Who sent it.
    pub by: Option<By>,
    /// Frames drawn since the boot began.
    pub frames: Option<u64>,
    /// Milliseconds since the last frame, at the moment of sending.
    pub age: Option<u32>,
    /// Longest gap between two frames since the last beat, ms.
    pub gap: Option<u32>,
    /// Whether the page can be seen.
    pub visibility: Option<Visibility>,
    /// State of the GL contexts.
    pub gl: Option<Gl>,
    /// The client's own diagnosis.
    pub diagnosis: Option<Diagnosis>,
    /// Power of the display.
    pub display: Option<Display>,
    /// The `stallAfter` in force at the client, ms.
    pub stall: Option<u32>,
    /// Uncaught errors and rejections since the boot began.
    pub errors: Option<u32>,
    /// JS heap in use, KiB.
    pub memory: Option<u32>,
}

/// One request of a client, parsed and checked; borrowed from the request where it can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat<'a> {
    /// What it asks for.
    pub verb: Verb,
    /// The promise it carries.
    pub promise: Promise,
    /// What else it says.
    pub vitals: Vitals,
    /// First line of the last uncaught error, ≤ 120 characters.
    pub last_error: Option<Cow<'a, str>>,
    /// How many optional parts were malformed and therefore dropped.
    pub malformed: u16,
}

impl Beat<'_> {
    /// Whether it says goodbye, or that it is about to go.
    pub(crate) fn is_parting(&self) -> bool {
        self.verb == Verb::Done || self.vitals.diagnosis == Some(Diagnosis::Leaving)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_finds_its_value_again() {
        for &state in State::ALL {
            assert_eq!(State::from_word(state.word()), Some(state));
        }
        for &diagnosis in Diagnosis::ALL {
            assert_eq!(Diagnosis::from_word(diagnosis.word()), Some(diagnosis));
        }
        assert_eq!(Diagnosis::from_word("bogus"), None);
    }

    #[test]
    fn the_order_of_states_is_the_table_of_the_specification() {
        let words = "missing down stalled hidden late unknown reconnecting starting up off done";
        assert!(State::ALL.iter().map(|s| s.word()).eq(words.split(' ')));
    }

    #[test]
    fn a_promise_is_at_most_seven_days() {
        assert_eq!(Promise::from_millis(604_800_000).map(Promise::as_millis), Some(604_800_000));
        assert_eq!(Promise::from_millis(604_800_001), None);
    }
}
