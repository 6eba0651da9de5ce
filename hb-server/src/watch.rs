//! From what is believed to what is done about it: who is told, what is repaired, what is expected, muted and kept.
//!
//! Every decision is a machine's of `hb_core`; here they are fed, and what they say is done. Not here: detection (the
//! engine's), how a message is carried (`notify`) or a program run (`exec`), who may ask for what (`http`).

pub mod agent;
pub mod history;
pub mod links;
mod machine;
mod meant;
mod moment;
mod post;
pub mod repairs;
mod shell;
pub mod signals;
mod standing;
pub(crate) mod states;
mod told;

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use hb_core::defaults;
use hb_core::expect::Expected;
use hb_core::id::Pattern;
use hb_core::incident::Tree;
use hb_core::repair::Ladder;
use hb_core::window::{Hours, Scope};
use jiff::tz::TimeZone;

use crate::exec::Unit;

pub(crate) use machine::{Afterwards, how_word, kind_word, read_hours};
pub use machine::{
    Happened, Input, Machine, Open, Output, Past, Refusal, Rehearsal, Replaced, Replacement, Reply, Request,
    waiting_for,
};
pub(crate) use meant::{nearest, no_group};
pub use moment::Moment;
pub use post::Mail;
pub use shell::{Denied, Task, Watch};
pub use standing::{Incident, Muted, Standing, Verdict};
pub use told::{Told, What};

/// What the operator wants, as the configuration says it.
#[derive(Clone, Debug)]
pub struct Config {
    /// Groups and dependencies.
    pub tree: Tree,
    /// Which screens should be lit, and with what.
    pub expect: Vec<Expected>,
    /// Opening hours, each with whom they are for.
    pub calendars: Vec<(Scope, Hours)>,
    /// Windows for maintenance that come again and again.
    pub windows: Vec<Window>,
    /// Key switches and show controls that say when something is open.
    pub signals: Vec<signals::Config>,
    /// What may be done about which screens; the first that matches counts.
    pub repairs: Vec<Plan>,
    /// After opening, start and the return of power, before anyone is judged. Default [`defaults::BOOT_GRACE`].
    pub boot_grace: Duration,
    /// The zone of times in messages.
    pub zone: TimeZone,
    /// Where people reach this server; without it messages have no links.
    pub url: Option<links::Base>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            tree: Tree::default(),
            expect: Vec::new(),
            calendars: Vec::new(),
            windows: Vec::new(),
            signals: Vec::new(),
            repairs: Vec::new(),
            boot_grace: defaults::BOOT_GRACE,
            zone: TimeZone::UTC,
            url: None,
        }
    }
}

/// A window for maintenance that comes again and again.
#[derive(Clone, Debug)]
pub struct Window {
    /// For whom.
    pub scope: Scope,
    /// When: while these hours say that it is open.
    pub hours: Hours,
    /// Why; may be empty.
    pub reason: String,
}

/// What may be done about some screens.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which.
    pub apps: Vec<Pattern>,
    /// The steps.
    pub ladder: Arc<Ladder>,
    /// The program of a `command` step.
    pub command: Option<Vec<OsString>>,
    /// The unit of a `restart` step, of this machine; without it, and for apps of other hosts, the child of `hb run` is
    /// started again.
    pub unit: Option<Unit>,
    /// What would be done is only said.
    pub dry: bool,
}
