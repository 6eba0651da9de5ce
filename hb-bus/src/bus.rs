//! The bus: publishing is synchronous, never waits, and gives each message its place in one total order.
//!
//! Every subscriber has a bounded queue of its own. Who is slow loses the oldest of that queue, and is told how many at
//! the very place where they are missing. Filters are looked up when a message is published: who does not want it is
//! not woken. Not here: anything that leaves the process ([`crate::node`]).
//!
//! # For those who know Grav
//!
//! Publishing and subscribing are two things here, so a new subscription wipes neither filters nor replies, and one
//! participant may have several.
//!
//! | Grav 0.3 | here |
//! |---|---|
//! | `New` | [`Bus::new`]; with `UseEndpoint`, `UseTransport`, `UseDiscovery`: [`Node::builder`](crate::node::Node::builder) |
//! | `Connect` | [`Bus::pod`] |
//! | `ConnectWithReplay` | [`Filter::replayed`], or [`Bus::resume`] from a number on |
//! | `ConnectEndpoint`, `ConnectEndpointWithUUID` | [`Node::connect`](crate::node::Node::connect); who is found is dialled by the node |
//! | `ConnectBridgeTopic`, `BridgeConnection` | [`Node::bridge`](crate::node::Node::bridge) |
//! | `NodeUUID` | [`Node::name`](crate::node::Node::name) |
//! | `Transport`, `Connection`, `TransportHandshake` | [`link::Transport`](crate::link::Transport), [`link::Connection`](crate::link::Connection), met by [`Node::accept`](crate::node::Node::accept) |
//! | `CanReplace` | [`Connection::replaceable`](crate::link::Connection::replaceable) |
//! | `Discovery`, `DiscoverFunc` | [`node::Discovery`](crate::node::Discovery), [`node::Sighting`](crate::node::Sighting) |
//! | `ErrTransportNotConfigured`, `ErrNodeUUIDMismatch` | [`MeetError`](crate::node::MeetError), [`Refusal`](crate::node::Refusal) |
//! | `Pod` | [`Pod`] |
//! | `Pod.Send` | [`Pod::publish`]; if a reply is waited for, [`Pod::request`] |
//! | `Pod.ReplyTo` | [`Message::in_reply_to`], then [`Pod::publish`] |
//! | `Pod.On`, `MsgFunc` | [`Pod::handle`], then [`Handling::replace`]; with `nil`, [`Handling::pause`] |
//! | `Pod.OnType` | [`Pod::handle`] with [`Filter::only`] |
//! | `Pod.FilterType`, `TypeInclusive` | [`Filter::only`], [`Filter::except`] |
//! | `Pod.FilterUUID`, `UUIDInclusive` | [`Filter::only_ids`], [`Filter::except_ids`] |
//! | `Pod.WaitOn`, `Pod.WaitUntil` | [`Subscription::wait_until`] |
//! | `ErrMsgNotWanted`, `ErrWaitTimeout` | `Ok(None)` from the function that accepts, [`WaitError::Timeout`] |
//! | `Timeout`, `TO`, `TimeoutFunc` | `Option<Duration>` |
//! | `Pod.Disconnect` | [`Pod::disconnect`] |
//! | an error from a handler, 64 of them | [`Failed`], [`FAILURES`] |
//! | `MsgReceipt`, `MsgReceipt.UUID` | [`Receipt`], [`Receipt::id`] |
//! | `MsgReceipt.WaitOn`, `.WaitUntil`, `.OnReply` | [`Receipt::reply`], without a limit, with one, in a task |
//! | `ErrNoReceipt` | [`Closed`], [`RequestError`]: said when it is sent |
//! | `MsgChan` | [`Subscription`] |
//! | `MsgBuffer`: `NewMsgBuffer`, `Push`, `Next`, `Iter` | [`Buffer`](crate::message::Buffer): [`new`](crate::message::Buffer::new), [`push`](crate::message::Buffer::push), [`step`](crate::message::Buffer::step), [`iter`](crate::message::Buffer::iter) |
//! | `Message`: `UUID`, `Type`, `ReplyTo`, `Data` | [`Message::id`], [`Message::topic`], [`Message::reply_to`], [`Message::data`] |
//! | `Message`: `ParentID`, `Timestamp` | [`Head::parent`](crate::message::Head::parent), [`Head::at`](crate::message::Head::at) |
//! | `Message`: `SetReplyTo` | [`Message::in_reply_to`] |
//! | `Message.UnmarshalData` | serde over [`Message::data`], or [`Message::of`] and [`Message::value`] within a process |
//! | `Message`: `Marshal`, `Unmarshal`; `MsgFromBytes` | [`Codec`](crate::codec::Codec), as [`Json`](crate::codec::Json) |
//! | `NewMsg`, `NewMsgWithParentID`, `NewMsgReplyTo` | [`Message::new`], [`Message::following`], [`Message::in_reply_to`] |
//! | `MsgTypeDefault` | [`Topic::DEFAULT`](crate::message::Topic::DEFAULT) |

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::message::{Id, Message, Topic};
use crate::pending::{Closed, Pending};
use crate::runtime::Handle;
use crate::sync::{Arc, Mutex, lock};

mod feed;
mod filter;
mod handler;
mod hub;
mod pod;
mod queue;
mod quota;
mod request;
mod subscription;

pub use feed::Events;
pub(crate) use feed::Feed;
pub use filter::{Filter, Options};
pub use handler::{Failed, Handling};
pub use hub::{Delivery, Gone};
pub use pod::Pod;
pub(crate) use queue::Queue;
pub use queue::Taken;
pub use quota::Quota;
pub use request::{Receipt, ReplyError, RequestError};
pub use subscription::{Received, Subscription, WaitError};

use hub::{After, Hub, Member, PodId};

/// Messages that can be replayed, by default.
pub const REPLAY: usize = 128;
/// Messages that may wait for a subscriber, by default.
pub const QUEUE: usize = 128;
/// Failures after which a handler's pod is disconnected.
pub const FAILURES: usize = 64;

/// A bus. A cheap handle: clones speak to the same bus, and when the last is gone the bus is closed.
///
/// ```
/// use hb_bus::bus::{Bus, Filter};
/// use hb_bus::message::{Message, Topic};
/// use hb_bus::runtime::Simulation;
///
/// const DOORS: Topic = Topic::from_static("doors");
/// let world = Simulation::new(1);
/// let bus = Bus::new(world.handle());
/// let (guard, desk) = (bus.pod(), bus.pod());
/// let mut heard = desk.subscribe(Filter::only([DOORS]));
/// guard.publish(Message::new(DOORS, "open"))?;
/// let (_, message) = world.run(heard.recv()).message().expect("it was published");
/// assert_eq!(message.data(), "open");
/// # Ok::<(), hb_bus::pending::Closed>(())
/// ```
#[derive(Clone)]
pub struct Bus(Arc<Shared>);

/// What all handles share. Lock order: the hub, then a queue or the table of requests.
pub(crate) struct Shared {
    hub: Mutex<Hub>,
    requests: Pending<Id, Message>,
    /// Apart from the other counts: a reply need not take the lock again to be counted.
    replies: AtomicU64,
    runtime: Handle,
}

/// What a bus has done so far.
///
/// ```
/// # use hb_bus::bus::{Bus, Filter, Stats};
/// # use hb_bus::message::{Message, Topic};
/// # let bus = Bus::new(hb_bus::runtime::Simulation::new(1).handle());
/// let _hears = bus.subscribe(Filter::all());
/// bus.publish(Message::new(Topic::DEFAULT, "hello"))?;
/// assert_eq!(bus.stats(), Stats { published: 1, subscriptions: 1, ..Stats::default() });
/// # Ok::<(), hb_bus::pending::Closed>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Messages published, replies not counted: also the number of the last one.
    pub published: u64,
    /// Replies that reached who waited for them.
    pub replies: u64,
    /// Replies that nobody waited for: late, duplicate or never asked for. They were dropped, unless a bridge to
    /// another bus took them.
    pub unmatched: u64,
    /// Messages that found no room in the queue of a subscriber who reads too slowly, counted for each of them: as many
    /// as all [`Received::Missed`] tell together.
    pub missed: u64,
    /// Subscriptions now.
    pub subscriptions: usize,
    /// Requests without a reply yet.
    pub requests: usize,
}

impl Bus {
    /// A bus that keeps the last [`REPLAY`] messages.
    #[must_use]
    pub fn new(runtime: Handle) -> Self {
        Self::with_replay(runtime, REPLAY)
    }

    /// A bus that keeps the last `kept` messages for replay; 0 keeps none.
    #[must_use]
    pub fn with_replay(runtime: Handle, kept: usize) -> Self {
        let hub = Mutex::new(Hub::new(runtime.random(), kept));
        Self(Arc::new(Shared { hub, requests: Pending::new(), replies: AtomicU64::new(0), runtime }))
    }

    /// A new participant.
    #[must_use]
    pub fn pod(&self) -> Pod {
        Pod::new(self.clone())
    }

    /// Publishes to all who want it now, on nobody's behalf. Never waits for a subscriber.
    ///
    /// # Errors
    /// [`Closed`] after [`close`](Self::close).
    pub fn publish(&self, message: Message) -> Result<Delivery, Closed> {
        self.0.publish(message, None)
    }

    /// Publishes a message that asks for a reply, on nobody's behalf.
    ///
    /// # Errors
    /// [`RequestError`]: nobody is subscribed to this, it was closed, or it is asked already.
    pub fn request(&self, message: Message) -> Result<Receipt, RequestError> {
        self.0.request(message, None)
    }

    /// Subscribes to what is published from now on, and before that to what can be replayed if asked for. On a closed
    /// bus the subscription says so.
    pub fn subscribe(&self, options: impl Into<Options>) -> Subscription {
        self.attach(options.into(), None)
    }

    /// Subscribes to everything after message number `seq`: first what is kept, then what is published, without a gap
    /// and without a duplicate. 0 asks for everything from the first message on.
    ///
    /// # Errors
    /// [`Gone`] if a message after `seq` is no longer kept, or `seq` was never published.
    pub fn resume(&self, seq: u64, options: impl Into<Options>) -> Result<Subscription, Gone> {
        self.continue_after(seq, options.into(), None)
    }

    /// The number of the last message published; 0 before the first.
    #[must_use]
    pub fn latest(&self) -> u64 {
        lock(&self.0.hub).latest()
    }

    /// Whether somebody named this topic when they subscribed. Who listens to everything is not asked.
    #[must_use]
    pub fn is_heard(&self, topic: &Topic) -> bool {
        lock(&self.0.hub).is_heard(topic)
    }

    /// What it has done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let (requests, replies) = (self.0.requests.len(), self.0.replies.load(Ordering::Relaxed));
        Stats { requests, replies, ..lock(&self.0.hub).stats() }
    }

    /// Ends the bus: every subscriber gets what still waits for it, then [`Received::Closed`]; who waits for a reply
    /// is told [`Closed`] at once.
    pub fn close(&self) {
        self.0.close();
    }

    /// By what it tells the time and starts tasks.
    #[must_use]
    pub fn runtime(&self) -> Handle {
        Arc::clone(&self.0.runtime)
    }

    /// Names and dates a message that is not published here.
    pub(crate) fn stamp(&self, mut message: Message) -> Result<Message, Closed> {
        lock(&self.0.hub).stamp(&mut message, || self.0.runtime.wall())?;
        Ok(message)
    }

    fn continue_after(&self, seq: u64, options: Options, pod: Option<PodId>) -> Result<Subscription, Gone> {
        let mut hub = lock(&self.0.hub);
        let replay = hub.kept_after(seq, &options.filter, pod)?;
        let member = hub.admit(Member::new(options, pod));
        Ok(Subscription::new(&self.0, member, replay))
    }

    fn attach(&self, options: Options, pod: Option<PodId>) -> Subscription {
        let mut hub = lock(&self.0.hub);
        let replay = if options.replay { hub.kept(&options.filter, pod) } else { Vec::new() };
        let member = hub.admit(Member::new(options, pod));
        Subscription::new(&self.0, member, replay)
    }
}

impl std::fmt::Debug for Bus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Bus").field(&self.stats()).finish()
    }
}

impl Shared {
    // Nothing that is a user's is dropped while the lock is held: what a message carries may hold a subscription, which
    // asks for the lock when it goes. Hence the order of locals here: those above `hub` outlive it.

    fn publish(&self, mut message: Message, from: Option<PodId>) -> Result<Delivery, Closed> {
        let mut after = After::default();
        let mut hub = lock(&self.hub);
        hub.stamp(&mut message, || self.runtime.wall())?;
        let delivery = match message.reply_to() {
            None => hub.publish(message, from, &mut after),
            Some(request) => {
                drop(hub);
                return Ok(self.reply(request, message, from));
            }
        };
        drop(hub);
        after.run();
        Ok(delivery)
    }

    /// A reply goes to who waits for it and stands outside of the order; if that is nobody here, to other buses.
    fn reply(&self, request: Id, message: Message, from: Option<PodId>) -> Delivery {
        let id = message.id();
        let Err(message) = self.requests.fulfil(&request, message) else {
            self.replies.fetch_add(1, Ordering::Relaxed);
            return Delivery { id, seq: 0, receivers: 1 };
        };
        let mut after = After::default();
        let receivers = lock(&self.hub).bridge(&message, from, &mut after);
        after.run();
        Delivery { id, seq: 0, receivers }
    }

    fn request(&self, mut message: Message, from: Option<PodId>) -> Result<Receipt, RequestError> {
        let mut after = After::default();
        let mut hub = lock(&self.hub);
        hub.stamp(&mut message, || self.runtime.wall())?;
        let id = message.id();
        // Before it is published: no reply can come sooner.
        let waiter = self.requests.expect(id)?;
        if hub.offer(&message, from, &mut after) == 0 {
            return Err(RequestError::NoSubscribers);
        }
        hub.keep(message, from, &mut after);
        drop(hub);
        after.run();
        Ok(Receipt::new(id, waiter, Arc::clone(&self.runtime)))
    }

    /// Whoever is told is told after the lock is free again.
    fn close(&self) {
        let wakers = lock(&self.hub).close();
        self.requests.close();
        wakers.into_iter().for_each(std::task::Waker::wake);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}

/// `None` and zero are no limit.
fn limit(limit: Option<Duration>) -> Option<Duration> {
    limit.filter(|limit| !limit.is_zero())
}

#[cfg(test)]
mod tests;
