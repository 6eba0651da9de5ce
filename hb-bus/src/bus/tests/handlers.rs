//! Handlers that fail, are replaced, paused and dropped: G11–G13, G19.

use super::*;

/// A handler that fails on "bad", and how often it was called.
fn counting(calls: &Arc<AtomicUsize>, fails: bool) -> impl Fn(Message) -> Answer + Send + Sync + use<> {
    let calls = Arc::clone(calls);
    move |message| {
        calls.fetch_add(1, Ordering::Relaxed);
        std::future::ready(if fails && message.data() == "bad" { Err(Failed) } else { Ok(()) })
    }
}

type Answer = std::future::Ready<Result<(), Failed>>;

fn say(bus: &Bus, what: &str, times: usize) {
    for _ in 0..times {
        bus.publish(text(what)).unwrap();
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn g11_who_fails_sixty_four_times_is_disconnected() {
    for failing in [0, 5, 9] {
        let (world, bus) = world();
        let calls = Arc::default();
        let pods: Vec<Pod> = (0..10).map(|_| bus.pod()).collect();
        let _handlings: Vec<_> =
            (0..10).map(|at| pods[at].handle(Filter::all(), counting(&calls, at == failing))).collect();
        let called = || calls.load(Ordering::Relaxed);
        say(&bus, "bad", 64);
        settle(&world);
        say(&bus, "bad", 10);
        settle(&world);
        assert_eq!(called(), 64 * 10 + 10 * 9);
        say(&bus, "good", 10);
        settle(&world);
        assert_eq!(called(), 730 + 90);
        for (at, pod) in pods.iter().enumerate() {
            assert_eq!(pod.publish(text("")).is_err(), at == failing);
        }
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn g12_sixty_three_failures_are_handed_over_again_once_each() {
    let (world, bus) = world();
    let seen: Arc<Mutex<Vec<Message>>> = Arc::default();
    let broken = Arc::new(AtomicUsize::new(1));
    let (notes, fails) = (Arc::clone(&seen), Arc::clone(&broken));
    let pod = bus.pod();
    let _handling = pod.handle(Filter::all(), move |message| {
        lock(&notes).push(message);
        std::future::ready(if fails.load(Ordering::Relaxed) == 1 { Err(Failed) } else { Ok(()) })
    });
    for n in 0..63 {
        bus.publish(number(n)).unwrap();
    }
    settle(&world);
    let failed = std::mem::take(&mut *lock(&seen));
    broken.store(0, Ordering::Relaxed);
    let good = bus.publish(text("good")).unwrap().id;
    settle(&world);
    let after = std::mem::take(&mut *lock(&seen));
    assert_eq!((failed.len(), after[0].id()), (63, good));
    assert_eq!(after[1..], failed, "each once, oldest first");
    bus.publish(text("good")).unwrap();
    settle(&world);
    assert_eq!(lock(&seen).len(), 1);
    assert!(pod.publish(text("")).is_ok());
}

#[wasm_bindgen_test(unsupported = test)]
fn g13_what_failed_is_kept_for_the_function_that_follows() {
    let (world, bus) = world();
    let calls = Arc::default();
    let handling = bus.pod().handle(Filter::all(), counting(&calls, true));
    say(&bus, "bad", 5);
    settle(&world);
    handling.replace(counting(&calls, false));
    say(&bus, "normal", 9);
    settle(&world);
    say(&bus, "normal", 1);
    settle(&world);
    assert_eq!(calls.load(Ordering::Relaxed), 5 + 9 + 5 + 1);
}

#[wasm_bindgen_test(unsupported = test)]
fn g19_what_comes_while_paused_is_passed_over() {
    let (world, bus) = world();
    let calls = Arc::default();
    let handling = bus.pod().handle(Filter::all(), counting(&calls, false));
    handling.pause();
    say(&bus, "unheard", 5);
    settle(&world);
    handling.replace(counting(&calls, false));
    say(&bus, "heard", 1);
    settle(&world);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[wasm_bindgen_test(unsupported = test)]
fn a_handling_that_is_dropped_ends_also_when_nothing_comes() {
    let (world, bus) = world();
    let calls = Arc::default();
    let handling = bus.pod().handle(Filter::all(), counting(&calls, false));
    say(&bus, "unheard", 3);
    drop(handling);
    settle(&world);
    assert_eq!((calls.load(Ordering::Relaxed), bus.stats().subscriptions), (0, 0));
}

#[wasm_bindgen_test(unsupported = test)]
fn a_function_that_is_too_slow_is_told_how_much_it_missed() {
    let (world, bus) = world();
    let clock = world.handle();
    let handling = bus.pod().handle(Filter::all().queue(8), move |_| {
        let nap = clock.sleep(millis(1_000));
        async move {
            nap.await;
            Ok(())
        }
    });
    say(&bus, "one", 1);
    settle(&world);
    say(&bus, "more", 100);
    world.run(world.sleep(millis(60_000)));
    assert_eq!(handling.missed(), 92);
}
