//! A host takes the place of another: with what only the memory knows of it, and in one step with the memory.
//!
//! Not here: what goes along ([`super::super::Machine`]).

use hb_core::id::{OwnedIdentity, Who};

use super::super::{Output, Replaced, Replacement, Reply, Request};
use super::{Denied, Watch};

impl Watch {
    /// Lets a host take the place of another, as `who` says, and answers when it is durable.
    ///
    /// # Errors
    /// Why it was not done, or not kept.
    pub async fn replace(&self, who: &Who, old: &str, new: &str) -> Result<Replaced, Denied> {
        let (watch, host) = (self.clone(), old.to_owned());
        let kept = move || {
            let names = watch.names().into_iter();
            names.filter(|id| id.borrow().host() == host).collect::<Vec<_>>()
        };
        let kept = tokio::task::spawn_blocking(kept).await.unwrap_or_default();
        let replacement = Replacement { old: old.into(), new: new.into(), kept };
        match self.ask(who, Request::Replace(replacement)).await? {
            Reply::Replaced(replaced) => Ok(replaced),
            _ => Ok(Replaced::default()),
        }
    }
}

/// What the memory is to call otherwise.
pub(super) fn renamed(output: &Output) -> Option<(OwnedIdentity, OwnedIdentity)> {
    if let Output::Renamed(from, to) = output { Some((from.clone(), to.clone())) } else { None }
}
