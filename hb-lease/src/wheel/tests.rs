//! Law 8 of the wheel: what an operation costs, in records touched, among hundreds that it is not about.

extern crate std;

use std::collections::BTreeMap;
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::*;

const RECORDS: u32 = 300;

/// Nodes that count how often they are asked for.
struct Counted {
    nodes: Vec<Node>,
    touched: usize,
}

impl Nodes for Counted {
    fn node(&mut self, index: u32) -> &mut Node {
        self.touched += 1;
        &mut self.nodes[index as usize]
    }
}

#[derive(Clone, Debug)]
enum Step {
    Schedule(u32, u64),
    Unlink(u32),
    Advance(u64),
}

/// Near, on every level, and never.
fn distance() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..70_u64, 4 => 0..10_000_u64, 1 => (0..50_u32).prop_map(|bit| 1 << bit), 1 => Just(u64::MAX)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..RECORDS, distance()).prop_map(|(index, after)| Step::Schedule(index, after)),
        1 => (0..RECORDS).prop_map(Step::Unlink),
        3 => (0..3_000_u64).prop_map(Step::Advance),
        1 => distance().prop_map(|by| Step::Advance(by.min(1 << 45))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn law_8_costs_do_not_grow_with_the_number_of_records(steps in prop::collection::vec(step(), 1..60)) {
        let mut wheel = Wheel::default();
        let mut nodes = Counted { nodes: vec![Node::default(); RECORDS as usize], touched: 0 };
        let mut model: BTreeMap<u32, u64> = BTreeMap::new();
        for index in 0..RECORDS {
            wheel.schedule(&mut nodes, index, Time::from_millis(index.into()));
            model.insert(index, index.into());
        }
        let (mut now, mut scheduled) = (0_u64, RECORDS as usize);
        nodes.touched = 0;
        let mut dealt = 0;
        for step in steps {
            let before = nodes.touched;
            match step {
                Step::Schedule(index, after) => {
                    let at = now.saturating_add(after);
                    let linked = nodes.nodes[index as usize].list != LOOSE;
                    wheel.schedule(&mut nodes, index, Time::from_millis(at));
                    let cost = nodes.touched - before;
                    let old = model.insert(index, at).filter(|_| linked);
                    prop_assert!(cost <= 8, "{} records touched to set one deadline", cost);
                    prop_assert!(old.is_none_or(|old| at < old) || cost == 1, "moving it away touches only itself");
                    scheduled += 1;
                }
                Step::Unlink(index) => {
                    wheel.unlink(&mut nodes, index);
                    model.remove(&index);
                    prop_assert!(nodes.touched - before <= 3);
                }
                Step::Advance(by) => {
                    now = now.saturating_add(by).min(u64::MAX - 1);
                    let mut popped = Vec::new();
                    while let Some(index) = wheel.pop(&mut nodes, Time::from_millis(now)) {
                        popped.push(index);
                    }
                    dealt += nodes.touched - before;
                    popped.sort_unstable();
                    let due: Vec<u32> = model.iter().filter(|&(_, &at)| at <= now).map(|(&index, _)| index).collect();
                    model.retain(|_, at| *at > now);
                    prop_assert_eq!(popped, due);
                }
            }
        }
        // Each deadline moves a record down the levels at most once, and out; a move touches it and its neighbours.
        prop_assert!(dealt <= scheduled * 4 * (LEVELS + 1), "{} for {} deadlines", dealt, scheduled);
    }
}
