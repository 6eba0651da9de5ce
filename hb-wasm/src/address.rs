//! Where a request goes: a base in front of the verb, or the template form of the original design.
//!
//! Not here: reading the base from options or the page's address (that is the face's).

use hb_core::beat::{Beat, Verb};

use crate::query::Request;

/// The server's address and what of the identity the page declares.
pub(crate) struct Address {
    base: String,
    /// What follows the promise in a template (`…?container=pong&next=%n` has the empty text); `None` for a base.
    tail: Option<String>,
    app: String,
    host: Option<String>,
    slot: Option<String>,
}

impl Address {
    pub(crate) fn new(
        base: String,
        tail: Option<String>,
        app: String,
        host: Option<String>,
        slot: Option<String>,
    ) -> Self {
        Self { base, tail, app, host, slot }
    }

    /// Whether this server can be told such a thing: a template knows beats only.
    pub(crate) fn takes(&self, verb: Verb) -> bool {
        self.tail.is_none() || matches!(verb, Verb::Init | Verb::Ping)
    }

    /// The address of one request. `command` is the last path segment; a template has none.
    pub(crate) fn of(&self, command: &str, beat: Beat<'static>) -> String {
        let mut url = self.base.clone();
        let mut query = String::new();
        let promise = beat.promise.as_millis();
        let request =
            Request { beat, app: &self.app, host: self.host.as_deref(), slot: self.slot.as_deref() };
        request.encode(&mut query);
        if let Some(tail) = &self.tail {
            // The query begins with the promise; what follows it says more to a server that reads it.
            let digits = promise.checked_ilog10().unwrap_or_default() as usize + 1;
            url.push_str(query.get(..digits).unwrap_or_default());
            url.push_str(tail);
            url.push_str(query.get(digits..).unwrap_or_default());
        } else {
            url.push('/');
            url.push_str(command);
            url.push('?');
            url.push_str(&query);
        }
        url
    }
}
