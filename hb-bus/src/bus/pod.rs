//! A participant: publishes, subscribes, asks and answers, and does not hear itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Waker;

use super::handler::{Failed, Handling};
use super::hub::{Delivery, Gone, PodId};
use super::{Bus, Options, Receipt, RequestError, Subscription};
use crate::message::Message;
use crate::pending::Closed;
use crate::sync::{Arc, lock};

/// A participant of a [`Bus`]. A cheap handle: clones are the same participant. Its subscriptions do not get what it
/// published itself; changing one leaves the others alone.
///
/// ```
/// use hb_bus::bus::{Bus, Failed, Filter};
/// use hb_bus::message::{Message, Topic};
/// use hb_bus::runtime::Simulation;
///
/// const NAME: Topic = Topic::from_static("name");
/// const HEY: Topic = Topic::from_static("hey");
/// let world = Simulation::new(1);
/// let bus = Bus::new(world.handle());
/// let polite = bus.pod();
/// let answers = polite.clone();
/// let _handling = polite.handle(Filter::only([NAME]), move |request| {
///     let answers = answers.clone();
///     async move {
///         let hey = format!("hey {}", String::from_utf8_lossy(request.data()));
///         answers.publish(Message::new(HEY, hey).in_reply_to(&request)).map(drop).map_err(|_| Failed)
///     }
/// });
/// let asked = bus.pod().request(Message::new(NAME, "joey"))?;
/// assert_eq!(world.run(asked.reply(None))?.data(), "hey joey");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pod {
    bus: Bus,
    id: PodId,
    gone: Arc<AtomicBool>,
}

impl Pod {
    pub(super) fn new(bus: Bus) -> Self {
        let id = lock(&bus.0.hub).next_pod();
        Self { bus, id, gone: Arc::default() }
    }

    /// The bus it is on.
    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Publishes to all others who want it now. Never waits for a subscriber. A message that is a reply goes to who
    /// asked, and to nobody else.
    ///
    /// # Errors
    /// [`Closed`] after [`disconnect`](Self::disconnect), or when the bus is closed.
    pub fn publish(&self, message: Message) -> Result<Delivery, Closed> {
        self.open()?;
        self.bus.0.publish(message, Some(self.id))
    }

    /// Subscribes to what others publish from now on; see [`Bus::subscribe`].
    pub fn subscribe(&self, options: impl Into<Options>) -> Subscription {
        let subscription = self.bus.attach(options.into(), Some(self.id));
        // It may have been disconnected meanwhile: then this came too late to be closed with the others.
        if self.open().is_err() {
            self.disconnect();
        }
        subscription
    }

    /// Subscribes to everything that others publish after message number `seq`; see [`Bus::resume`].
    ///
    /// # Errors
    /// [`Gone`] if a message after `seq` is no longer kept, or `seq` was never published.
    pub fn resume(&self, seq: u64, options: impl Into<Options>) -> Result<Subscription, Gone> {
        let subscription = self.bus.continue_after(seq, options.into(), Some(self.id))?;
        if self.open().is_err() {
            self.disconnect();
        }
        Ok(subscription)
    }

    /// Publishes a message that asks for a reply.
    ///
    /// # Errors
    /// [`RequestError`]: nobody else is subscribed to this, it was closed, or it is asked already.
    pub fn request(&self, message: Message) -> Result<Receipt, RequestError> {
        self.open()?;
        self.bus.0.request(message, Some(self.id))
    }

    /// Calls `handler` with each message, one after the other. See [`Handling`].
    pub fn handle<H, F>(&self, options: impl Into<Options>, handler: H) -> Handling
    where
        H: Fn(Message) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), Failed>> + Send + 'static,
    {
        Handling::spawn(self.clone(), self.subscribe(options), handler)
    }

    /// Leaves the bus, for good and at once: its subscriptions end, and publishing says [`Closed`].
    pub fn disconnect(&self) {
        self.gone.store(true, Ordering::Release);
        let wakers = lock(&self.bus.0.hub).dismiss_pod(self.id);
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(super) fn spawn(&self, task: crate::runtime::Task) {
        self.bus.0.runtime.spawn(task);
    }

    fn open(&self) -> Result<(), Closed> {
        if self.gone.load(Ordering::Acquire) { Err(Closed) } else { Ok(()) }
    }
}
