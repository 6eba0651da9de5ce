//! The receiving end.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Weak;
use std::task::{Context, Poll};
use std::time::Duration;

use super::hub::{Member, Numbered};
use super::queue::Taken;
use super::{Quota, Shared, limit};
use crate::message::Message;
use crate::runtime::{Elapsed, Handle, timeout};
use crate::sync::{Arc, lock};

/// What a [`Subscription`] hands out.
///
/// ```
/// # use hb_bus::bus::{Bus, Filter, Received};
/// # use hb_bus::message::{Message, Topic};
/// # let bus = Bus::new(hb_bus::runtime::Simulation::new(1).handle());
/// let mut slow = bus.subscribe(Filter::all().queue(1));
/// for text in ["1", "2", "3"] {
///     bus.publish(Message::new(Topic::DEFAULT, text))?;
/// }
/// assert_eq!(slow.try_recv(), Some(Received::Missed(2)));
/// let (seq, message) = slow.try_recv().and_then(Received::message).expect("the last one is kept");
/// assert_eq!((seq, &message.data()[..]), (3, &b"3"[..]));
/// # Ok::<(), hb_bus::pending::Closed>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// The next message.
    Message {
        /// Its place in the order, from 1; 0 for a reply that a bridge takes.
        seq: u64,
        /// What was published.
        message: Message,
    },
    /// This subscriber was too slow: so many messages that belong here are lost to it.
    Missed(u64),
    /// The bus or the pod was closed, and everything before that has been handed out. So will every further call say.
    Closed,
}

impl Received {
    /// Number and message, if this is one.
    #[must_use]
    pub fn message(self) -> Option<(u64, Message)> {
        match self {
            Self::Message { seq, message } => Some((seq, message)),
            Self::Missed(_) | Self::Closed => None,
        }
    }
}

impl From<Taken<Numbered>> for Received {
    fn from(taken: Taken<Numbered>) -> Self {
        match taken {
            Taken::Item((seq, message)) => Self::Message { seq, message },
            Taken::Missed(count) => Self::Missed(count),
            Taken::Closed => Self::Closed,
        }
    }
}

/// Why waiting for a certain message ended without it.
///
/// ```
/// # use std::{convert::Infallible, time::Duration};
/// # use hb_bus::bus::{Bus, Filter, WaitError};
/// # let world = hb_bus::runtime::Simulation::new(1);
/// # let bus = Bus::new(world.handle());
/// let mut hears = bus.subscribe(Filter::all());
/// let first = async |message: hb_bus::message::Message| Ok::<_, Infallible>(Some(message));
/// let waited = world.run(hears.wait_until(Some(Duration::from_secs(5)), first));
/// assert_eq!(waited, Err(WaitError::Timeout));
/// assert_eq!(world.handle().now().as_millis(), 5_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WaitError<E> {
    /// The time given was over first.
    #[error("no such message came in the time given")]
    Timeout,
    /// The bus or the pod was closed first.
    #[error("closed before such a message came")]
    Closed,
    /// What the caller made of a message.
    #[error("{0}")]
    Refused(E),
}

/// The receiving end, with one queue. Dropping it unsubscribes.
///
/// ```
/// # use hb_bus::bus::{Bus, Filter};
/// # use hb_bus::message::{Message, Topic};
/// # let world = hb_bus::runtime::Simulation::new(1);
/// # let bus = Bus::new(world.handle());
/// let mut hears = bus.subscribe(Filter::all());
/// bus.publish(Message::new(Topic::DEFAULT, "hello"))?;
/// let (_, message) = world.run(hears.recv()).message().expect("it was published");
/// assert_eq!(message.data(), "hello");
/// assert_eq!(hears.try_recv(), None, "nothing else yet");
/// drop(hears);
/// assert_eq!(bus.stats().subscriptions, 0);
/// # Ok::<(), hb_bus::pending::Closed>(())
/// ```
#[must_use = "dropping a subscription unsubscribes"]
pub struct Subscription {
    bus: Weak<Shared>,
    runtime: Handle,
    /// What was published before, still to be handed out. The ring bounds it, not the queue.
    replay: Replay,
    member: Arc<Member>,
}

/// What was kept, as far as there is room for it.
#[derive(Debug)]
struct Replay {
    items: VecDeque<Numbered>,
    missed: u64,
    quota: Option<Quota>,
}

impl Subscription {
    pub(super) fn new(bus: &Arc<Shared>, member: Arc<Member>, replay: Vec<Numbered>) -> Self {
        let (bus, runtime) = (Arc::downgrade(bus), Arc::clone(&bus.runtime));
        let replay = Replay::new(replay.into(), member.quota().cloned());
        Self { bus, runtime, replay, member }
    }

    /// Waits for what comes next. Cancelling loses nothing: a message is taken only by the call that returns it.
    pub async fn recv(&mut self) -> Received {
        poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// What comes next, for those who write futures by hand.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        match self.replay.take() {
            Some(received) => Poll::Ready(received),
            None => self.member.queue.poll(cx).map(Received::from),
        }
    }

    /// What comes next, if it is there already.
    pub fn try_recv(&mut self) -> Option<Received> {
        self.replay.take().or_else(|| self.member.queue.take().map(Received::from))
    }

    pub(super) fn member(&self) -> Arc<Member> {
        Arc::clone(&self.member)
    }

    /// Waits for a message that `accept` makes something of: `Ok(None)` passes it over, an error ends the wait. At
    /// most for `patience`; `None` and zero are no limit. The time is over when it is over, also while `accept` runs.
    ///
    /// # Errors
    /// [`WaitError`]: the time was over, nothing can come any more, or `accept` refused.
    pub async fn wait_until<R, E>(
        &mut self,
        patience: Option<Duration>,
        mut accept: impl AsyncFnMut(Message) -> Result<Option<R>, E>,
    ) -> Result<R, WaitError<E>> {
        let runtime = Arc::clone(&self.runtime);
        let wanted = async {
            loop {
                match self.recv().await {
                    Received::Message { message, .. } => match accept(message).await {
                        Ok(Some(found)) => return Ok(found),
                        Ok(None) => {}
                        Err(refused) => return Err(WaitError::Refused(refused)),
                    },
                    Received::Missed(_) => {}
                    Received::Closed => return Err(WaitError::Closed),
                }
            }
        };
        timeout(&*runtime, limit(patience), wanted).await.unwrap_or_else(|Elapsed| Err(WaitError::Timeout))
    }
}

impl Replay {
    /// Too much of it loses its oldest, as a queue does.
    fn new(items: VecDeque<Numbered>, quota: Option<Quota>) -> Self {
        let mut replay = Self { items, missed: 0, quota };
        if let Some(quota) = replay.quota.clone() {
            replay.items.iter().for_each(|(_, message)| quota.take(message.weight()));
            while replay.items.len() > 1 && quota.is_exceeded() {
                replay.missed += u64::from(replay.pop().is_some());
            }
        }
        replay
    }

    fn take(&mut self) -> Option<Received> {
        match std::mem::take(&mut self.missed) {
            0 => self.pop().map(|(seq, message)| Received::Message { seq, message }),
            missed => Some(Received::Missed(missed)),
        }
    }

    fn pop(&mut self) -> Option<Numbered> {
        let item = self.items.pop_front()?;
        if let Some(quota) = &self.quota {
            quota.give_back(item.1.weight());
        }
        Some(item)
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        while self.quota.is_some() && self.pop().is_some() {}
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription").field("member", &self.member).finish_non_exhaustive()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(bus) = self.bus.upgrade() {
            lock(&bus.hub).dismiss(&self.member);
        }
    }
}
