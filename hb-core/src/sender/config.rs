//! How a page beats: the knobs, their defaults and why. Not here: what turning one does.

use core::time::Duration;

use crate::gate;

/// What being hidden means for this page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenHidden {
    /// A fault to be reported. The default: a screen is there to be seen.
    #[default]
    Report,
    /// Normal here; the promise goes on and nothing is reported.
    Fine,
    /// The exhibit is over until it is seen again: goodbye on hiding, `hb_init` on showing.
    Pause,
}

/// How a page beats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The promise `T`; zero sends nothing by itself. Default 5 s, the default of the original client.
    pub interval: Duration,
    /// No frame for this long while visible is a stall. Default 3 s.
    pub stall: Duration,
    /// For the first frame after loading, and for the return after leaving. Default 30 s.
    pub grace: Duration,
    /// Time for an answer; `None` is one cadence, at least 500 ms, so that a lost answer costs one beat.
    pub timeout: Option<Duration>,
    /// Whether to register with `hb_init` before the first beat. Default no, as the original.
    pub init: bool,
    /// Whether leaving the page is a goodbye (`hb_done`). Default no: a reload is not the end of an exhibit.
    pub done: bool,
    /// What being hidden means. Default [`WhenHidden::Report`].
    pub hidden: WhenHidden,
    /// Whether to say more than the original protocol. Default yes.
    pub vitals: bool,
    /// Whether this is a page's worker: it asks the page what it does, sees it stuck, and leaves beacons to it. Default
    /// no.
    pub remote: bool,
}

impl Default for Config {
    fn default() -> Self {
        let gate = gate::Config::default();
        Self {
            interval: Duration::from_secs(5),
            stall: gate.stall,
            grace: gate.grace,
            timeout: None,
            init: false,
            done: false,
            hidden: WhenHidden::Report,
            vitals: true,
            remote: false,
        }
    }
}
