//! What the engine tells, passed on to the machine, and to whoever holds something of a screen under its name.
//!
//! Not here: what the bus had no more room for (`shell`).

use hb_core::id::Identity;
use hb_core::registry::{EventKind, Removal};

use super::{Input, Watch};
use crate::engine::Happening;

impl Watch {
    pub(super) fn hear(&self, happening: &Happening) {
        match happening {
            Happening::Transition { transition, view: Some(view) } => {
                self.believe(transition.id.borrow(), view);
            }
            Happening::Event(event) => match &event.kind {
                EventKind::Removed { why, .. } => {
                    let forgotten = *why == Removal::Forgotten;
                    self.0.pictures.forget(event.id.borrow());
                    self.feed([Input::Removed { id: event.id.borrow(), forgotten }]);
                }
                EventKind::Moved { from } => {
                    let to = event.id.borrow();
                    if let Ok(from) = Identity::new(from, to.slot(), to.app()) {
                        self.0.pictures.rename(from, to);
                        self.feed([Input::Moved { from, to }]);
                    }
                }
                EventKind::Replaced { by, .. } => {
                    let from = event.id.borrow();
                    self.0.pictures.forget(from);
                    if let Ok(to) = Identity::new(by, from.slot(), from.app()) {
                        self.feed([Input::Moved { from, to }]);
                    }
                }
                EventKind::Conflict { on } => {
                    self.feed([Input::Conflict { id: event.id.borrow(), on: *on }]);
                }
                EventKind::Reload { .. } | EventKind::Slowing { .. } => {}
            },
            Happening::Transition { view: None, .. } | Happening::Pause { .. } => {}
        }
    }
}
