//! H1 to H7 and H11: the loop that asks.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::num::NonZeroU32;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tower::{Service, service_fn};

use crate::heart::link::{LinkError, link};
use crate::heart::requester::{Answered, Attempt, BeatError, Cause, Event, RequesterHeart, Sent};
use crate::runtime::{Handle, Runtime, Simulation, Task};
use crate::sync::{Arc, Mutex, lock};

type Log = Arc<Mutex<Vec<String>>>;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn times(attempts: u32) -> NonZeroU32 {
    NonZeroU32::new(attempts).expect("a test asks for at least one")
}

/// What the peer does with the n-th attempt that reaches it.
#[derive(Clone, Copy, Debug)]
enum Peer {
    Answers,
    AnswersAfter(u64),
    Refuses,
    Silent,
}

/// A transport that plays a script, its last line for ever. A service of its own, not a closure: the seam's second
/// implementation.
struct Scripted {
    runtime: Handle,
    script: Vec<Peer>,
    at: usize,
    log: Log,
}

impl Service<Sent<u32>> for Scripted {
    type Response = u32;
    type Error = &'static str;
    type Future = Task<Result<u32, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, sent: Sent<u32>) -> Self::Future {
        let peer = self.script[self.at.min(self.script.len() - 1)];
        self.at += 1;
        lock(&self.log).push(format!("{} sent {}", self.runtime.now().as_millis(), sent.request));
        let runtime = Arc::clone(&self.runtime);
        Box::pin(async move {
            match peer {
                Peer::Answers => Ok(sent.request),
                Peer::AnswersAfter(after) => {
                    runtime.sleep(ms(after)).await;
                    Ok(sent.request)
                }
                Peer::Refuses => Err("refused"),
                Peer::Silent => pending().await,
            }
        })
    }
}

fn told(log: &Log, event: &Event<'_, u32, &'static str>) {
    lock(log).push(match event {
        Event::New(response) => format!("new {response}"),
        Event::Update(response) => format!("update {response}"),
        Event::Retry { attempt, cause } => format!("retry {attempt} {cause}"),
        Event::Disconnect(response) => format!("disconnect {response}"),
    });
}

type End = Result<u32, BeatError<&'static str, &'static str>>;

/// Runs a heart whose first request is 1, each next one more, `beats` in all; the result, when, and what was told.
fn check(script: &[Peer], first: Attempt<u32>, next: Attempt<u32>, beats: u32) -> (End, u64, Vec<String>) {
    let simulation = Simulation::new(1);
    let runtime = simulation.handle();
    let log = Log::default();
    let (transport, events) = (Arc::clone(&log), Arc::clone(&log));
    let transport =
        Scripted { runtime: Arc::clone(&runtime), script: script.to_vec(), at: 0, log: transport };
    let protocol = service_fn(move |beat: Answered<u32>| {
        let next = (beat.response < beats).then(|| Attempt { request: beat.response + 1, ..next.clone() });
        async move { Ok::<_, &'static str>(next) }
    });
    let mut heart =
        RequesterHeart::new(runtime, transport, protocol).on_event(move |event| told(&events, &event));
    let end = simulation.run(heart.run(first, &CancellationToken::new()));
    let told = lock(&log).clone();
    (end, simulation.now().as_millis(), told)
}

fn sends(log: &[String]) -> usize {
    log.iter().filter(|line| line.contains("sent")).count()
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h01_the_protocol_goes_on_nine_times_then_stops() {
    let attempt = Attempt::once(1, ms(100));
    let (end, _, log) = check(&[Peer::Answers], attempt.clone(), attempt, 10);
    assert_eq!((end, sends(&log)), (Ok(10), 10));
    let events: Vec<_> = log.into_iter().filter(|line| !line.contains("sent")).collect();
    assert_eq!(events.len(), 11, "new, nine updates, disconnect: {events:?}");
    assert_eq!((&*events[0], &*events[9], &*events[10]), ("new 1", "update 10", "disconnect 10"));
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h02_the_protocol_declines_at_once() {
    let attempt = Attempt::once(1, ms(100));
    let (end, _, log) = check(&[Peer::Answers], attempt.clone(), attempt, 1);
    assert_eq!(end, Ok(1));
    assert_eq!(log, ["0 sent 1"], "never connected, so nothing to tell");
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h03_a_silent_peer_is_given_up_with_the_last_cause() {
    let attempt = Attempt::once(1, ms(100)).times(times(3));
    let (end, at, log) = check(&[Peer::Silent], attempt.clone(), attempt.clone(), 10);
    let gave_up = BeatError::ConnectionFailed { attempts: times(3), cause: Cause::Timeout };
    assert!(gave_up.to_string().starts_with("connection failed"));
    assert_eq!((end, at), (Err(gave_up), 300));
    let expected = ["0 sent 1", "retry 1 send timeout", "100 sent 1", "retry 2 send timeout"];
    assert_eq!(log[..4], expected);
    assert_eq!(log[4..], ["200 sent 1", "retry 3 send timeout"]);

    let (end, ..) = check(&[Peer::Silent, Peer::Silent, Peer::Refuses], attempt.clone(), attempt, 10);
    let cause = Cause::Transport("refused");
    assert_eq!(
        end,
        Err(BeatError::ConnectionFailed { attempts: times(3), cause }),
        "the last, not the first"
    );
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h04_two_failures_then_an_answer() {
    let attempt = Attempt::once(1, ms(100)).times(times(3));
    let (end, _, log) = check(&[Peer::Refuses, Peer::Silent, Peer::Answers], attempt.clone(), attempt, 3);
    assert_eq!(end, Ok(3));
    let retries: Vec<_> = log.iter().filter(|line| line.contains("retry")).collect();
    assert_eq!(retries, ["retry 1 refused", "retry 2 send timeout"]);
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h05_zero_attempts_cannot_be_written() {
    assert_eq!(NonZeroU32::new(0), None);
    assert_eq!(Attempt::once((), Duration::ZERO).attempts.get(), 1);
    // A time-out of zero is one attempt for what is there at once.
    let attempt = Attempt::once(1, Duration::ZERO);
    let (end, at, _) = check(&[Peer::Answers, Peer::Silent], attempt.clone(), attempt, 2);
    let cause = Cause::Timeout;
    assert_eq!((end, at), (Err(BeatError::ConnectionFailed { attempts: times(1), cause }), 0));
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h06_each_request_has_its_own_limits() {
    let (first, next) = (Attempt::once(1, ms(1000)), Attempt::once(0, ms(50)).times(times(2)));
    let (end, at, log) = check(&[Peer::AnswersAfter(900), Peer::Silent], first, next, 10);
    assert_eq!(at, 1000, "900 ms for the first answer, 2 × 50 ms for none");
    let cause = Cause::Timeout;
    assert_eq!(end, Err(BeatError::ConnectionFailed { attempts: times(2), cause }));
    assert_eq!(sends(&log), 3);
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h07_a_late_reply_is_not_the_next_attempts() {
    let simulation = Simulation::new(1);
    let runtime = simulation.handle();
    // The wire: each attempt is answered 150 ms later with its own number, in time for the attempt after it.
    let seen = Arc::new(Mutex::new(Vec::new()));
    let wire = Arc::clone(&seen);
    let (link, inbox) = link(service_fn(move |sent: Sent<u32>| {
        lock(&wire).push(sent.id);
        async { Ok::<_, Infallible>(()) }
    }));
    let (answers, peer, clock) = (inbox.clone(), Arc::clone(&seen), Arc::clone(&runtime));
    runtime.spawn(Box::pin(async move {
        clock.sleep(ms(150)).await;
        let first = lock(&peer)[0];
        assert_eq!(answers.deliver(first, 1), Err(1), "its attempt was over at 100 ms");
        clock.sleep(ms(10)).await;
        let second = lock(&peer)[1];
        assert_ne!(first, second);
        assert_eq!(answers.deliver(second, 2), Ok(()));
        assert_eq!(answers.deliver(second, 3), Err(3), "a second reply is nobody's");
    }));
    let stop = service_fn(|_: Answered<u32>| async { Ok::<_, Infallible>(None) });
    let mut heart = RequesterHeart::new(simulation.handle(), link, stop);
    let attempt = Attempt::once(0, ms(100)).times(times(3));
    let never = CancellationToken::new();
    assert_eq!(simulation.run(heart.run(attempt.clone(), &never)), Ok(2));
    assert_eq!((simulation.now().as_millis(), inbox.dropped()), (160, 2));

    inbox.close();
    let closed = simulation.run(heart.run(attempt, &never)).unwrap_err();
    let cause = Cause::Transport(LinkError::Closed);
    assert_eq!(closed, BeatError::ConnectionFailed { attempts: times(3), cause });
}

/// Cancelled at `at`: how it ended, when, what was sent.
fn cancelled(at: u64, script: &[Peer], first: Attempt<u32>) -> (End, u64, Vec<String>) {
    let simulation = Simulation::new(1);
    let runtime = simulation.handle();
    let log = Log::default();
    let script = script.to_vec();
    let transport = Scripted { runtime: Arc::clone(&runtime), script, at: 0, log: Arc::clone(&log) };
    let protocol = service_fn(|beat: Answered<u32>| async move {
        Ok::<_, &'static str>(Some(Attempt::once(beat.response + 1, ms(70)).after(ms(1000))))
    });
    let mut heart =
        RequesterHeart::new(Arc::clone(&runtime), transport, protocol).goodbye(|last| 1000 + last);
    let (token, clock) = (CancellationToken::new(), Arc::clone(&runtime));
    let cancel = token.clone();
    runtime.spawn(Box::pin(async move {
        clock.sleep(ms(at)).await;
        cancel.cancel();
    }));
    let end = simulation.run(heart.run(first, &token));
    let sent = lock(&log).clone();
    (end, simulation.now().as_millis(), sent)
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn h11_cancelling_sends_one_last_request_bounded_by_its_time() {
    let first = Attempt::once(1, ms(100)).times(times(5));
    for (at, script, ends_at, sent) in [
        // Between two beats; the peer takes the goodbye, or is gone.
        (500, &[Peer::Answers, Peer::Answers][..], 500, &["0 sent 1", "500 sent 1002"][..]),
        (500, &[Peer::Answers, Peer::Silent], 570, &["0 sent 1", "500 sent 1002"]),
        // In the middle of an attempt: neither the rest of it nor its repetitions are waited for.
        (30, &[Peer::Silent], 130, &["0 sent 1", "30 sent 1001"]),
        // A goodbye is not repeated.
        (30, &[Peer::Silent, Peer::Refuses], 30, &["0 sent 1", "30 sent 1001"]),
    ] {
        let (end, at, log) = cancelled(at, script, first.clone());
        assert_eq!((end, at), (Err(BeatError::Cancelled), ends_at), "{script:?}");
        assert_eq!(log, sent, "{script:?}");
    }
    let (end, at, log) = cancelled(30, &[Peer::Answers], first.after(ms(100)));
    assert_eq!((end, at, log.len()), (Err(BeatError::Cancelled), 30, 0), "who said nothing says no goodbye");
}

#[wasm_bindgen_test::wasm_bindgen_test(unsupported = test)]
fn a_failing_protocol_ends_the_heart() {
    let simulation = Simulation::new(1);
    let echo = service_fn(|sent: Sent<u32>| async move { Ok::<_, Infallible>(sent.request) });
    let fails = service_fn(|_: Answered<u32>| async { Err::<Option<Attempt<u32>>, _>("unreadable") });
    let mut heart = RequesterHeart::new(simulation.handle(), echo, fails);
    let never = CancellationToken::new();
    let end = simulation.run(heart.run(Attempt::once(1, ms(1)), &never));
    assert_eq!(end, Err(BeatError::Protocol("unreadable")));
    fn is_send<F: Future + Send>(_: F) {}
    is_send(heart.run(Attempt::once(1, ms(1)), &never));
}
