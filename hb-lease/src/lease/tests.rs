//! The table against a map that is sorted anew each time.

extern crate std;

use std::collections::BTreeMap;
use std::hash::RandomState;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;

type Leases = Table<u8, u64, RandomState>;

fn ms(at: u64) -> Time {
    Time::from_millis(at)
}

fn expired(leases: &mut Leases, now: u64) -> Vec<(u8, u64)> {
    core::iter::from_fn(|| leases.pop_expired(ms(now)))
        .collect::<Vec<_>>()
        .into_iter()
        .map(|(slot, at)| (*leases.key(slot), at.as_millis()))
        .collect()
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u8, u64),
    Renew(u8, u64),
    Remove(u8),
    Rekey(u8, u8),
    Advance(u64),
}

/// Distances that land on every level of the wheel, and at the end of time.
fn distance() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..70_u64, 3 => 0..5_000_u64, 2 => 0..700_000_000_u64, 1 => (0..60_u32).prop_map(|bit| 1 << bit), 1 => Just(u64::MAX)]
}

fn step() -> impl Strategy<Value = Step> {
    let key = 0..12_u8;
    prop_oneof![
        3 => (key.clone(), distance()).prop_map(|(k, d)| Step::Insert(k, d)),
        4 => (key.clone(), distance()).prop_map(|(k, d)| Step::Renew(k, d)),
        1 => key.clone().prop_map(Step::Remove),
        1 => (key.clone(), key).prop_map(|(a, b)| Step::Rekey(a, b)),
        4 => distance().prop_map(|d| Step::Advance(d.min(1 << 45))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn every_lease_expires_once_at_its_deadline_and_in_order(steps in prop::collection::vec(step(), 1..60)) {
        let mut leases = Leases::default();
        // key → deadline in force (`None` once handed out), and value.
        let mut model: BTreeMap<u8, (Option<u64>, u64)> = BTreeMap::new();
        let (mut now, mut peak) = (0_u64, 0);
        for (value, step) in steps.into_iter().enumerate() {
            let value = value as u64;
            match step {
                Step::Insert(key, after) => {
                    leases.insert(key, value, ms(now.saturating_add(after)));
                    model.insert(key, (Some(now.saturating_add(after)), value));
                }
                Step::Renew(key, after) => {
                    let slot = leases.find(&key);
                    prop_assert_eq!(slot.is_some(), model.contains_key(&key));
                    if let (Some(slot), Some(lease)) = (slot, model.get_mut(&key)) {
                        leases.renew(slot, ms(now.saturating_add(after)));
                        lease.0 = Some(now.saturating_add(after));
                    }
                }
                Step::Remove(key) => {
                    let removed = leases.find(&key).map(|slot| leases.remove(slot));
                    prop_assert_eq!(removed, model.remove(&key).map(|(_, value)| value));
                }
                Step::Rekey(from, to) => {
                    if let Some(slot) = leases.find(&from) {
                        let free = !model.contains_key(&to);
                        prop_assert_eq!(leases.rekey(slot, to), free);
                        if free {
                            let lease = model.remove(&from).unwrap();
                            model.insert(to, lease);
                        }
                    }
                }
                Step::Advance(by) => {
                    now = now.saturating_add(by).min(u64::MAX - 1);
                    let mut due: Vec<(u64, u8)> = Vec::new();
                    for (&key, lease) in &mut model {
                        if let Some(at) = lease.0.filter(|&at| at <= now) {
                            due.push((at, key));
                            lease.0 = None;
                        }
                    }
                    due.sort_unstable();
                    let mut popped = expired(&mut leases, now);
                    // Deadlines that were past when they were set come out at once, in the order of setting.
                    prop_assert!(popped.iter().all(|&(_, at)| at <= now));
                    popped.sort_unstable_by_key(|&(key, at)| (at, key));
                    prop_assert_eq!(popped, due.into_iter().map(|(at, key)| (key, at)).collect::<Vec<_>>());
                }
            }
            let earliest = model.values().filter_map(|lease| lease.0).filter(|&at| at != u64::MAX).min();
            match (leases.next_timeout(), earliest) {
                (Some(next), Some(at)) => prop_assert!(next <= ms(at.max(now))),
                (None, Some(at)) => prop_assert!(false, "a deadline at {at} would be slept through"),
                (_, None) => {}
            }
            prop_assert_eq!(leases.len(), model.len());
            peak = peak.max(model.len());
            prop_assert!(leases.leases.used as usize <= peak, "slots are used again");
            let mut all: Vec<_> = leases.iter().map(|(_, &key, &value)| (key, value)).collect();
            all.sort_unstable();
            prop_assert!(all.into_iter().eq(model.iter().map(|(&key, &(_, value))| (key, value))));
        }
    }

    #[test]
    fn deadlines_set_ahead_come_out_in_order(deadlines in prop::collection::vec(1..2_000_000_u64, 1..200), pace in 1..300_000_u64) {
        let mut leases: Table<usize, (), RandomState> = Table::default();
        for (key, &at) in deadlines.iter().enumerate() {
            leases.insert(key, (), ms(at));
        }
        let (mut now, mut last) = (0, 0);
        while now < 2_000_000 {
            now += pace;
            while let Some((slot, at)) = leases.pop_expired(ms(now)) {
                prop_assert_eq!(at.as_millis(), deadlines[*leases.key(slot)]);
                prop_assert!(last <= at.as_millis());
                last = at.as_millis();
            }
        }
    }
}

#[test]
fn a_lease_holds_until_its_last_millisecond_and_not_one_more() {
    for granted in [1, 2, 63, 64, 65, 1_000, 4_095, 4_096, 6_000, 604_801_000] {
        let mut leases = Leases::default();
        leases.insert(1, 0, ms(granted));
        assert_eq!(expired(&mut leases, granted - 1), [], "early by 1 ms at {granted}");
        assert_eq!(expired(&mut leases, granted), [(1, granted)]);
        assert_eq!(expired(&mut leases, granted + 1), []);
    }
}

#[test]
fn a_renewed_lease_does_not_expire_at_its_old_deadline() {
    let mut leases = Leases::default();
    let slot = leases.insert(1, 0, ms(100));
    leases.renew(slot, ms(250));
    assert_eq!(expired(&mut leases, 249), []);
    leases.renew(slot, ms(252));
    assert_eq!(expired(&mut leases, 251), []);
    leases.renew(slot, ms(252));
    assert_eq!(expired(&mut leases, 10_000), [(1, 252)]);
}

#[test]
fn ten_thousand_leases_expire_in_one_tick() {
    let mut leases: Table<u32, (), RandomState> = Table::default();
    for key in 0..10_000 {
        leases.insert(key, (), ms(5_000));
    }
    assert_eq!(leases.pop_expired(ms(4_999)), None);
    let slots: Vec<_> = core::iter::from_fn(|| leases.pop_expired(ms(5_000))).collect();
    assert_eq!(slots.len(), 10_000);
    for (slot, _) in slots {
        leases.remove(slot);
    }
    assert!(leases.is_empty());
    assert_eq!(leases.next_timeout(), None);
}

#[test]
fn never_is_never() {
    let mut leases = Leases::default();
    let slot = leases.insert(1, 0, Time::MAX);
    assert_eq!(leases.next_timeout(), None);
    leases.renew(slot, ms(10));
    leases.renew(slot, Time::MAX);
    assert_eq!(expired(&mut leases, u64::MAX - 1), []);
}

#[test]
#[should_panic(expected = "the slot of a lease that was removed")]
fn a_lease_that_was_removed_is_not_renewed() {
    let mut leases = Leases::default();
    let slot = leases.insert(1, 0, ms(10));
    leases.remove(slot);
    leases.renew(slot, ms(50));
}
