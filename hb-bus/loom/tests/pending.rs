//! Who waits for which reply, in every order: no wake-up is lost, no reply is another's, and a key is freed by its owner.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use hb_bus_loom::pending::{Closed, DuplicateKey, ExpectError, Pending};
use loom::future::block_on;
use loom::model::Builder;
use loom::{model, thread};

const KEY: u8 = 8;

/// Every order in which a thread that could go on is interrupted at most so often: all of three threads' take long.
fn within(interruptions: usize, check: impl Fn() + Sync + Send + 'static) {
    let mut model = Builder::new();
    model.preemption_bound = Some(interruptions);
    model.check(check);
}

fn asked<V>() -> (Pending<u8, V>, impl Future<Output = Result<V, Closed>> + 'static)
where
    V: 'static,
{
    let pending = Pending::new();
    let waiter = pending.expect(KEY).expect("nobody waits for it");
    (pending, waiter)
}

#[test]
fn a_reply_wakes_who_waits() {
    model(|| {
        let (pending, waiter) = asked();
        let replier = thread::spawn(move || pending.fulfil(&KEY, "reply"));
        assert_eq!(block_on(waiter), Ok("reply"));
        assert_eq!(replier.join().unwrap(), Ok(()));
    });
}

#[test]
fn the_last_who_asked_is_woken() {
    model(|| {
        let (pending, waiter) = asked();
        let replier = thread::spawn(move || pending.fulfil(&KEY, "reply"));
        let mut waiter = pin!(waiter);
        let first = waiter.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if first.is_pending() {
            assert_eq!(block_on(waiter), Ok("reply"));
        }
        assert_eq!(replier.join().unwrap(), Ok(()));
    });
}

#[test]
fn one_of_two_replies_counts() {
    within(3, || {
        let (pending, waiter) = asked();
        let repliers = [1, 2].map(|n| {
            let pending = pending.clone();
            thread::spawn(move || pending.fulfil(&KEY, n))
        });
        let reply = block_on(waiter).expect("nobody closes");
        let [one, two] = repliers.map(|replier| replier.join().unwrap());
        let expected = if reply == 1 { (Ok(()), Err(2)) } else { (Err(1), Ok(())) };
        assert_eq!((one, two), expected);
        assert!(pending.is_empty());
    });
}

#[test]
fn a_waiter_that_is_dropped_frees_its_key_and_the_reply() {
    model(|| {
        let (pending, waiter) = asked();
        let reply = std::sync::Arc::new(());
        let (replier, sent) = (pending.clone(), std::sync::Arc::clone(&reply));
        let replier = thread::spawn(move || drop(replier.fulfil(&KEY, sent)));
        drop(waiter);
        replier.join().unwrap();
        assert!(pending.is_empty());
        assert_eq!(std::sync::Arc::strong_count(&reply), 1, "nobody holds a reply that nobody will take");
        assert!(pending.expect(KEY).is_ok());
    });
}

#[test]
fn a_waiter_that_is_dropped_late_leaves_the_next_ones_key_alone() {
    model(|| {
        let (pending, first) = asked();
        let dropper = thread::spawn(move || drop(first));
        let _ = pending.fulfil(&KEY, "first");
        let second = pending.expect(KEY).expect("answered or dropped, the key is free");
        dropper.join().unwrap();
        assert_eq!(pending.fulfil(&KEY, "second"), Ok(()));
        assert_eq!(block_on(second), Ok("second"));
    });
}

#[test]
fn a_reply_that_was_taken_in_survives_the_end() {
    within(3, || {
        let (pending, waiter) = asked();
        let (replier, closer) = (pending.clone(), pending.clone());
        let replier = thread::spawn(move || replier.fulfil(&KEY, "reply"));
        let closer = thread::spawn(move || closer.close());
        let waited = block_on(waiter);
        let replied = replier.join().unwrap();
        closer.join().unwrap();
        match replied {
            Ok(()) => assert_eq!(waited, Ok("reply")),
            Err("reply") => assert_eq!(waited, Err(Closed)),
            Err(other) => panic!("{other} was never sent"),
        }
    });
}

#[test]
fn nobody_begins_to_wait_for_what_was_closed() {
    model(|| {
        let pending = Pending::<u8, ()>::new();
        let closer = pending.clone();
        let closer = thread::spawn(move || closer.close());
        match pending.expect(KEY) {
            Ok(waiter) => assert_eq!(block_on(waiter), Err(Closed)),
            Err(error) => assert_eq!(error, ExpectError::Closed(Closed)),
        }
        closer.join().unwrap();
        assert!(pending.is_empty());
    });
}

#[test]
fn one_of_two_has_the_key() {
    model(|| {
        let pending = Pending::<u8, ()>::new();
        let other = pending.clone();
        let other = thread::spawn(move || other.expect(KEY));
        let both = [pending.expect(KEY), other.join().unwrap()];
        let refused: Vec<_> = both.iter().filter_map(|it| it.as_ref().err()).collect();
        assert_eq!(refused, [&ExpectError::DuplicateKey(DuplicateKey)]);
        assert_eq!(pending.len(), 1);
        drop(both);
        assert!(pending.is_empty());
    });
}
