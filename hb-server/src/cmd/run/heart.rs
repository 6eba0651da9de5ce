//! The heart that beats for a child: hb-bus' requester heart asks, `pulse` is its protocol, `voice` its transport. It may
//! wait for a server that does not answer; the child never waits for it.
//!
//! One heart for each life, and no life is cancelled: a heart drops the attempt under way when it is told to stop. It
//! ends by its protocol instead, once the last word is answered. So the first word is said however soon the child dies,
//! and no ping is under way when the goodbye leaves: these beats have neither `boot` nor `seq`, and one that arrived
//! after it would bring the app back. Where the app is judged by its own frames, `native` beats instead. Not here: when a
//! child lives.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hb_bus::heart::requester::{Answered, Attempt, RequesterHeart, Sent};
use hb_bus::runtime::{self, Native};
use hb_core::beat::Verb;
use hb_core::id::Boot;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::AbortOnDropHandle;
use tower::service_fn;

use super::app::{self, Report};
use super::native;
use super::pulse::{Word, Words};
use super::seen::Seen;
use super::voice::Voice;
use crate::cmd::address::Address;
use crate::cmd::ask::Client;
use crate::cmd::beat::Name;

/// The voice gives up by itself. A heart that gave up before it would only queue more words behind that one.
const PATIENCE: Duration = Duration::MAX;

/// A running heart. Dropped without a farewell it says none.
pub(crate) struct Heart {
    lives: UnboundedSender<CancellationToken>,
    task: AbortOnDropHandle<()>,
}

impl Heart {
    /// Starts it in the runtime this is called in; it says nothing before [`born`](Self::born).
    pub(crate) fn start(
        client: Client,
        address: Address,
        name: Name,
        words: Words,
        seen: watch::Receiver<Seen>,
    ) -> std::io::Result<Self> {
        let voice = Voice::start(client, address, name)?;
        let (lives, born) = unbounded_channel();
        let say = move |word: Word| voice.say(word.beat());
        let beat = beat(Arc::new(Native::current()), words, born, seen, say);
        Ok(Self { lives, task: AbortOnDropHandle::new(tokio::spawn(beat)) })
    }

    /// Starts it for an app that is judged by its own `frames`.
    pub(crate) fn of_app(
        client: Client,
        address: Address,
        name: Name,
        config: app::Config,
        frames: watch::Receiver<Option<Report>>,
        seen: watch::Receiver<Seen>,
    ) -> std::io::Result<Self> {
        let voice = Voice::start(client, address, name)?;
        let (lives, born) = unbounded_channel();
        let say = move |beat| voice.say(beat);
        let beat = native::beat(Arc::new(Native::current()), config, boot, born, frames, seen, say);
        Ok(Self { lives, task: AbortOnDropHandle::new(tokio::spawn(beat)) })
    }

    /// The child was started. It lives until what this returns is dropped, and may come back.
    pub(crate) fn born(&self) -> DropGuard {
        let died = CancellationToken::new();
        // The task ends only after a farewell; if it panicked, the child still matters more.
        let _ = self.lives.send(died.clone());
        died.drop_guard()
    }

    /// Says goodbye after whatever is on its way, and waits for that no longer than `timeout`.
    pub(crate) async fn farewell(self, timeout: Duration) {
        drop(self.lives);
        // An error means that the time is over, and then the goodbye is the server's loss.
        let _ = tokio::time::timeout(timeout, self.task).await;
    }
}

/// What is seen as soon as it is something else than `told`.
pub(super) async fn other_than(seen: &watch::Receiver<Seen>, told: Seen) -> Seen {
    let mut seen = seen.clone();
    let other = seen.wait_for(|now| *now != told).await.map(|now| *now);
    match other {
        Ok(now) => now,
        // Nobody looks.
        Err(_) => pending().await,
    }
}

/// A name for one life, which no other has.
pub(super) fn boot() -> Boot {
    let mut bits = [0; 8];
    SystemRandom::new().fill(&mut bits).expect("the system gives random bits");
    Boot::new(&format!("{:016x}", u64::from_be_bytes(bits))).expect("16 digits are a boot")
}

/// Beats for one life after the other, each until its token is cancelled; when no more can come, says goodbye.
async fn beat<F>(
    runtime: runtime::Handle,
    words: Words,
    mut lives: UnboundedReceiver<CancellationToken>,
    seen: watch::Receiver<Seen>,
    say: impl Fn(Word) -> F,
) where
    F: Future<Output = Option<Duration>>,
{
    // Whether what was seen was said by a voice of its own, which then says goodbye too.
    let spoke = AtomicBool::new(false);
    let transport = service_fn(|Sent { request: word, .. }: Sent<Word>| {
        spoke.fetch_or(word.boot.is_some(), Ordering::Relaxed);
        let granted = say(word);
        async move { Ok::<_, Infallible>((word, granted.await)) }
    });
    while let Some(died) = lives.recv().await {
        let now = *seen.borrow();
        // Where nothing is to be said but what changes, the heart begins with that.
        let first = match words.first(now) {
            Some(first) => first,
            None => match died.run_until_cancelled(other_than(&seen, now)).await {
                Some(now) => words.changed(now),
                None => continue,
            },
        };
        let protocol = service_fn(|Answered { response: (word, granted), took, .. }| {
            let next = words.after(word, granted);
            let (runtime, died, seen) = (Arc::clone(&runtime), died.clone(), seen.clone());
            async move {
                let due = async {
                    let Some((after, word)) = next else { return pending().await };
                    runtime.sleep(after.saturating_sub(took)).await;
                    word
                };
                let next = died.run_until_cancelled(async {
                    tokio::select! {
                        word = due => word,
                        now = other_than(&seen, word.seen) => words.changed(now),
                    }
                });
                Ok::<_, Infallible>(next.await.map(|word| Attempt::once(word, PATIENCE)))
            }
        });
        let mut heart = RequesterHeart::new(Arc::clone(&runtime), transport, protocol);
        // Neither of its services fails.
        let _ = heart.run(Attempt::once(first, PATIENCE), &CancellationToken::new()).await;
    }
    if let Some(promise) = words.done {
        let goodbye = Word { verb: Verb::Done, promise, seen: Seen::default(), boot: None };
        if spoke.into_inner() {
            say(Word { boot: words.eye, ..goodbye }).await;
        }
        say(goodbye).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use hb_bus::runtime::{Runtime, Simulation};
    use hb_core::beat::Promise;

    use super::*;

    const INIT: &str = "hb_init";
    const PING: &str = "hb_ping";
    const DONE: &str = "hb_done";

    /// What is said to a server that takes 3 s for each answer and grants 10 s, and when, ms. `live` is told of lives.
    fn said<F: Future>(
        live: impl FnOnce(Simulation, UnboundedSender<CancellationToken>) -> F,
    ) -> Vec<(u64, &'static str)> {
        let promise = Promise::from_millis(9_000);
        let words = Words { init: promise, ping: promise, done: promise, state: promise.unwrap(), eye: None };
        let world = Simulation::new(1);
        let said = Mutex::new(Vec::new());
        let say = |word: Word| {
            said.lock().unwrap().push((world.now().as_millis(), word.verb.word()));
            let answer = world.sleep(Duration::from_secs(3));
            async move {
                answer.await;
                Some(Duration::from_secs(10))
            }
        };
        let (lives, born) = unbounded_channel();
        let (_, seen) = watch::channel(Seen::default());
        let beat = beat(world.handle(), words, born, seen, say);
        world.run(async { tokio::join!(live(world.clone(), lives), beat) });
        said.into_inner().unwrap()
    }

    #[test]
    fn however_short_a_life_is_it_begins_with_its_first_word() {
        let said = said(|_, lives| async move {
            for _ in 0..2 {
                let died = CancellationToken::new();
                lives.send(died.clone()).unwrap();
                died.cancel();
            }
        });
        assert_eq!(said, [(0, INIT), (3_000, INIT), (6_000, DONE)]);
    }

    #[test]
    fn the_goodbye_waits_for_the_ping_under_way() {
        let said = said(|world, lives| async move {
            let died = CancellationToken::new();
            lives.send(died.clone()).unwrap();
            world.sleep(Duration::from_secs(10)).await;
            died.cancel();
        });
        assert_eq!(said, [(0, INIT), (9_500, PING), (12_500, DONE)]);
    }

    #[test]
    fn the_dead_say_nothing() {
        let said = said(|world, lives| async move {
            let died = CancellationToken::new();
            lives.send(died.clone()).unwrap();
            world.sleep(Duration::from_secs(9)).await;
            died.cancel();
            world.sleep(Duration::from_secs(51)).await;
            // Born again, and dead at once.
            lives.send(died).unwrap();
        });
        assert_eq!(said, [(0, INIT), (60_000, INIT), (63_000, DONE)]);
    }
}
