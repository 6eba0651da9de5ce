//! What is told of the server itself: whether it looks in time, and what its queues lose.
//!
//! Not here: its process (`process`), the screens (`screens`), and where the figures are counted (the rooms below).

use std::fmt::Error;

use hb_core::beat::State;
use hb_core::registry::Stats;
use prometheus_client::encoding::DescriptorEncoder;
use serde_json::{Map, Value};

use crate::engine::Engine;
use crate::notify::outbox::Lost;
use crate::store::Health;
use crate::store::row::Kind as Row;
use crate::watch::Watch;

use super::family::{Family, Kind};

/// Declares a family of this file.
macro_rules! family {
    ($id:ident, $kind:ident, $name:literal, [$($label:literal),*], $help:literal) => {
        const $id: Family =
            Family { name: $name, kind: Kind::$kind, labels: &[$($label),*], help: $help };
    };
}

family!(BUILD, Info, "hb_build_info", ["version"], "The version of this server");
family!(
    LAG,
    Histogram,
    "hb_detector_lag_seconds",
    [],
    "How late it was judged whose time is over, each time"
);
family!(
    LATE,
    Gauge,
    "hb_detector_late_seconds",
    [],
    "How much later than it should the detector's last look was"
);
family!(HELD, Gauge, "hb_apps_held", [], "Screens held in memory, those that said goodbye included");
family!(BEATS, Counter, "hb_beats_total", [], "Beats and words of all screens");
family!(STALE, Counter, "hb_stale_beats_total", [], "Of these: behind one already heard, or after a goodbye");
family!(MALFORMED, Counter, "hb_malformed_parts_total", [], "Optional parts of beats that made no sense");
family!(
    CHANGES,
    Counter,
    "hb_transitions_total",
    ["state"],
    "Changes of screens into this state; none into missing"
);
family!(PUBLISHED, Counter, "hb_bus_messages_total", ["bus"], "Messages on the bus of events or of screens");
family!(
    MISSED,
    Counter,
    "hb_bus_dropped_messages_total",
    ["bus"],
    "Messages dropped since a subscriber was too slow, for each of them"
);
family!(HEARERS, Gauge, "hb_bus_subscribers", ["bus"], "Who listens on the bus of events or of screens");
family!(STORE, Gauge, "hb_store_up", [], "Whether the memory can be written: 0 while the disk is in trouble");
family!(ROWS, Gauge, "hb_store_waiting_rows", [], "Rows that wait to be written");
family!(WRITTEN, Counter, "hb_store_written_rows_total", [], "Rows written");
family!(
    LOST,
    Counter,
    "hb_store_dropped_rows_total",
    ["table"],
    "Rows that found no room while the disk was away"
);
family!(LOST_BEATS, Counter, "hb_store_dropped_beats_total", [], "Beats of dropped rows of the hours");
family!(WAITING, Gauge, "hb_messages_waiting", ["channel"], "Messages to people that have not arrived yet");
family!(SENT, Counter, "hb_messages_delivered_total", ["channel"], "Messages to people that arrived");
family!(FAILED, Counter, "hb_messages_failed_total", ["channel"], "Tries to send a message that nobody took");
family!(
    GIVEN_UP,
    Counter,
    "hb_messages_given_up_total",
    ["channel", "reason"],
    "Messages to people that never will arrive: crowded out by newer ones, refused, or their channel removed"
);
family!(STREAMS, Gauge, "hb_event_streams", [], "Streams of events that are open: dashboards and programs");
family!(PRESENCE, Gauge, "hb_presence_sockets", [], "Presence sockets of pages that are open");
family!(LINKS, Gauge, "hb_links", [], "Links of pages and agents that are open");
family!(DATAGRAMS, Counter, "hb_udp_datagrams_total", [], "Datagrams that arrived, where beats come by UDP");
family!(
    LOST_DATAGRAMS,
    Counter,
    "hb_udp_dropped_datagrams_total",
    ["reason"],
    "Of these: unreadable, unmatched, dropped for want of room, refused, or left without an answer"
);

/// Every family here.
#[cfg(test)]
pub(super) const FAMILIES: &[&Family] = &[
    &BUILD,
    &LAG,
    &LATE,
    &HELD,
    &BEATS,
    &STALE,
    &MALFORMED,
    &CHANGES,
    &PUBLISHED,
    &MISSED,
    &HEARERS,
    &STORE,
    &ROWS,
    &WRITTEN,
    &LOST,
    &LOST_BEATS,
    &WAITING,
    &SENT,
    &FAILED,
    &GIVEN_UP,
    &STREAMS,
    &PRESENCE,
    &LINKS,
    &DATAGRAMS,
    &LOST_DATAGRAMS,
];

/// What is open.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Doors {
    pub(super) streams: usize,
    pub(super) presence: usize,
    pub(super) links: usize,
}

/// Writes all of it. `beside` are the counts of other doors by name, as `/healthz` has them.
pub(super) fn write(
    to: &mut DescriptorEncoder<'_>,
    engine: &Engine,
    watch: &Watch,
    store: &Health,
    doors: Doors,
    beside: &Map<String, Value>,
) -> Result<(), Error> {
    BUILD.write(to, |samples| samples.add(&[env!("CARGO_PKG_VERSION")], 1.0))?;
    write_engine(to, engine)?;
    write_store(to, store)?;
    write_mail(to, watch)?;
    STREAMS.write_one(to, Some(doors.streams as f64))?;
    PRESENCE.write_one(to, Some(doors.presence as f64))?;
    LINKS.write_one(to, Some(doors.links as f64))?;
    let datagrams = beside.get("udp").and_then(Value::as_object);
    DATAGRAMS.write_one(to, datagrams.and_then(|udp| udp.get("received")?.as_f64()))?;
    LOST_DATAGRAMS.write(to, |samples| {
        let lost = datagrams.into_iter().flatten().filter(|(name, _)| *name != "received");
        lost.filter_map(|(name, count)| Some((name, count.as_f64()?)))
            .try_for_each(|(name, count)| samples.add(&[name], count))
    })
}

fn write_engine(to: &mut DescriptorEncoder<'_>, engine: &Engine) -> Result<(), Error> {
    let add = |sum: Stats, it: Stats| Stats {
        accepted: sum.accepted + it.accepted,
        stale: sum.stale + it.stale,
        malformed: sum.malformed + it.malformed,
        transitions: sum.transitions + it.transitions,
    };
    let stats = engine.stats().fold(Stats::default(), add);
    LAG.write(to, |samples| samples.add_all(&engine.lag()))?;
    LATE.write_one(to, Some(engine.clock().lateness().as_secs_f64()))?;
    HELD.write_one(to, Some(engine.apps() as f64))?;
    BEATS.write_one(to, Some(stats.accepted as f64))?;
    STALE.write_one(to, Some(stats.stale as f64))?;
    MALFORMED.write_one(to, Some(stats.malformed as f64))?;
    CHANGES.write(to, |samples| {
        let mut changes = engine.changes().filter(|(state, _)| *state != State::Missing);
        changes.try_for_each(|(state, count)| samples.add(&[state.word()], count as f64))
    })?;
    let stats = [engine.bus().stats(), engine.screens().stats()];
    for (family, counts) in [
        (&PUBLISHED, stats.map(|bus| bus.published)),
        (&MISSED, stats.map(|bus| bus.missed)),
        (&HEARERS, stats.map(|bus| bus.subscriptions as u64)),
    ] {
        family.write(to, |samples| {
            let mut buses = ["events", "screens"].into_iter().zip(counts);
            buses.try_for_each(|(name, count)| samples.add(&[name], count as f64))
        })?;
    }
    Ok(())
}

fn write_store(to: &mut DescriptorEncoder<'_>, store: &Health) -> Result<(), Error> {
    STORE.write_one(to, Some(f64::from(u8::from(store.trouble.is_none()))))?;
    ROWS.write_one(to, Some(store.waiting as f64))?;
    WRITTEN.write_one(to, Some(store.written as f64))?;
    LOST.write(to, |samples| {
        let lost = |kind: &Row| store.lost.get(kind).copied().unwrap_or_default() as f64;
        Row::ALL.iter().try_for_each(|kind| samples.add(&[kind.word()], lost(kind)))
    })?;
    LOST_BEATS.write_one(to, Some(store.beats_lost as f64))
}

fn write_mail(to: &mut DescriptorEncoder<'_>, watch: &Watch) -> Result<(), Error> {
    let mail = watch.mail();
    WAITING.write(to, |samples| {
        mail.iter().try_for_each(|(channel, mail)| samples.add(&[channel], mail.waiting as f64))
    })?;
    SENT.write(to, |samples| {
        mail.iter().try_for_each(|(channel, mail)| samples.add(&[channel], mail.delivered as f64))
    })?;
    FAILED.write(to, |samples| {
        mail.iter().try_for_each(|(channel, mail)| samples.add(&[channel], mail.failed as f64))
    })?;
    GIVEN_UP.write(to, |samples| {
        for (channel, mail) in &mail {
            for why in Lost::ALL {
                let count = mail.given_up.get(&why).copied().unwrap_or_default();
                samples.add(&[channel, why.word()], count as f64)?;
            }
        }
        Ok(())
    })
}
