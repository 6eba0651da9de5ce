//! The commands of the Hilbert protocol, whatever carries them: a question in, an answer out.
//!
//! HTTP calls [`Endpoint::beat`] directly; anything else that brings questions, like a `ResponderHeart`, drives the
//! endpoint as a [`Service`]. Not here: paths, methods, datagrams (the doors'), and what is true (`engine`).

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::task::{Context, Poll};

use bytes::Bytes;
use tower::Service;

use hb_core::beat::Verb;
use hb_core::id::Identity;
use hb_core::registry::Origin;
use hb_core::wire;

use crate::engine::key::REFUSAL;
use crate::engine::peer::Peer;
use crate::engine::{self, Engine};
use crate::watch::Watch;

pub mod keeping;
pub(crate) mod report;

/// The header and its value by which a program says by HTTP that it is one. A page of a browser may send it only to its own
/// origin: to any other it would have to ask in a preflight, which is never granted.
pub const MARK: (&str, &str) = ("hb-by", "program");

/// What somebody asks. `Debug` shows the command alone: a key may be in its query.
#[derive(Clone, PartialEq, Eq)]
pub struct Question {
    /// Who.
    pub peer: Peer,
    /// The address that a new app is counted for; `None` exempts it.
    pub counted_for: Option<IpAddr>,
    /// The command and its query, as in `hb_ping?5000&appid=Tetris`.
    pub line: String,
}

/// What it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// How it went.
    pub status: Status,
    /// The granted time in ms, a goodbye, a report, or one sentence about what was wrong.
    pub text: Bytes,
}

/// How a question went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It was understood and done.
    Ok,
    /// It makes no sense.
    Refused,
    /// It lacks the key to the app.
    Forbidden,
    /// It is about a new app, and there is no room for one.
    Full,
}

/// Answers questions, which programs ask; cheap to clone.
///
/// ```
/// use std::sync::Arc;
/// use hb_bus::runtime::Simulation;
/// use hb_server::engine::{Config, Engine, clock::Clock, peer::Peer};
/// use hb_server::hilbert::{Endpoint, Question};
/// use tower::Service;
///
/// let world = Simulation::new(1);
/// let mut endpoint = Endpoint::new(Engine::new(Config::default(), Clock::manual().0, world.handle()));
/// let peer = Peer::new([10, 0, 0, 7].into());
/// let answer = world.run(endpoint.call(Question::of(peer, "hb_ping?5000&appid=Tetris"))).unwrap();
/// assert_eq!(answer.text, "6000");
/// ```
#[derive(Clone, Debug)]
pub struct Endpoint {
    engine: Engine,
    watch: Option<Watch>,
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Question");
        shown.field("peer", &self.peer).field("counted_for", &self.counted_for);
        shown.field("command", &self.parts().0).finish_non_exhaustive()
    }
}

impl Question {
    /// What a program at `peer` asks: the apps that it brings are counted for its address, unless it is of this machine.
    #[must_use]
    pub fn of(peer: Peer, line: impl Into<String>) -> Self {
        let counted_for = (!peer.is_loopback()).then(|| peer.origin());
        Self { peer, counted_for, line: line.into() }
    }

    /// The command alone, and its query.
    #[must_use]
    pub fn parts(&self) -> (&str, &str) {
        self.line.split_once('?').unwrap_or((&self.line, ""))
    }
}

impl Status {
    /// As HTTP says it.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Ok => 200,
            Self::Refused => 400,
            Self::Forbidden => 403,
            Self::Full => 503,
        }
    }
}

impl Answer {
    fn ok(text: impl Into<Bytes>) -> Self {
        Self { status: Status::Ok, text: text.into() }
    }

    /// It makes no sense, and `why` says why.
    #[must_use]
    pub fn refused(why: impl Into<Bytes>) -> Self {
        Self { status: Status::Refused, text: why.into() }
    }
}

impl Endpoint {
    /// The endpoint of `engine`.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self { engine, watch: None }
    }

    /// With what `watch` knows of mutes and of what is expected: `status` tells it.
    #[must_use]
    pub fn watched(self, watch: Watch) -> Self {
        Self { watch: Some(watch), ..self }
    }

    /// Takes a beat from `peer`, which was read from `query` and came `from` there. `counted_for` is the address a *new* app is
    /// counted for; `None` exempts it.
    #[must_use]
    pub fn beat(
        &self,
        peer: &Peer,
        counted_for: Option<IpAddr>,
        from: Origin,
        query: &str,
        request: Result<wire::Request<'_>, wire::ParseError>,
    ) -> Answer {
        match request {
            Ok(request) => match self.hear(peer, counted_for, from, query, &request) {
                Ok((_, answer)) | Err(answer) => answer,
            },
            Err(error) => Answer::refused(error.to_string()),
        }
    }

    /// Takes a beat: about whom it was, and what it is answered.
    fn hear<'a>(
        &self,
        peer: &'a Peer,
        counted_for: Option<IpAddr>,
        from: Origin,
        query: &str,
        request: &'a wire::Request<'_>,
    ) -> Result<(Identity<'a>, Answer), Answer> {
        let host = self.engine.trust().host(peer, request.host.as_deref());
        let id = Identity::new(host, request.slot.as_deref().unwrap_or_default(), &request.app);
        let id = id.map_err(|error| Answer::refused(error.to_string()))?;
        if !self.engine.trust().keys.admit(id, || wire::key(query)) {
            return Err(Answer { status: Status::Forbidden, text: REFUSAL.into() });
        }
        let mut heard = self.engine.hear(id, &request.beat, from, counted_for);
        if matches!(heard, engine::Answer::Full(engine::Full::Address(_))) && self.is_named(id) {
            heard = self.engine.hear(id, &request.beat, from, None);
        }
        match heard {
            engine::Answer::Granted(granted) => {
                let mut digits = itoa::Buffer::new();
                let digits = digits.format(u64::try_from(granted.as_millis()).unwrap_or(u64::MAX));
                Ok((id, Answer::ok(digits.to_owned())))
            }
            engine::Answer::Goodbye => Ok((id, Answer::ok("goodbye"))),
            engine::Answer::Full(full) => Err(Answer { status: Status::Full, text: full.to_string().into() }),
        }
    }

    /// Whether somebody waits for this very app: it has a place, however many others its address brought.
    fn is_named(&self, id: Identity<'_>) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch.look(|machine, _| machine.expect().is_named(id)))
    }

    /// Answers any question. `list`, and `status` of no app in particular, look at every app.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Answer {
        let Question { peer, counted_for, .. } = question;
        let (command, query) = question.parts();
        let from = self.engine.origin(peer, "", true);
        if let Some(verb) = Verb::from_word(command) {
            return self.beat(peer, *counted_for, from, query, wire::parse(verb, query));
        }
        match command {
            "list" => Answer::ok(report::list(&self.engine)),
            "status" => match wire::parse_status(query) {
                Ok(Some(asked)) => {
                    Answer::ok(report::status(&self.engine, self.watch.as_ref(), peer, &asked))
                }
                Ok(None) => Answer::ok(report::status_of_all(&self.engine, self.watch.as_ref())),
                Err(error) => Answer::refused(error.to_string()),
            },
            _ if has_container(query) => {
                self.beat(peer, *counted_for, from, query, wire::parse_template(query))
            }
            _ => Answer::refused(unknown(command)),
        }
    }
}

impl Service<Question> for Endpoint {
    type Response = Answer;
    type Error = Infallible;
    type Future = Ready<Result<Answer, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, question: Question) -> Self::Future {
        ready(Ok(self.answer(&question)))
    }
}

/// Whether this is the template form, `…?container=pong&next=5000`.
pub(crate) fn has_container(query: &str) -> bool {
    query.split('&').any(|pair| pair.split('=').next() == Some("container"))
}

/// The sentence for whoever sent `command`.
pub(crate) fn unknown(command: &str) -> String {
    let command: String = command.chars().take(80).collect();
    format!(
        "unknown command `{command}`: expected hb_init, hb_ping, hb_done, hb_state, list or status, \
         as in /hb_ping?5000&appid=Tetris"
    )
}
