//! This very program under callgrind: a beat without a socket, from the text of its request to the text of its answer.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use hb_bus::runtime::Native;
use hb_core::beat::Verb;
use hb_core::wire;
use hb_server::config::{Config, Overrides, TypedState};
use hb_server::engine::clock::Clock;
use hb_server::engine::peer::Peer;
use hb_server::engine::{Detector, Engine};
use hb_server::hilbert::{Endpoint, Status};
use hb_server::{Server, engine};
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::{House, Screens, callgrind, furnish};

/// What counts `beats` beats in `house`, and the folder that it needs.
pub(crate) fn command(house: House, beats: u32) -> Result<(Command, TempDir)> {
    let home = tempfile::tempdir()?;
    let mut command = callgrind(&std::env::current_exe()?);
    command.args(["--inside", &beats.to_string()]);
    if house == House::Full {
        furnish(house, home.path())?;
        command.arg("--state").arg(home.path());
    }
    Ok((command, home))
}

/// Beats to an engine alone, or to the one of a whole server with what stands in the folder `home`.
pub(crate) fn run(beats: u32, home: Option<&Path>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let _inside = runtime.enter();
    let Some(home) = home else {
        let engine = Engine::new(engine::Config::default(), Clock::system(), Arc::new(Native::current()));
        let _detector = Detector::start(&engine, None)?;
        return beat(&engine, &Endpoint::new(engine.clone()), beats);
    };
    let typed = Overrides {
        config: Some(home.join("hb.toml")),
        state: TypedState { folder: Some(home.join("state")), none: false },
        listen: vec!["127.0.0.1:0".to_owned()],
        ..Overrides::default()
    };
    let config = Config::load(typed, &|_| None)?;
    let server = runtime.block_on(Server::bind(config))?;
    let engine = server.engine().clone();
    let endpoint = Endpoint::new(engine.clone()).watched(server.watch().clone());
    let (stop, stopped) = oneshot::channel::<()>();
    let running = runtime.spawn(server.run(async { drop(stopped.await) }));
    let done = beat(&engine, &endpoint, beats);
    drop(stop);
    runtime.block_on(running)?.context("the server did not run")?;
    done
}

fn beat(engine: &Engine, endpoint: &Endpoint, beats: u32) -> Result<()> {
    let (peer, mut screens) = (Peer::new([127, 0, 0, 1].into()), Screens { seq: 0 });
    for _ in 0..beats {
        let beat = screens.next();
        let query = black_box(&beat).strip_prefix("hb_ping?").context("a ping")?;
        let from = engine.origin(&peer, "exhibit.example", false);
        let answer = endpoint.beat(&peer, None, from, query, wire::parse(Verb::Ping, query));
        ensure!(answer.status == Status::Ok, "{answer:?}");
    }
    Ok(())
}
