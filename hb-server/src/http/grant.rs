//! What a change needs, and whether who asks for it may. A handler takes [`Asks`] and says:
//!
//! ```text
//! let who = asks.may(Right::Forget).await?; // for the audit
//! ```
//!
//! A token comes as `Authorization: Bearer hb_…`, or a session as a cookie. A browser sends that by itself, and to every port of
//! our name, so who changes something shows in `X-HB` what only our page keeps. Not here: which tokens there are (`auth`).

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use hb_core::id::Who;

use crate::auth::{Auth, Denied, Holder, Role, Stay};
use crate::engine::peer::Peer;

use super::cookie;
use super::front::{Asker, ByTls};
use super::guard;
use super::problem::Problem;

/// Everything that needs a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// To read the API from the network, where `reads = "token"`.
    Look,
    /// To ask a screen to do something.
    Command,
    /// To forget an app.
    Forget,
    /// To dismiss a conflict.
    Dismiss,
    /// To silence something, and to end that.
    Mute,
    /// To take an incident on, or put it off.
    Acknowledge,
    /// To say which screens are expected, and which apps are here to stay.
    Adopt,
    /// To repair a screen.
    Repair,
    /// To open or close something.
    Signal,
    /// To let a machine take the place of another.
    Replace,
    /// To see, make and take back tokens.
    Tokens,
}

impl Right {
    /// The least role that has it, and what it is in words.
    const fn of(self) -> (Role, &'static str) {
        match self {
            Self::Look => (Role::Viewer, "looking"),
            Self::Command => (Role::Operator, "asking a screen"),
            Self::Forget => (Role::Operator, "forgetting a screen"),
            Self::Dismiss => (Role::Operator, "dismissing a conflict"),
            Self::Mute => (Role::Operator, "muting"),
            Self::Acknowledge => (Role::Operator, "taking an incident on"),
            Self::Adopt => (Role::Operator, "saying what is expected"),
            Self::Repair => (Role::Operator, "repairing a screen"),
            Self::Signal => (Role::Operator, "opening and closing"),
            Self::Replace => (Role::Admin, "replacing a machine"),
            Self::Tokens => (Role::Admin, "working with tokens"),
        }
    }
}

/// Who asks, as the request says.
#[derive(Debug)]
pub(super) struct Asks {
    pub(super) peer: Arc<Peer>,
    /// As this server speaks it.
    pub(super) by_tls: bool,
    pub(super) headers: HeaderMap,
    pub(super) auth: Auth,
}

impl Asks {
    /// Who it is, if they may change something: not a page of a stranger, and with the role that it needs.
    pub(super) async fn may(&self, right: Right) -> Result<Who, Problem> {
        guard::is_no_strangers_page(&self.headers)?;
        let key = self.headers.get(guard::OURS).and_then(|key| key.to_str().ok()).unwrap_or_default();
        let session = match cookie::session(&self.headers) {
            Some(cookie) => self.auth.session_of_page(cookie, key).await,
            None => None,
        };
        self.granted(right, session).await
    }

    /// The same for who only reads.
    pub(super) async fn has(&self, right: Right) -> Result<Who, Problem> {
        self.granted(right, self.session().await).await
    }

    async fn granted(&self, right: Right, session: Option<Holder>) -> Result<Who, Problem> {
        let (least, what) = right.of();
        let (holder, way) = self.holder(session, what, least).await?;
        if holder.role < least {
            let detail = format!(
                "`{}` has the role {}, and {what} needs {}: use a token that has it, or make one on the server's machine: \
                 hb token new NAME --role {}",
                holder.name,
                holder.role.word(),
                least.word(),
                least.word()
            );
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        Ok(self.who(&holder, way))
    }

    /// Whose session this is, if it is one.
    pub(super) async fn session(&self) -> Option<Holder> {
        self.auth.session(cookie::session(&self.headers)?).await
    }

    /// How long what it shows is good, be it a token or a session.
    pub(super) fn stay(&self) -> Option<Stay> {
        match self.headers.get(header::AUTHORIZATION) {
            Some(said) => self.auth.stay_by_token(said.to_str().ok()?.split_once(' ')?.1),
            None => self.auth.stay_by_session(cookie::session(&self.headers)?),
        }
    }

    /// For the audit.
    fn who(&self, holder: &Holder, way: &str) -> Who {
        let from = format!("{way} {}", self.peer.host());
        Who::new(&holder.name, &from).expect("tokens have checked names, and addresses are short")
    }

    async fn holder(
        &self,
        session: Option<Holder>,
        what: &str,
        least: Role,
    ) -> Result<(Holder, &'static str), Problem> {
        let Some(said) = self.headers.get(header::AUTHORIZATION) else {
            return match session {
                Some(holder) => Ok((holder, "dashboard")),
                None => Err(unknown(&format!(
                    "{what} needs a token: send `Authorization: Bearer hb_…`, or log in on the dashboard; on the \
                     server's machine `hb token new NAME --role {}` makes one, and `hb login` lets you in once",
                    least.word()
                ))),
            };
        };
        let said = said.to_str().unwrap_or_default();
        let (scheme, token) = said.split_once(' ').unwrap_or((said, ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(unknown("expected `Authorization: Bearer hb_…`"));
        }
        let holder = self.auth.bearer(&self.peer, token).await.map_err(denied)?;
        Ok((holder, "api"))
    }
}

/// Nobody, in words that help whoever it is.
pub(super) fn denied(why: Denied) -> Problem {
    match why {
        Denied::Unknown => unknown(
            "this token is not in force: it is mistyped, over or taken back; on the server's machine `hb token list \
             --state DIR` shows those that are, and `hb token new NAME --role operator --state DIR` makes one, whatever \
             token is at hand: DIR is the folder of its memory",
        ),
        Denied::TooOften(after) => {
            let seconds = after.as_millis().div_ceil(1000).max(1);
            let detail = format!("too many wrong tokens came from your address: try again in {seconds} s");
            Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(seconds)
        }
    }
}

fn unknown(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, detail)
}

impl<S: Sync> FromRequestParts<S> for Asks {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

impl Asks {
    /// Of a request that came by [`Front`](super::front::Front), which says who sent it.
    pub(super) fn of(parts: &Parts) -> Self {
        let by_the_front = "every request comes by the front";
        let Asker(peer) = parts.extensions.get().cloned().expect(by_the_front);
        let auth = parts.extensions.get().cloned().expect(by_the_front);
        let by_tls = parts.extensions.get::<ByTls>().is_some();
        Self { peer, by_tls, headers: parts.headers.clone(), auth }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What docs/operating.md says of who may do what.
    #[test]
    fn the_table_that_people_read_is_this_one() {
        let page = include_str!("../../../docs/operating.md");
        let changes = [Right::Mute, Right::Acknowledge, Right::Adopt, Right::Repair, Right::Signal];
        let others =
            [Right::Look, Right::Command, Right::Forget, Right::Dismiss, Right::Replace, Right::Tokens];
        for right in changes.into_iter().chain(others) {
            let (role, what) = right.of();
            let row = page.lines().find(|line| line.starts_with(&format!("| {what}")));
            let row = row.unwrap_or_else(|| panic!("no row for {what}"));
            assert!(row.contains(&format!("| {} |", role.word())), "{row}");
        }
    }
}
