//! A deed in words of an address, under a MAC. Pure but for the random bits of keys and nonces.
//!
//! `PAYLOAD.MAC`, both base64url: the payload is a list in JSON, the MAC is HMAC-SHA-256 of the payload as it stands there.
//! Nothing of it is read before the MAC was found right, in constant time. Not here: which were used.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hb_core::id::{Identity, OwnedIdentity};
use hb_lease::time::Wall;
use ring::hmac::{self, HMAC_SHA256};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

/// Longest that is looked at: three names of 255 bytes, each byte escaped, are less.
const LONGEST: usize = 8 * 1024;
/// What a MAC of ours begins with, so that the key signs nothing else by the same bytes.
const PURPOSE: &[u8] = b"hb link 1\n";

/// What a link does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// "I take care of it."
    Acknowledge,
    /// Quiet for an hour.
    Snooze,
    /// Load the page again.
    Reload,
}

/// What one link says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// About which incident.
    pub incident: u64,
    /// What to do.
    pub action: Action,
    /// With which app, for what is done to one.
    pub app: Option<OwnedIdentity>,
    /// The first moment at which it is too old.
    pub expires: Wall,
    /// What tells it from every other.
    pub(super) nonce: String,
}

/// Why a link does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// Not of this server, or damaged.
    Unknown,
    /// Used before.
    Used,
    /// Too old.
    Expired,
}

/// Incident, action, expiry in ms since 1970, nonce, and host, slot and app.
#[derive(Serialize, Deserialize)]
struct Payload(u64, Action, i64, String, Option<(String, String, String)>);

impl Deed {
    /// One that no other is like.
    pub(super) fn new(incident: u64, action: Action, app: Option<OwnedIdentity>, expires: Wall) -> Self {
        Self { incident, action, app, expires, nonce: BASE64.encode(random::<12>()) }
    }
}

pub(super) struct Seal(hmac::Key);

impl Seal {
    /// A new one, and the text that it is kept as.
    pub(super) fn draw() -> (Self, String) {
        let bits = random::<32>();
        (Self(hmac::Key::new(HMAC_SHA256, &bits)), BASE64.encode(bits))
    }

    /// The one that was kept as this.
    pub(super) fn read_kept(text: &str) -> Option<Self> {
        let bits = BASE64.decode(text).ok().filter(|bits| bits.len() == 32)?;
        Some(Self(hmac::Key::new(HMAC_SHA256, &bits)))
    }

    pub(super) fn sign(&self, deed: &Deed) -> String {
        let app = deed.app.as_ref().map(OwnedIdentity::borrow);
        let app = app.map(|id| (id.host().into(), id.slot().into(), id.app().into()));
        let payload =
            Payload(deed.incident, deed.action, deed.expires.as_unix_millis(), deed.nonce.clone(), app);
        let payload = BASE64.encode(serde_json::to_vec(&payload).expect("texts and numbers are always JSON"));
        let mac = hmac::sign(&self.0, &signed(&payload));
        format!("{payload}.{}", BASE64.encode(mac))
    }

    pub(super) fn read(&self, text: &str) -> Result<Deed, Invalid> {
        self.open(text).ok_or(Invalid::Unknown)
    }

    fn open(&self, text: &str) -> Option<Deed> {
        let (payload, mac) = text.split_once('.').filter(|_| text.len() <= LONGEST)?;
        hmac::verify(&self.0, &signed(payload), &BASE64.decode(mac).ok()?).ok()?;
        let Payload(incident, action, expires, nonce, app) =
            serde_json::from_slice(&BASE64.decode(payload).ok()?).ok()?;
        let app = match app {
            Some((host, slot, app)) => Some(Identity::new(&host, &slot, &app).ok()?.to_owned()),
            None => None,
        };
        Some(Deed { incident, action, app, expires: Wall::from_unix_millis(expires), nonce })
    }
}

fn signed(payload: &str) -> Vec<u8> {
    [PURPOSE, payload.as_bytes()].concat()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bits = [0; N];
    SystemRandom::new().fill(&mut bits).expect("the system gives random bits");
    bits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn deed() -> Deed {
        let app = Identity::new("kiosk-7", "left", "Größe \"<b>\"").unwrap().to_owned();
        Deed::new(7, Action::Reload, Some(app), Wall::from_unix_millis(1_000))
    }

    #[test]
    fn what_was_signed_is_read_and_no_two_are_alike() {
        let (seal, text) = Seal::draw();
        let (one, two) = (deed(), deed());
        assert_ne!(one.nonce, two.nonce);
        assert_eq!(seal.read(&seal.sign(&one)), Ok(one.clone()));
        assert_eq!(Seal::read_kept(&text).unwrap().read(&seal.sign(&one)), Ok(one.clone()), "as it was kept");
        assert_eq!(Seal::draw().0.read(&seal.sign(&one)), Err(Invalid::Unknown), "by another server");
        assert!(Seal::read_kept("").is_none() && Seal::read_kept(&text[1..]).is_none());
        let link = seal.sign(&one);
        assert!(link.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{link}");
    }

    #[test]
    fn one_other_character_anywhere_makes_it_another_link() {
        let seal = Seal::draw().0;
        let link = seal.sign(&deed());
        for at in 0..link.len() {
            for other in ["A", "B", "", "."] {
                let spoilt = format!("{}{other}{}", &link[..at], &link[at + 1..]);
                if spoilt != link {
                    assert_eq!(seal.read(&spoilt), Err(Invalid::Unknown), "{at}");
                }
            }
        }
        assert_eq!(seal.read(&format!("{link}A")), Err(Invalid::Unknown));
        assert_eq!(seal.read(&format!("{link}=")), Err(Invalid::Unknown));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_without_a_panic(text in ".{0,80}", tail in "[A-Za-z0-9_-]{0,60}") {
            let seal = Seal::draw().0;
            prop_assert_eq!(seal.read(&text), Err(Invalid::Unknown));
            prop_assert_eq!(seal.read(&format!("{tail}.{tail}")), Err(Invalid::Unknown));
        }
    }
}
