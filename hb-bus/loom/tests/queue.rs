//! A subscriber's queue, in every order: no wake-up is lost, no item is lost unsaid or handed out twice.

use std::future::poll_fn;
use std::task::{Context, Waker};

use hb_bus_loom::{Queue, Taken};
use loom::future::block_on;
use loom::model::Builder;
use loom::sync::Arc;
use loom::{model, thread};

/// Everything a reader gets until the end, sleeping in between.
fn all(queue: &Queue<u64>) -> Vec<Taken<u64>> {
    let mut taken = Vec::new();
    while taken.last() != Some(&Taken::Closed) {
        taken.push(block_on(poll_fn(|cx| queue.poll(cx))));
    }
    taken
}

/// Every order in which a thread that could go on is interrupted at most so often: more would take hours.
fn within(interruptions: usize, check: impl Fn() + Sync + Send + 'static) {
    let mut model = Builder::new();
    model.preemption_bound = Some(interruptions);
    model.check(check);
}

/// Pushes 1 to `last` in a thread, then closes.
fn writer(queue: &Arc<Queue<u64>>, last: u64) -> thread::JoinHandle<()> {
    let queue = Arc::clone(queue);
    thread::spawn(move || {
        (1..=last).for_each(|n| queue.push(n));
        queue.close();
    })
}

#[test]
fn a_reader_that_sleeps_gets_everything_in_order() {
    model(|| {
        let queue = Arc::new(Queue::new(2));
        let writer = writer(&queue, 2);
        assert_eq!(all(&queue), [Taken::Item(1), Taken::Item(2), Taken::Closed]);
        writer.join().unwrap();
    });
}

#[test]
fn what_is_missing_is_counted_where_it_is_missing() {
    for (capacity, last) in [(1, 2), (2, 3)] {
        within(4, move || {
            let queue = Arc::new(Queue::new(capacity));
            let writer = writer(&queue, last);
            let mut seen = 0;
            for taken in all(&queue) {
                match taken {
                    Taken::Item(n) => {
                        assert_eq!(n, seen + 1, "a gap that nobody told of, or a double");
                        seen = n;
                    }
                    Taken::Missed(count) => {
                        assert!(count > 0);
                        seen += count;
                    }
                    Taken::Closed => assert_eq!(seen, last, "capacity {capacity}"),
                }
            }
            writer.join().unwrap();
        });
    }
}

#[test]
fn what_fits_is_not_lost() {
    model(|| {
        let queue = Arc::new(Queue::new(2));
        let other = Arc::clone(&queue);
        let other = thread::spawn(move || other.push(1));
        queue.push(2);
        other.join().unwrap();
        let mut both = [queue.take(), queue.take()];
        both.sort_by_key(|taken| format!("{taken:?}"));
        assert_eq!(both, [Some(Taken::Item(1)), Some(Taken::Item(2))]);
        assert_eq!(queue.take(), None);
    });
}

#[test]
fn two_writers_wake_one_reader() {
    within(3, || {
        let queue = Arc::new(Queue::new(2));
        let writers = [1, 2].map(|n| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.push(n))
        });
        let mut sum = 0;
        for _ in 0..2 {
            match block_on(poll_fn(|cx| queue.poll(cx))) {
                Taken::Item(n) => sum += n,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(sum, 3);
        for writer in writers {
            writer.join().unwrap();
        }
    });
}

#[test]
fn the_end_wakes_and_nothing_comes_after_it() {
    within(3, || {
        let queue = Arc::new(Queue::new(2));
        let (pushes, closes) = (Arc::clone(&queue), Arc::clone(&queue));
        let pushes = thread::spawn(move || pushes.push(1));
        let closes = thread::spawn(move || closes.close());
        let taken = all(&queue);
        assert!(taken == [Taken::Closed] || taken == [Taken::Item(1), Taken::Closed], "{taken:?}");
        pushes.join().unwrap();
        closes.join().unwrap();
        assert_eq!(queue.take(), Some(Taken::Closed));
    });
}

#[test]
fn a_wait_that_was_given_up_costs_the_next_one_nothing() {
    model(|| {
        let queue = Arc::new(Queue::new(1));
        let pushes = Arc::clone(&queue);
        let pushes = thread::spawn(move || pushes.push(1));
        let first = queue.poll(&mut Context::from_waker(Waker::noop()));
        if first.is_pending() {
            assert_eq!(block_on(poll_fn(|cx| queue.poll(cx))), Taken::Item(1));
        }
        pushes.join().unwrap();
        assert_eq!(queue.take(), None);
    });
}
