//! What the gate is told and what it tells, and the knobs of what counts as alive.
//!
//! Not here: what follows from what ([`super::Gate`]).

use core::time::Duration;

use hb_lease::time::Time;

use crate::beat::Diagnosis;
use crate::defaults;

/// What counts as alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Without a frame for this long while visible, nothing is being drawn. Default [`defaults::STALL`].
    pub stall: Duration,
    /// From loading to the first frame. Default [`defaults::STARTUP_GRACE`].
    pub grace: Duration,
    /// Whether being hidden is normal here (an item of a playlist). Default no.
    pub hidden_is_fine: bool,
    /// Whether the page is on another thread, which is asked what it does and may be stuck. Default no.
    pub remote: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { stall: defaults::STALL, grace: defaults::STARTUP_GRACE, hidden_is_fine: false, remote: false }
    }
}

/// A fact about the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// The page has loaded: the grace for the first frame begins.
    Loaded,
    /// Frames are promised from now on: only an armed page can stall before its first frame.
    Armed,
    /// Frames were drawn since the last such report.
    Drawn(Drawn),
    /// The page can be seen, or no longer.
    Visible(bool),
    /// The browser is about to freeze the page.
    Freeze,
    /// The browser thawed it.
    Resume,
    /// How many of the watched GL contexts are lost now.
    Contexts {
        /// Lost and not yet restored.
        lost: u32,
    },
    /// A long load is ahead: no stall before it is over or frames come again.
    Busy(Duration),
    /// Nothing needs to be drawn until further notice, or that is over.
    Idle(bool),
    /// A probe came back: the page could draw.
    Proved,
    /// Reload, navigation or closing.
    Leave,
    /// Back from the back/forward cache: everything begins anew.
    Return,
    /// Whether a GPU fence is overdue although the browser had time to draw, and drew nothing either; said again while it is.
    Overdue(bool),
    /// Whether the picture, looked at, has been the same for too long although frames are drawn.
    Same(bool),
    /// Time has passed.
    Tick,
}

/// What follows from a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The diagnosis is a different one now.
    Changed(Diagnosis),
    /// Ask the browser for one frame of our own and report [`Input::Proved`] when it comes; of a page on another thread,
    /// ask what it has [`Input::Drawn`], if only nothing.
    Probe,
}

/// Frames drawn since the last report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    /// How many.
    pub frames: u32,
    /// When the last of them was drawn, as its render loop said; not to be trusted.
    pub last: Time,
    /// The longest time between two of them, in whole ms.
    pub longest: u32,
    /// How many took longer than the limit in force.
    pub long: u32,
}
