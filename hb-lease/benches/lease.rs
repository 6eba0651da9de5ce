//! What it costs to renew a lease, and to let ten thousand expire in one tick.

use std::hash::RandomState;
use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use hb_lease::lease::{Slot, Table};
use hb_lease::time::Time;

type Leases = Table<u64, u64, RandomState>;

fn filled(leases: u64, deadline: u64) -> (Leases, Vec<Slot>) {
    let mut table = Leases::default();
    let slots = (0..leases).map(|key| table.insert(key, key, Time::from_millis(deadline))).collect();
    (table, slots)
}

fn lease(c: &mut Criterion) {
    let (mut table, slots) = filled(100_000, 5_000);
    let mut at = 0;
    c.bench_function("renew one of 100 000 leases, in turn", |b| {
        b.iter(|| {
            at = (at + 7_919) % slots.len();
            table.renew(black_box(slots[at]), Time::from_millis(6_000));
        });
    });
    c.bench_function("10 000 leases expire in one tick", |b| {
        b.iter_batched(
            || filled(10_000, 5_000).0,
            |mut table| {
                while let Some(expired) = table.pop_expired(Time::from_millis(5_000)) {
                    black_box(expired);
                }
                table
            },
            BatchSize::LargeInput,
        );
    });
}

criterion_group!(benches, lease);
criterion_main!(benches);
