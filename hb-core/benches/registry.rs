//! What a beat costs the registry, and what an app weighs, at a thousand and at a million apps.
//!
//! Every beat is timed alone, in random order, on one thread; the cost of asking for the time is measured in the same
//! run and subtracted. Prints rows of a Markdown table; judges nothing.

use std::hint::black_box;
use std::time::Instant;

use hb_core::beat::{Beat, By, Diagnosis, Promise, Verb, Visibility, Vitals};
use hb_core::id::{Boot, HashKey, Identity};
use hb_core::registry::{Config, Input, Origin, Registry};
use hb_lease::time::Time;

const SAMPLES: usize = 2_000_000;

fn main() {
    // `cargo test --benches` wants to see that it starts.
    let sizes: &[u32] =
        if std::env::args().any(|arg| arg == "--bench") { &[1_000, 1_000_000] } else { &[1_000] };
    for &apps in sizes {
        chase(apps);
        for (what, full) in [("bare", false), ("with all vitals", true)] {
            row(apps, what, full);
        }
    }
}

/// Sends `SAMPLES` beats to `apps` apps and prints one row.
fn row(apps: u32, what: &str, full: bool) {
    let names: Vec<String> = (0..apps).map(|app| format!("exhibit-{app:07}")).collect();
    let boots: Vec<Boot> = (0..apps).map(|app| Boot::new(&format!("boot{app:08}")).expect("short")).collect();
    let before = resident();
    let mut registry = Registry::new(Config::default(), HashKey(7, 11));
    let mut out = Vec::new();
    let mut send = |registry: &mut Registry, app: usize, seq: u32| {
        let id = Identity::new("192.168.100.200", "", &names[app]).expect("a good name");
        let beat = beat(boots[app], seq, full);
        let began = Instant::now();
        black_box(registry.handle(
            Time::from_millis(u64::from(seq)),
            Input::Beat { id, beat: &beat, from: Origin::default(), admit: true },
            &mut out,
        ));
        let took = began.elapsed();
        out.clear();
        took.as_nanos() as u64
    };
    for app in 0..apps as usize {
        send(&mut registry, app, 1);
    }
    let weight = resident().saturating_sub(before) / u64::from(apps);
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut took: Vec<u64> = (0..SAMPLES)
        .map(|sample| {
            // xorshift: any order that no prefetcher guesses.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            send(&mut registry, (random % u64::from(apps)) as usize, 2 + sample as u32)
        })
        .collect();
    let timer = timer();
    took.sort_unstable();
    let at = |q: f64| took[(took.len() as f64 * q) as usize].saturating_sub(timer);
    println!(
        "| `registry` beat {what}, {apps} apps in random order, one thread (timer of {timer} ns subtracted) | p50 {} ns, p99 {} ns | {} bytes per app |",
        at(0.5),
        at(0.99),
        if apps < 100_000 { "–".to_owned() } else { weight.to_string() }
    );
}

/// The yardstick: what this machine takes for loads in random order, alone and one after the other, from memory as
/// large as the records of that many apps and as the index before them.
fn chase(apps: u32) {
    let lines = apps as usize * 4;
    let records: Vec<[u64; 8]> = vec![[1; 8]; lines];
    let index: Vec<u64> = vec![1; (apps as usize * 4 / 3).next_power_of_two()];
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut p50 = |far: bool| {
        let mut took: Vec<u64> = (0..SAMPLES / 10)
            .map(|_| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let at = (random % lines as u64) as usize;
                let first = (random >> 32) as usize & (index.len() - 1);
                let began = Instant::now();
                // Where the record is, nobody knows before the index has come.
                let found = if far { black_box(index[first]) as usize } else { 1 };
                black_box(records[at ^ (found - 1)][0]);
                began.elapsed().as_nanos() as u64
            })
            .collect();
        took.sort_unstable();
        took[took.len() / 2].saturating_sub(timer())
    };
    let (one, two) = (p50(false), p50(true));
    let (records, index) = (lines * 64 / 1_000_000, index.len() * 8 / 1_000_000);
    println!("| one load from {records} MB in random order, on this machine, beside it | p50 {one} ns | |");
    println!(
        "| one from {index} MB that says where the next is, and that one from {records} MB | p50 {two} ns | |"
    );
}

fn beat(boot: Boot, seq: u32, full: bool) -> Beat<'static> {
    let mut vitals = Vitals { version: Some(1), boot: Some(boot), seq: Some(seq), ..Vitals::default() };
    if full {
        vitals.by = Some(By::Frame);
        vitals.frames = Some(u64::from(seq) * 60);
        vitals.age = Some(12);
        vitals.gap = Some(33);
        vitals.visibility = Some(Visibility::Visible);
        vitals.diagnosis = Some(Diagnosis::Ok);
        vitals.stall = Some(3_000);
        vitals.errors = Some(0);
    }
    let promise = Promise::from_millis(3_600_000).expect("an hour");
    Beat { verb: Verb::Ping, promise, vitals, last_error: None, malformed: 0 }
}

/// Median cost of asking for the time twice, ns.
fn timer() -> u64 {
    let mut took: Vec<u64> = (0..100_000).map(|_| Instant::now().elapsed().as_nanos() as u64).collect();
    took.sort_unstable();
    took[took.len() / 2]
}

/// Resident memory of this process in bytes; 0 where `/proc` does not tell.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * 4096
}
