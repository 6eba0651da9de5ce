//! The task beside a real engine, whose clock stands until it is told to go on.

use hb_bus::bus::{Filter, Received};
use hb_bus::runtime::Native;
use hb_core::beat::{State, Verb};
use hb_core::id::Identity;
use hb_core::incident;
use hb_core::wire;

use super::*;
use crate::engine::clock::Clock;
use crate::watch::Happened;
use crate::{engine, exec, store};

const STRANGERS: usize = QUEUE + 10;

fn beat(engine: &Engine, app: &str, promise: u32) {
    let query = format!("{promise}&appid={app}&v=1&b=a1&n=1");
    let request = wire::parse(Verb::Ping, &query).unwrap();
    let _ = engine.beat(Identity::new("hall", "", app).unwrap(), &request.beat, None);
}

/// Until it has heard of an app.
async fn hears(watch: &Watch, id: Identity<'_>) {
    while !watch.look(|machine, _| machine.is_known(&id.to_owned())) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_over_is_not_believed_again_after_more_came_than_there_was_room_for() {
    let (clock, hand) = Clock::manual();
    let engine = Engine::new(engine::Config::default(), clock, Arc::new(Native::current()));
    let store = Arc::new(Store::memory(store::Config::default()).unwrap());
    let repairer = Repairer::new(&engine, exec::Executor::new(exec::Config::default()), Vec::new(), None);
    let config = Config::default();
    let (watch, task) = Watch::begin(&config, notify::Config::default(), &engine, &store, repairer).unwrap();
    let mut incidents =
        engine.bus().subscribe(Filter::only([Topic::from_static("hb.incident")]).queue(QUEUE));
    tokio::spawn(task.run(CancellationToken::new()));
    let tetris = Identity::new("hall", "", "tetris").unwrap();
    beat(&engine, "tetris", 1_000);
    let ada = Who::new("Ada", "here").unwrap();
    hears(&watch, tetris).await;
    watch.ask(&ada, Request::Adopt(tetris.to_owned())).await.unwrap();

    // All of this in a moment in which the task does not run.
    for stranger in 0..STRANGERS {
        beat(&engine, &format!("stranger-{stranger}"), 3_600_000);
    }
    hand.advance(Duration::from_secs(60));
    engine.run_due();
    assert_eq!(engine.snapshot(tetris).unwrap().state, State::Down);
    beat(&engine, "tetris", 1_000);
    assert_eq!(engine.snapshot(tetris).unwrap().state, State::Up);
    beat(&engine, "last", 3_600_000);

    let last = Identity::new("hall", "", "last").unwrap();
    hears(&watch, last).await;
    // Whatever waited was heard before this.
    beat(&engine, "after", 3_600_000);
    hears(&watch, Identity::new("hall", "", "after").unwrap()).await;
    while let Some(received) = incidents.try_recv() {
        let Received::Message { message, .. } = received else { panic!("{received:?}") };
        let told = &message.value::<Told>().unwrap().what;
        let opened = matches!(told, What::Happened(Happened::Incident(incident::Output::Opened { .. })));
        assert!(!opened, "a silence that was over when it was looked at: {told:?}");
    }
}
