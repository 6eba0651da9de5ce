//! H8 to H10: the loop that answers.

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tower::service_fn;

use crate::heart::responder::{BeatError, Ended, Received, ResponderHeart};
use crate::runtime::{Handle, Runtime, Simulation};
use crate::sync::{Arc, Mutex, lock};

type Request = Received<u32, u32, &'static str>;
type Answers = Arc<Mutex<Vec<(u64, u32)>>>;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A request whose answer is noted with its time.
fn request(number: u32, runtime: &Handle, answers: &Answers) -> Request {
    let (runtime, answers) = (Arc::clone(runtime), Arc::clone(answers));
    Received::new(number, move |answer| async move {
        lock(&answers).push((runtime.now().as_millis(), answer));
        Ok(())
    })
}

/// Answers with the number + 100 after so long.
macro_rules! answers_after {
    ($runtime:expr, $millis:expr) => {{
        let runtime = Arc::clone(&$runtime);
        service_fn(move |number: u32| {
            let runtime = Arc::clone(&runtime);
            async move {
                runtime.sleep(ms($millis)).await;
                Ok::<_, Infallible>(number + 100)
            }
        })
    }};
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h08_one_at_a_time_unless_told_otherwise() {
    for (at_once, expected) in [(1, 500), (2, 250), (5, 100), (10, 50), (64, 50)] {
        let simulation = Simulation::new(1);
        let (runtime, answers) = (simulation.handle(), Answers::default());
        let all: Vec<_> = (0..10).map(|it| Ok(request(it, &runtime, &answers))).collect();
        let at_once = NonZeroUsize::new(at_once).expect("from the table");
        let mut heart =
            ResponderHeart::new(Arc::clone(&runtime), answers_after!(runtime, 50)).at_once(at_once);
        let ended = simulation.run(heart.run(&mut stream::iter(all), &CancellationToken::new()));
        assert_eq!((ended, simulation.now().as_millis()), (Ended::Exhausted, expected), "{at_once} at once");
        let mut got: Vec<_> = lock(&answers).iter().map(|(_, answer)| *answer).collect();
        if at_once.get() > 1 {
            got.sort_unstable();
        }
        assert_eq!(got, (100..110).collect::<Vec<_>>(), "{at_once} at once: each its own");
    }
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h09_errors_are_told_and_paused_after() {
    let simulation = Simulation::new(1);
    let (runtime, answers) = (simulation.handle(), Answers::default());
    let good = |number| Ok(request(number, &runtime, &answers));
    let script = [good(1), Err("a"), good(2), Err("b"), Err("c"), Err("d"), good(3), Err("e"), good(4)];
    let told = Arc::new(Mutex::new(Vec::new()));
    let (errors, clock) = (Arc::clone(&told), Arc::clone(&runtime));
    let mut heart = ResponderHeart::new(Arc::clone(&runtime), answers_after!(runtime, 0)).on_error(
        move |error: BeatError<&str, Infallible>| {
            lock(&errors).push((clock.now().as_millis(), error.to_string()));
        },
    );
    simulation.run(heart.run(&mut stream::iter(script), &CancellationToken::new()));
    let told: Vec<_> = lock(&told).iter().map(|(at, error)| format!("{at} {error}")).collect();
    // 10 ms after an error, twice as long after each further one in a row.
    let at = [(0, "a"), (10, "b"), (20, "c"), (40, "d"), (80, "e")];
    assert_eq!(told, at.map(|(at, error)| format!("{at} cannot receive: {error}")));
    assert_eq!(*lock(&answers), [(0, 101), (10, 102), (80, 103), (90, 104)]);

    // An error that never ends costs at most one attempt a second.
    let tries = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&tries);
    let mut broken = stream::poll_fn(move |_| {
        *lock(&counted) += 1;
        std::task::Poll::Ready(Some(Err::<Request, _>("broken")))
    });
    let (token, clock) = (CancellationToken::new(), Arc::clone(&runtime));
    let cancel = token.clone();
    runtime.spawn(Box::pin(async move {
        clock.sleep(Duration::from_secs(60)).await;
        cancel.cancel();
    }));
    assert_eq!(simulation.run(heart.run(&mut broken, &token)), Ended::Stopped);
    let tries = *lock(&tries);
    assert!((60..70).contains(&tries), "{tries} in a minute: at most one a second, but no less either");
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h09_a_protocol_or_a_way_back_that_fails_is_told_and_survived() {
    let simulation = Simulation::new(1);
    let told = Arc::new(Mutex::new(Vec::new()));
    let errors = Arc::clone(&told);
    let protocol = service_fn(|number: u32| async move { if number == 1 { Err("odd") } else { Ok(number) } });
    let mut heart =
        ResponderHeart::new(simulation.handle(), protocol).on_error(move |error| lock(&errors).push(error));
    let all = [1, 2, 3].map(|number| {
        Ok::<_, &str>(Received::new(number, move |_: u32| async move {
            if number == 2 { Err("gone") } else { Ok(()) }
        }))
    });
    simulation.run(heart.run(&mut stream::iter(all), &CancellationToken::new()));
    assert_eq!(*lock(&told), [BeatError::Protocol("odd"), BeatError::Reply("gone")]);
}

/// The transport as a channel: the seam's second implementation.
fn channel() -> (mpsc::Sender<Request>, impl Stream<Item = Result<Request, &'static str>> + Unpin) {
    let (sender, receiver) = mpsc::channel(16);
    let requests = stream::unfold(receiver, |mut receiver: mpsc::Receiver<Request>| async {
        receiver.recv().await.map(|request| (Ok(request), receiver))
    });
    (sender, requests.boxed())
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h10_stopping_waits_for_the_running_beat() {
    let simulation = Simulation::new(1);
    let (runtime, answers) = (simulation.handle(), Answers::default());
    let (sender, mut requests) = channel();
    let mut heart = ResponderHeart::new(Arc::clone(&runtime), answers_after!(runtime, 100));
    let (clock, later, noted) = (Arc::clone(&runtime), sender.clone(), Arc::clone(&answers));
    let token = CancellationToken::new();
    let stop = token.clone();
    sender.try_send(request(1, &runtime, &answers)).unwrap();
    runtime.spawn(Box::pin(async move {
        clock.sleep(ms(30)).await;
        stop.cancel();
        stop.cancel(); // twice is once
        later.try_send(request(2, &clock, &noted)).unwrap();
    }));
    assert_eq!(simulation.run(heart.run(&mut requests, &token)), Ended::Stopped);
    assert_eq!(*lock(&answers), [(100, 101)], "the running one is finished, the later one not begun");

    // Stopped before it began: at once, and nothing is taken.
    assert_eq!(simulation.run(heart.run(&mut requests, &token)), Ended::Stopped);
    assert_eq!((simulation.now().as_millis(), lock(&answers).len()), (100, 1));

    // Run again over the same transport: what waited is served.
    drop(sender);
    assert_eq!(simulation.run(heart.run(&mut requests, &CancellationToken::new())), Ended::Exhausted);
    assert_eq!(*lock(&answers), [(100, 101), (200, 102)]);
}
