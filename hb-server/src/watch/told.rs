//! What this room tells on the bus of what happens, and its JSON. Not here: how it stands with an app (`http`).

pub(super) mod json;

use hb_bus::message::Topic;
use hb_core::id::OwnedIdentity;

use super::{Happened, Moment};

/// Something that happened, with its moment.
#[derive(Clone, Debug)]
pub struct Told {
    /// When.
    pub at: Moment,
    /// What.
    pub what: What,
}

/// What is told.
#[derive(Clone, Debug)]
pub enum What {
    /// A machine said so.
    Happened(Happened),
    /// It stands otherwise with this app than before: muted, acknowledged, being repaired.
    Standing(OwnedIdentity),
}

impl What {
    /// What a message that tells this is about.
    #[must_use]
    pub const fn topic(&self) -> Topic {
        match self {
            Self::Happened(Happened::Incident(_)) => Topic::from_static("hb.incident"),
            Self::Happened(Happened::Expect(_)) => Topic::from_static("hb.expect"),
            Self::Happened(Happened::Repair(_)) => Topic::from_static("hb.repair"),
            Self::Happened(Happened::Window(_)) => Topic::from_static("hb.mute"),
            Self::Happened(Happened::Acknowledged { .. }) => Topic::from_static("hb.acknowledged"),
            Self::Standing(_) => Topic::from_static("hb.standing"),
        }
    }
}
