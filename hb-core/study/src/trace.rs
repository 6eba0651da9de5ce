//! Beats as they were sent and as they came: what every detector is shown.
//!
//! Not here: where they are from ([`crate::weather`], [`crate::recorded`]).

/// A request of a page. Times are whole milliseconds since the trace began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) at: u64,
    /// When it was heard; `None` if it was lost.
    pub(crate) heard: Option<u64>,
    /// The promise it carries.
    pub(crate) promise: u64,
}

/// All that one page sent.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    pub(crate) name: String,
    /// How often it means to beat, ms.
    pub(crate) cadence: u64,
    pub(crate) sent: Vec<Sent>,
}

/// How a client beats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) name: &'static str,
    /// Between two beats, ms.
    pub(crate) cadence: u64,
    /// What it promises, ms.
    pub(crate) promise: u64,
    /// What it promises while nobody sees it.
    pub(crate) hidden: u64,
}

/// Ours: three beats in each promise, and a promise that says how browsers treat a page that nobody sees.
pub(crate) const OURS: Client = Client { name: "hb", cadence: 1_667, promise: 5_000, hidden: 65_000 };
/// A script that promises and then beats as seldom as it may.
pub(crate) const SCRIPT: Client = Client { name: "script", cadence: 5_000, promise: 5_000, hidden: 5_000 };
