//! Messages one after the other through a function that may fail.

use std::future::Future;

use super::FAILURES;
use super::hub::Member;
use super::pod::Pod;
use super::subscription::{Received, Subscription};
use crate::message::{Buffer, Message};
use crate::runtime::Task;
use crate::sync::{Arc, Mutex, lock};

/// A handler could not do its work with a message.
///
/// The example of [`Pod`](super::Pod) shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("the handler failed")]
pub struct Failed;

type Handler = Arc<dyn Fn(Message) -> Task<Result<(), Failed>> + Send + Sync>;

/// A function at work on the messages of a pod. One task, one message at a time, in order.
///
/// A message that failed is kept, at most [`FAILURES`] of them; after the next one that succeeds they are handed over
/// again, once each. When [`FAILURES`] have failed since the last success, the pod is disconnected: a part that can do
/// no work should not look as if it did. Dropping this ends it, after the message at work.
///
/// ```
/// # use hb_bus::bus::{Bus, Filter};
/// # use hb_bus::message::{Message, Topic};
/// # let world = hb_bus::runtime::Simulation::new(1);
/// # let bus = Bus::new(world.handle());
/// let (heard, mut hears) = tokio::sync::mpsc::unbounded_channel();
/// let handling = bus.pod().handle(Filter::all(), move |message| {
///     heard.send(message.data().clone()).expect("the test listens");
///     std::future::ready(Ok(()))
/// });
/// bus.publish(Message::new(Topic::DEFAULT, "one"))?;
/// assert_eq!(world.run(hears.recv()).expect("it is at work"), "one");
/// assert_eq!(handling.missed(), 0);
/// drop(handling); // from now on nobody hears it
/// assert_eq!(bus.publish(Message::new(Topic::DEFAULT, "two"))?.seq, 2);
/// assert!(world.run(hears.recv()).is_none());
/// # Ok::<(), hb_bus::pending::Closed>(())
/// ```
#[must_use = "dropping it ends the handling"]
#[derive(Debug)]
pub struct Handling {
    desk: Arc<Desk>,
    member: Arc<Member>,
}

struct Desk(Mutex<State>);

struct State {
    /// `None` while paused.
    handler: Option<Handler>,
    missed: u64,
    ended: bool,
}

impl Handling {
    pub(super) fn spawn<H, F>(pod: Pod, subscription: Subscription, handler: H) -> Self
    where
        H: Fn(Message) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), Failed>> + Send + 'static,
    {
        let state = State { handler: Some(boxed(handler)), missed: 0, ended: false };
        let desk = Arc::new(Desk(Mutex::new(state)));
        let (runner, member) = (pod.clone(), subscription.member());
        runner.spawn(Box::pin(work(Arc::clone(&desk), pod, subscription)));
        Self { desk, member }
    }

    /// Puts another function in its place, from the next message on. What failed before is kept for it.
    pub fn replace<H, F>(&self, handler: H)
    where
        H: Fn(Message) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), Failed>> + Send + 'static,
    {
        lock(&self.desk.0).handler = Some(boxed(handler));
    }

    /// From now on messages are passed over, until [`replace`](Self::replace).
    pub fn pause(&self) {
        lock(&self.desk.0).handler = None;
    }

    /// How many messages were lost because the function was too slow.
    #[must_use]
    pub fn missed(&self) -> u64 {
        lock(&self.desk.0).missed
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        lock(&self.desk.0).ended = true;
        if let Some(waker) = self.member.queue.close() {
            waker.wake();
        }
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

fn boxed<H, F>(handler: H) -> Handler
where
    H: Fn(Message) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), Failed>> + Send + 'static,
{
    Arc::new(move |message| Box::pin(handler(message)))
}

async fn work(desk: Arc<Desk>, pod: Pod, mut subscription: Subscription) {
    let mut failed = Buffer::new(FAILURES);
    loop {
        let message = match subscription.recv().await {
            Received::Message { message, .. } => message,
            Received::Missed(count) => {
                lock(&desk.0).missed += count;
                continue;
            }
            Received::Closed => return,
        };
        let handler = {
            let state = lock(&desk.0);
            if state.ended {
                return;
            }
            state.handler.clone()
        };
        let Some(handler) = handler else { continue };
        if handler(message.clone()).await.is_ok() {
            for again in failed.take() {
                if handler(again.clone()).await.is_err() {
                    failed.push(again);
                }
            }
        } else {
            failed.push(message);
        }
        if failed.len() >= FAILURES {
            return pod.disconnect();
        }
    }
}
