//! What every detector holds to, whatever was heard: never early, monotone in silence, right to the millisecond, and the
//! same at every scale.

extern crate std;

use alloc::boxed::Box;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

/// Every kind of detector, after these intervals in ms; each begins at an hour, so that scales have room.
fn after(intervals: &[u64], nominal: u64) -> (Time, Vec<Box<dyn Detector>>) {
    let ms = Duration::from_millis;
    let mut at = Time::from_millis(3_600_000);
    let mut phi = Phi::new(Level::from_tenths(20), Level::USUAL);
    let mut chen = Chen::new(ms(nominal), ms(nominal / 2), ms(nominal * 2));
    phi.hear(at);
    chen.hear(at, 1);
    for (beat, &interval) in intervals.iter().enumerate() {
        at += ms(interval);
        phi.hear(at);
        chen.hear(at, beat as u32 + 2);
    }
    (at, alloc::vec![Box::new(Ratio::PROMPT), Box::new(Ratio::HILBERT), Box::new(phi), Box::new(chen)])
}

proptest! {
    #[test]
    fn never_early_and_monotone_and_each_change_where_it_was_foretold(
        intervals in proptest::collection::vec(0_u64..20_000, 0..100),
        granted in 1_u64..20_000,
        nominal in 1_u64..10_000,
    ) {
        let granted = Duration::from_millis(granted);
        let (last, detectors) = after(&intervals, nominal);
        for detector in detectors {
            let mut at = last;
            let mut before = Suspicion::Kept;
            loop {
                let (suspicion, next) = detector.suspect(last, granted, at);
                prop_assert!(suspicion >= before && next > at);
                prop_assert!(suspicion == Suspicion::Kept || at >= last + granted, "early");
                if next == Time::MAX {
                    break;
                }
                // Up to the moment that was named nothing changes, and at it something does.
                let eve = next - Duration::from_millis(1);
                prop_assert_eq!(detector.suspect(last, granted, eve), (suspicion, next));
                prop_assert!(detector.suspect(last, granted, next).0 > suspicion);
                (at, before) = (next, suspicion);
            }
            prop_assert!(detector.suspect(last, granted, Time::MAX).0 >= Suspicion::Down);
        }
    }

    /// Twice as slow is suspected after twice the silence: no detector has a time of its own in it.
    #[test]
    fn the_same_at_every_scale(
        intervals in proptest::collection::vec(10_u64..5_000, 10..100), scale in 2_u64..50,
    ) {
        let scaled: Vec<u64> = intervals.iter().map(|ms| ms * scale).collect();
        let nominal = 1_000;
        let ((last, small), (long_last, large)) = (after(&intervals, nominal), after(&scaled, nominal * scale));
        for (small, large) in small.iter().zip(large) {
            // Who is granted next to nothing is judged by what was learned alone.
            let due = |detector: &dyn Detector, last: Time, granted: u64| {
                let granted = Duration::from_millis(granted);
                detector.suspect(last, granted, last).1.since(last).as_millis() as f64
            };
            let (one, many) = (due(small.as_ref(), last, 1), due(large.as_ref(), long_last, scale));
            prop_assert!((many / scale as f64 - one).abs() <= 3.0, "{one}, {many} at {scale}");
        }
    }
}

/// Whole numbers against the moments of what was seen: 4 beats in the textbook, 4 here.
#[test]
fn a_jittery_page_is_given_more_time_than_a_regular_one() {
    let regular: Vec<u64> = alloc::vec![1_000; 60];
    let jittery: Vec<u64> = (0..60).map(|beat| if beat % 2 == 0 { 500 } else { 1_500 }).collect();
    let phi = |intervals: &[u64]| {
        let (last, detectors) = after(intervals, 1_000);
        detectors[2].suspect(last, Duration::ZERO, last).1.since(last)
    };
    assert_eq!(phi(&regular), Duration::from_millis(1_117));
    let wide = phi(&jittery).as_millis();
    assert!((2_150..2_180).contains(&wide), "μ + 2.326 σ = 2163 ms, found {wide}");
}
