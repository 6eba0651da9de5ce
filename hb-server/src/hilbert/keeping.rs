//! An endpoint whose apps stand in one table of members with those of other protocols.
//!
//! Two tables of one kind (`hb_lease::lease::Table`) with two jobs: the engine's holds what is *true* of an app (late,
//! down, stalled, and why), sharded and on the path of every beat; the keeper's holds who is *there*, whatever the
//! protocol. An app is there from its first beat until it says goodbye or is down. The engine decides and the keeper is
//! told, never the other way round. Not here: judgement, and nodes (they come to the keeper by themselves).

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hash::Hash;
use std::task::{Context, Poll};

use hb_bus::heart::members::{Input, Name, Protocol};
use hb_bus::heart::registry::Keeper;
use hb_core::beat::{State, Verb};
use hb_core::id::OwnedIdentity;
use hb_core::registry::Snapshot;
use hb_core::wire;
use tower::Service;

use super::{Answer, Endpoint, Question};

/// The protocol under which apps are kept.
pub const HILBERT: Protocol = Protocol("hilbert");

/// Answers as the endpoint does, and keeps each app that beats in `keeper`: one short lock for all apps, so this is for
/// those who want the one table, not for the busiest door.
///
/// `K` names members of every protocol, `P` is what is known about them.
#[derive(Clone, Debug)]
pub struct Keeping<I, K, P> {
    endpoint: Endpoint,
    keeper: Keeper<I, K, P>,
}

impl<I, K, P> Keeping<I, K, P>
where
    K: Hash + Eq + Clone + From<OwnedIdentity>,
    P: Clone + From<Snapshot>,
{
    /// Keeps the apps of `endpoint` in `keeper`.
    pub fn new(endpoint: Endpoint, keeper: Keeper<I, K, P>) -> Self {
        Self { endpoint, keeper }
    }

    /// Answers a question.
    pub fn answer(&self, question: &Question) -> Answer {
        let (command, query) = question.parts();
        let Some(verb) = Verb::from_word(command) else {
            return self.endpoint.answer(question);
        };
        let Question { peer, counted_for, .. } = question;
        let from = self.endpoint.engine.origin(peer, "", true);
        let heard = match wire::parse(verb, query) {
            Ok(request) => self.endpoint.hear(peer, *counted_for, from, query, &request).map(|(id, said)| {
                self.keep(id.to_owned());
                said
            }),
            Err(error) => Err(Answer::refused(error.to_string())),
        };
        heard.unwrap_or_else(|refused| refused)
    }

    /// What the engine believes of `id` is what the keeper is told.
    fn keep(&self, id: OwnedIdentity) {
        let app = self.endpoint.engine.snapshot(id.borrow());
        let name = Name { protocol: HILBERT, key: K::from(id) };
        let input = match app.filter(|app| app.state != State::Done) {
            Some(app) => {
                let granted = app.granted;
                let down = granted.saturating_mul(app.thresholds.down);
                Input::Keep { name, granted, grace: down.saturating_sub(granted), payload: P::from(app) }
            }
            None => Input::Leave(name),
        };
        self.keeper.handle(input);
    }
}

impl<I, K, P> Service<Question> for Keeping<I, K, P>
where
    K: Hash + Eq + Clone + From<OwnedIdentity>,
    P: Clone + From<Snapshot>,
{
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hb_bus::heart::registry::{self, HEART, Registry};
    use hb_bus::runtime::Simulation;

    use super::*;
    use crate::engine::clock::{Clock, Hand};
    use crate::engine::peer::Peer;
    use crate::engine::{Config, Engine};

    /// What one table knows of its members.
    #[derive(Clone, Debug, PartialEq)]
    enum Known {
        App(State),
        Node { address: &'static str },
    }

    impl From<Snapshot> for Known {
        fn from(app: Snapshot) -> Self {
            Self::App(app.state)
        }
    }

    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    struct Key(String);

    impl From<OwnedIdentity> for Key {
        fn from(id: OwnedIdentity) -> Self {
            Self(id.to_string())
        }
    }

    /// Both clocks, moved together.
    struct World {
        simulation: Simulation,
        hand: Hand,
        keeper: Keeper<&'static str, Key, Known>,
        keeping: Keeping<&'static str, Key, Known>,
    }

    impl World {
        fn new() -> Self {
            let simulation = Simulation::new(1);
            let (clock, hand) = Clock::manual();
            let engine = Engine::new(Config::default(), clock, simulation.handle());
            let keeper = Keeper::new(simulation.handle(), "museum", Registry::new("hall", 8));
            let keeping = Keeping::new(Endpoint::new(engine), keeper.clone());
            Self { simulation, hand, keeper, keeping }
        }

        fn pass(&self, millis: u64) {
            let span = Duration::from_millis(millis);
            self.hand.advance(span);
            self.simulation.run(self.simulation.handle().sleep(span));
            self.keeping.endpoint.engine.run_due();
        }

        fn say(&self, line: &str) -> (u16, String) {
            let answer = self.keeping.answer(&Question::of(Peer::new([10, 0, 0, 7].into()), line));
            (answer.status.code(), String::from_utf8(answer.text.to_vec()).unwrap())
        }

        /// A node renews its place.
        fn beat(&mut self, node: &str) {
            let info = Known::Node { address: "10.0.0.9:8080" };
            let request =
                registry::Request { key: Key(node.into()), service: "hall".into(), info, disconnect: false };
            let Ok(response) = self.simulation.run(self.keeper.call(request));
            assert!(matches!(response.answer, registry::Answer::Granted(_)), "{response:?}");
        }

        fn members(&self) -> Vec<(Protocol, String, Known)> {
            let members = self.keeper.members().into_iter();
            let mut members: Vec<_> =
                members.map(|(name, member)| (name.protocol, name.key.0, member.payload)).collect();
            members.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
            members
        }
    }

    const NODE: Known = Known::Node { address: "10.0.0.9:8080" };

    fn node() -> (Protocol, String, Known) {
        (HEART, "wall".into(), NODE)
    }

    fn app(name: &str, state: State) -> (Protocol, String, Known) {
        (HILBERT, format!("{name} @ 10.0.0.7"), Known::App(state))
    }

    #[test]
    fn h18_an_app_by_hilbert_and_a_node_by_heart_in_one_snapshot() {
        let mut world = World::new();
        world.beat("wall");
        assert_eq!(world.say("hb_ping?1000&appid=x&v=1"), (200, "2000".into()));
        assert_eq!(world.members(), [node(), app("x", State::Up)]);

        // The node was let in for 1 s and 100 ms of grace; the app is there until it is down, after twice 2 s.
        world.pass(1_099);
        assert_eq!(world.members().len(), 2);
        world.pass(1);
        assert_eq!(world.members(), [app("x", State::Up)]);
        world.pass(2_899);
        assert_eq!(world.members().len(), 1);
        world.pass(1);
        assert_eq!(world.members(), []);
        let engine = &world.keeping.endpoint.engine;
        let mut states = Vec::new();
        engine.for_each(|app| states.push(app.state));
        assert_eq!(states, [State::Down], "the engine still knows what is wrong with whom");

        // Each is renewed by its own protocol.
        world.beat("wall");
        for _ in 0..5 {
            world.pass(1_000);
            world.beat("wall");
            assert_eq!(world.say("hb_ping?1000&appid=x&v=1").0, 200);
        }
        assert_eq!(world.members(), [node(), app("x", State::Up)]);
    }

    #[test]
    fn h18_a_goodbye_leaves_the_table_at_once_and_a_refusal_changes_nothing() {
        let world = World::new();
        assert_eq!(world.say("hb_init?1000&appid=x").0, 200);
        assert_eq!(world.members(), [app("x", State::Starting)]);
        assert_eq!(world.say("hb_ping?abc&appid=y").0, 400);
        assert_eq!(world.say("list"), (200, "x @ 10.0.0.7\n".into()));
        assert_eq!(world.members().len(), 1);
        assert_eq!(world.say("hb_done?0&appid=x"), (200, "goodbye".into()));
        assert_eq!(world.members(), []);
        assert_eq!(world.say("hb_done?0&appid=never"), (200, "goodbye".into()));
        assert_eq!(world.members(), []);
    }
}
