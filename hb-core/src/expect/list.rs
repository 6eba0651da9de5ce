//! What an operator expects to be lit: places, and what they show. Not here: what follows ([`super::Expect`]).

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::id::{Glob, Identity, InvalidName, OwnedIdentity};

/// A place where something is shown: host and slot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    host: Box<str>,
    slot: Box<str>,
}

impl Place {
    /// The place `slot` of `host`; `""` is the only one.
    ///
    /// # Errors
    /// As [`Identity::new`].
    ///
    /// ```
    /// use hb_core::expect::Place;
    ///
    /// assert_eq!(Place::new("kiosk-17", "left").unwrap().to_string(), "kiosk-17#left");
    /// assert!(Place::new("", "").is_err());
    /// ```
    pub fn new(host: &str, slot: &str) -> Result<Self, InvalidName> {
        // Any app will do: the names of a place are checked as those of an app's.
        Identity::new(host, slot, "x").map(Self::of)
    }

    /// The place of an app.
    #[must_use]
    pub fn of(id: Identity<'_>) -> Self {
        Self { host: id.host().into(), slot: id.slot().into() }
    }

    /// The machine.
    #[must_use]
    pub const fn host(&self) -> &str {
        &self.host
    }

    /// Its window or monitor.
    #[must_use]
    pub const fn slot(&self) -> &str {
        &self.slot
    }

    pub(super) fn app(&self, app: &str) -> OwnedIdentity {
        Identity::new(&self.host, &self.slot, app).expect("its parts are of identities").to_owned()
    }
}

impl fmt::Display for Place {
    /// As after the `@` of an identity: `host`, with `#slot` behind where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        if self.slot.is_empty() { Ok(()) } else { write!(f, "#{}", self.slot) }
    }
}

/// An entry of the list: at least one of these apps is up here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Where.
    pub place: Place,
    /// What, by the name of the app; one is enough.
    pub shows: Vec<Glob>,
}
