//! Heartbeats: a loop that asks, a loop that answers, and the rules of a registry between them.
//!
//! | room | what it is |
//! |---|---|
//! | [`requester`] | sends a request, has the answer turned into the next one, and so on until there is none |
//! | [`responder`] | takes requests, has each answered, sends the answers back |
//! | [`link`] | a transport for the requester over anything that only sends and only receives |
//! | [`schedule`] | how long a lease is granted, and when and how often it is renewed |
//! | [`members`] | who is there: one table of leases for every protocol |
//! | [`registry`] | who may come in, and for how long |
//! | [`registrant`] | keeps registered, and moves on when a registry is gone |
//!
//! Protocols and transports are [`tower::Service`]s, so a closure with [`tower::service_fn`] is one. A loop is stopped
//! by a [`CancellationToken`]. Requests, answers and errors that are spawned with a loop own what they say: a limit of
//! the compiler lets a `String` or a newtype through, but not a bare `&'static str`. Not here: sockets,
//! formats, and what a heartbeat says about a screen.
//!
//! # For those who know gogistry
//!
//! | gogistry | here |
//! |---|---|
//! | `requester.Heart`, `NewHeart` | [`RequesterHeart`], [`RequesterHeart::new`] |
//! | `requester.Heart.RunBeating` | [`RequesterHeart::run`] |
//! | its time-out and number of retries | [`Attempt`]: each request has its own, and the time is per attempt |
//! | `requester.HeartBeater.Beat` | a service from [`requester::Answered`] to `Option<Attempt>`; `None` stops |
//! | `requester.Heart.Handlers` (new, update, retry, disconnection) | [`RequesterHeart::on_event`], [`requester::Event`] |
//! | `protocol.RequestProtocol` | a service from [`requester::Sent`] to the answer; [`link::link`] makes one of a sending and a receiving half |
//! | `protocol.TobeSendRequest` with its options | the request of an [`Attempt`], in a [`registrant::Call`] with whom it is for |
//! | `responser.Heart`, `NewHeart`, `RunBeating` | [`ResponderHeart`], [`ResponderHeart::new`], [`ResponderHeart::run`] |
//! | `responser.HeartBeater.Beat` | a service from the request to the answer |
//! | `responser.Heart.ErrorHandler` | [`ResponderHeart::on_error`], [`responder::BeatError`] |
//! | `protocol.ResponseProtocol`, `TobeSendResponse` | a stream of [`responder::Received`], each with its way back |
//! | `protocol.Request`, `IsDisconnect` | [`registry::Request`], [`registry::Request::disconnect`] |
//! | `protocol.Response`, `IsReject` | [`registry::Response`], [`registry::Answer::Rejected`] |
//! | `protocol.RegistrantInfo`, `protocol.RegistryInfo` | types of the user's: `P` and `K`, and `I` |
//! | `registry.Registry`, `New`, `Run` | [`registry::Keeper`], [`registry::Keeper::new`], [`registry::Keeper::run`]; the rules alone are a [`registry::Registry`] |
//! | `registry.Registry.GetConnections` | [`registry::Keeper::members`] |
//! | `registry.Registry.Events` | [`registry::Keeper::subscribe`], [`members::Event`] |
//! | `registry.TimeoutController` | [`schedule::Growth`] |
//! | `registrant.Registrant`, `New`, `Run` | [`registrant::Registrant`], [`registrant::Registrant::new`], [`registrant::Registrant::run`] |
//! | `registrant.Registrant.GetConnections`, `AddCandidates`, `CandidateBlacklist`, `Events` | [`registrant::Control`]: [`connections`](registrant::Control::connections), [`add_candidates`](registrant::Control::add_candidates), [`blacklist`](registrant::Control::blacklist), [`subscribe`](registrant::Control::subscribe) |
//! | `registrant.RegistryCandidateList` | [`registrant::Failover`] |
//! | `registrant.WaitTimeoutRetryNController` | [`schedule::Pace`] |
//! | `WatchdogTimeDelta`, and the end when all are asleep | a second; [`registrant::Asleep`] |
//! | a context | a [`CancellationToken`], and [`RequesterHeart::goodbye`] |
//!
//! [`CancellationToken`]: tokio_util::sync::CancellationToken

pub mod link;
pub mod members;
pub mod registrant;
pub mod registry;
pub mod requester;
pub mod responder;
pub mod schedule;

pub use requester::{Attempt, RequesterHeart};
pub use responder::ResponderHeart;

#[cfg(test)]
mod tests;
