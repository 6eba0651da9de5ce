//! Identities as text: no two look the same, and what was written can be read back.
//!
//! The reference server's text, `app @ host`, has the app as it is, so that no exhibit's line changes. What stands behind
//! it is ours: there `%`, `#` and `@` are percent-encoded, so that the last ` @ ` ends the app and the first `#` behind it
//! begins the slot. Not here: which names there may be ([`super`]).

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use core::fmt::{self, Display};
use core::str::FromStr;

use percent_encoding::percent_decode_str;

use super::{Identity, InvalidName, OwnedIdentity};

const AT: &str = " @ ";

impl Display for Identity<'_> {
    /// As the Hilbert texts write it: `app @ host`, with `#slot` behind where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{AT}{}", self.app(), Part(self.host()))?;
        if self.slot().is_empty() { Ok(()) } else { write!(f, "#{}", Part(self.slot())) }
    }
}

impl Display for OwnedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.borrow().fmt(f)
    }
}

/// `app`, or `app#slot` where there is a slot, for whoever sees the apps of one host only.
///
/// An app that is called `x#y` reads `x%23y`: it is not the app `x` in the slot `y`.
///
/// ```
/// use hb_core::id::short;
///
/// assert_eq!(short("x", "y").to_string(), "x#y");
/// assert_eq!(short("x#y", "").to_string(), "x%23y");
/// ```
pub fn short<'a>(app: &'a str, slot: &'a str) -> impl Display + 'a {
    fmt::from_fn(move |f| {
        Part(app).fmt(f)?;
        if slot.is_empty() { Ok(()) } else { write!(f, "#{}", Part(slot)) }
    })
}

/// Why a text names no app in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLabel {
    /// There is nothing that parts app and host.
    #[error("names no host: expected `APP @ HOST` or `APP @ HOST#SLOT`")]
    NoHost,
    /// A name is none.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

impl FromStr for OwnedIdentity {
    type Err = InvalidLabel;

    /// Reads what [`Identity`] writes.
    ///
    /// ```
    /// use hb_core::id::OwnedIdentity;
    ///
    /// let pong: OwnedIdentity = "Pong #2 @ 10.0.0.7#left".parse().unwrap();
    /// let pong = pong.borrow();
    /// assert_eq!((pong.app(), pong.host(), pong.slot()), ("Pong #2", "10.0.0.7", "left"));
    /// ```
    fn from_str(text: &str) -> Result<Self, InvalidLabel> {
        let (app, place) = text.rsplit_once(AT).ok_or(InvalidLabel::NoHost)?;
        let (host, slot) = place.split_once('#').unwrap_or((place, ""));
        let (host, slot) = (decoded(host), decoded(slot));
        Ok(Identity::new(&host, &slot, app)?.to_owned())
    }
}

/// A name of a place, in which nothing looks like the border of one.
pub(super) struct Part<'a>(pub(super) &'a str);

impl Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['%', '#', '@']) {
            f.write_str(&rest[..at])?;
            write!(f, "%{:02X}", rest.as_bytes()[at])?;
            rest = &rest[at + 1..];
        }
        f.write_str(rest)
    }
}

/// What is no encoding is text, so that a person may type a name as it is.
pub(super) fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8().map_or_else(|_| part.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_slot_shows_only_where_there_is_one_and_an_app_stays_as_it_is() {
        for (host, slot, app, label, brief) in [
            ("h", "", "x", "x @ h", "x"),
            ("h", "left", "x", "x @ h#left", "x#left"),
            ("h", "", "x#left", "x#left @ h", "x%23left"),
            ("h#left", "", "x", "x @ h%23left", "x"),
            ("h", "a#b", "100 %", "100 % @ h#a%23b", "100 %25#a%23b"),
            ("k", "", "x @ h", "x @ h @ k", "x %40 h"),
            ("h @ k", "", "x", "x @ h %40 k", "x"),
            ("fe80::1", "links-außen", "Größe", "Größe @ fe80::1#links-außen", "Größe#links-außen"),
        ] {
            assert_eq!(Identity::new(host, slot, app).unwrap().to_string(), label);
            assert_eq!(short(app, slot).to_string(), brief);
        }
    }

    #[test]
    fn what_is_no_label_is_refused_and_what_is_no_encoding_is_text() {
        assert_eq!("x#left".parse::<OwnedIdentity>(), Err(InvalidLabel::NoHost));
        assert_eq!("x @ ".parse::<OwnedIdentity>(), Err(InvalidName::Empty(64).into()));
        let typed: OwnedIdentity = "x @ fe80::1%eth0#100 %".parse().unwrap();
        assert_eq!((typed.borrow().host(), typed.borrow().slot()), ("fe80::1%eth0", "100 %"));
    }

    /// Names of what borders and encodings are made of.
    fn name() -> impl Strategy<Value = String> {
        prop::collection::vec(
            prop::sample::select(&[" ", "@", " @ ", "#", "%", "%23", "2", "a", "ä", "/"][..]),
            0..6,
        )
        .prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn every_identity_is_read_back_from_its_label_and_no_two_look_the_same_in_short(
            host in name(), slot in name(), app in name(), (other_slot, other_app) in (name(), name()),
        ) {
            if let Ok(id) = Identity::new(&host, &slot, &app) {
                prop_assert_eq!(id.to_string().parse(), Ok(id.to_owned()));
            }
            let (one, other) = (short(&app, &slot).to_string(), short(&other_app, &other_slot).to_string());
            prop_assert_eq!(one == other, (app, slot) == (other_app, other_slot));
        }
    }
}
