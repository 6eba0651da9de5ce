//! The server over real sockets on free ports, in a time that the tests move by hand.
#![expect(clippy::unwrap_used, reason = "a step of a test that fails is a test that fails")]

#[cfg(unix)]
mod agent;
mod alerts;
mod api;
#[path = "../tls/authority.rs"]
mod authority;
mod beat_to;
mod believed;
mod channels;
mod commands;
mod crashes;
mod deeds;
mod events;
mod filters;
mod grants;
mod harness;
mod heart;
mod hilbert;
mod history;
mod hostile;
mod hostile_id;
mod incidents;
mod keys;
mod life;
mod link;
mod methods;
mod metrics;
mod presence;
mod receiver;
mod replace;
mod status;
mod tls;
mod udp;
mod watch_asks;
mod watch_views;
