//! Who is subscribed to what, the order of messages, and the last of them.
//!
//! Everything here happens under the bus's one lock. Not here: waking; wakers are handed out, to be woken after it.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::task::Waker;

use hb_lease::time::Wall;

use super::Stats;
use super::filter::{Filter, Options, Rule};
use super::queue::{Queue, Weighed};
use super::quota::Quota;
use crate::message::{Id, Ids, Message, Topic};
use crate::pending::Closed;
use crate::sync::Arc;

/// Who publishes: a pod does not hear itself.
pub(super) type PodId = u64;

/// What became of a message.
///
/// ```
/// # use hb_bus::bus::{Bus, Filter};
/// # use hb_bus::message::{Message, Topic};
/// # let bus = Bus::new(hb_bus::runtime::Simulation::new(1).handle());
/// let _one = bus.subscribe(Filter::all());
/// let _other = bus.subscribe(Filter::all());
/// let delivery = bus.publish(Message::new(Topic::DEFAULT, "hello"))?;
/// assert_eq!((delivery.seq, delivery.receivers), (1, 2));
/// assert!(!delivery.id.is_nil());
/// # Ok::<(), hb_bus::pending::Closed>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The name it was given, or had.
    pub id: Id,
    /// Its place in the order, from 1. 0 for a reply: replies stand outside of the order.
    pub seq: u64,
    /// How many queues it was put into.
    pub receivers: usize,
}

/// What was asked for cannot be replayed: it is no longer kept, or was never published.
///
/// ```
/// # use hb_bus::bus::{Bus, Filter, Gone};
/// # use hb_bus::message::{Message, Topic};
/// # let world = hb_bus::runtime::Simulation::new(1);
/// let bus = Bus::with_replay(world.handle(), 2);
/// for text in ["1", "2", "3", "4"] {
///     bus.publish(Message::new(Topic::DEFAULT, text))?;
/// }
/// assert_eq!(bus.resume(1, Filter::all()).unwrap_err(), Gone { oldest: 2, latest: 4 });
/// assert!(bus.resume(2, Filter::all()).is_ok(), "3 and 4 are kept");
/// # Ok::<(), hb_bus::pending::Closed>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot be replayed: expected a number from {oldest} to {latest}")]
pub struct Gone {
    /// The lowest number to ask for now.
    pub oldest: u64,
    /// The highest number to ask for, that of the last message published.
    pub latest: u64,
}

/// A message and its place in the order.
pub(super) type Numbered = (u64, Message);

/// One subscription.
#[derive(Debug)]
pub(super) struct Member {
    filter: Filter,
    pod: Option<PodId>,
    bridge: bool,
    quota: Option<Quota>,
    pub(super) queue: Queue<Numbered>,
}

impl Member {
    pub(super) fn new(options: Options, pod: Option<PodId>) -> Self {
        let weighed = |quota| Weighed { quota, weigh: |(_, message): &Numbered| message.weight() };
        let queue = Queue::within(options.queue, options.quota.clone().map(weighed));
        Self { quota: options.quota, filter: options.filter, pod, bridge: options.bridge, queue }
    }

    pub(super) fn quota(&self) -> Option<&Quota> {
        self.quota.as_ref()
    }

    /// The topics to file it under. Who named none gets nothing, but is to be told of the end like the others.
    fn topics(&self) -> Option<&HashSet<Topic>> {
        match &self.filter.topics {
            Rule::Only(topics) if !topics.is_empty() => Some(topics),
            Rule::Any | Rule::Only(_) | Rule::Except(_) => None,
        }
    }

    /// Whether it wants a message about a topic under which it is filed, or, as a broad one, any.
    fn wants(&self, message: &Message, from: Option<PodId>, named: bool) -> bool {
        (self.pod.is_none() || self.pod != from)
            && (named || self.filter.accepts_topic(message))
            && self.filter.accepts_id(message)
    }
}

/// What is to be done when the bus's lock is free again: all of it is code of users.
#[derive(Default)]
pub(super) struct After {
    wakers: Vec<Waker>,
    /// Mostly the only one, and then without an allocation.
    last: Option<Waker>,
    lost: Vec<Numbered>,
    /// What the ring lost.
    oldest: Option<Kept>,
}

impl After {
    fn push(&mut self, to: &Member, item: Numbered) {
        if let Some(waker) = to.queue.push(item, &mut self.lost) {
            self.wakers.extend(self.last.replace(waker));
        }
    }

    pub(super) fn run(self) {
        self.wakers.into_iter().chain(self.last).for_each(Waker::wake);
    }
}

/// A message as it is kept.
#[derive(Debug)]
struct Kept {
    from: Option<PodId>,
    message: Message,
}

#[derive(Debug)]
pub(super) struct Hub {
    ids: Ids,
    stats: Stats,
    /// The last messages, oldest first, without gaps.
    ring: VecDeque<Kept>,
    room: usize,
    /// Those who named their topics, under each of them.
    by_topic: HashMap<Topic, Vec<Arc<Member>>>,
    /// Those who did not.
    broad: Vec<Arc<Member>>,
    pods: PodId,
    closed: bool,
}

impl Hub {
    pub(super) fn new(chance: u64, room: usize) -> Self {
        Self {
            ids: Ids::new(chance),
            stats: Stats::default(),
            ring: VecDeque::new(),
            room,
            by_topic: HashMap::new(),
            broad: Vec::new(),
            pods: 0,
            closed: false,
        }
    }

    pub(super) fn latest(&self) -> u64 {
        self.stats.published
    }

    /// Whether anybody is filed under it.
    pub(super) fn is_heard(&self, topic: &Topic) -> bool {
        self.by_topic.contains_key(topic)
    }

    pub(super) fn stats(&self) -> Stats {
        self.stats
    }

    pub(super) fn next_pod(&mut self) -> PodId {
        self.pods += 1;
        self.pods
    }

    /// Names and dates a message, if the bus is open.
    pub(super) fn stamp(&mut self, message: &mut Message, wall: impl FnOnce() -> Wall) -> Result<(), Closed> {
        if self.closed {
            return Err(Closed);
        }
        message.stamp(&mut self.ids, wall);
        Ok(())
    }

    /// Whoever wants this message.
    fn wanting<'a>(
        &'a self,
        message: &'a Message,
        from: Option<PodId>,
    ) -> impl Iterator<Item = &'a Arc<Member>> {
        let named = self.by_topic.get(message.topic()).into_iter().flatten();
        let named = named.filter(move |member| member.wants(message, from, true));
        named.chain(self.broad.iter().filter(move |member| member.wants(message, from, false)))
    }

    /// Numbers a message, hands it to all who want it, keeps it.
    pub(super) fn publish(&mut self, message: Message, from: Option<PodId>, after: &mut After) -> Delivery {
        let (id, receivers) = (message.id(), self.offer(&message, from, after));
        Delivery { id, seq: self.keep(message, from, after), receivers }
    }

    /// Hands a message to all who want it, under the number that [`keep`](Self::keep) is to give it; to how many.
    pub(super) fn offer(&self, message: &Message, from: Option<PodId>, after: &mut After) -> usize {
        let seq = self.stats.published + 1;
        let mut receivers = 0;
        for member in self.wanting(message, from) {
            receivers += 1;
            after.push(member, (seq, message.clone()));
        }
        receivers
    }

    /// Numbers a message and keeps it.
    pub(super) fn keep(&mut self, message: Message, from: Option<PodId>, after: &mut After) -> u64 {
        self.stats.published += 1;
        self.stats.missed += after.lost.len() as u64;
        if self.room > 0 {
            if self.ring.len() == self.room {
                after.oldest = self.ring.pop_front();
            }
            self.ring.push_back(Kept { from, message });
        }
        self.stats.published
    }

    /// Hands a reply that nobody here waits for to those who lead elsewhere.
    pub(super) fn bridge(&mut self, message: &Message, from: Option<PodId>, after: &mut After) -> usize {
        self.stats.unmatched += 1;
        let mut receivers = 0;
        for member in self.wanting(message, from).filter(|member| member.bridge) {
            receivers += 1;
            after.push(member, (0, message.clone()));
        }
        self.stats.missed += after.lost.len() as u64;
        receivers
    }

    /// What is kept after `seq` and `pod` did not publish itself, if nothing is missing.
    pub(super) fn kept_after(
        &self,
        seq: u64,
        filter: &Filter,
        pod: Option<PodId>,
    ) -> Result<Vec<Numbered>, Gone> {
        let (latest, oldest) = (self.latest(), self.latest() - self.ring.len() as u64);
        if seq < oldest || seq > latest {
            return Err(Gone { oldest, latest });
        }
        Ok(self.kept(filter, pod).into_iter().filter(|(at, _)| *at > seq).collect())
    }

    /// What is kept and `pod` did not publish itself.
    pub(super) fn kept(&self, filter: &Filter, pod: Option<PodId>) -> Vec<Numbered> {
        let wanted = |kept: &Kept| (pod.is_none() || kept.from != pod) && filter.accepts(&kept.message);
        self.numbered().filter(|(_, kept)| wanted(kept)).map(out).collect()
    }

    fn numbered(&self) -> impl Iterator<Item = (u64, &Kept)> {
        let oldest = self.latest() - self.ring.len() as u64;
        (oldest + 1..).zip(&self.ring)
    }

    /// Lets somebody in. On a closed bus the queue is closed at once.
    pub(super) fn admit(&mut self, member: Member) -> Arc<Member> {
        let member = Arc::new(member);
        if self.closed {
            drop(member.queue.close());
            return member;
        }
        self.stats.subscriptions += 1;
        match member.topics() {
            Some(topics) => {
                for topic in topics {
                    self.by_topic.entry(topic.clone()).or_default().push(Arc::clone(&member));
                }
            }
            None => self.broad.push(Arc::clone(&member)),
        }
        member
    }

    /// Somebody left, if they were in. O(subscribers of the same topics).
    pub(super) fn dismiss(&mut self, gone: &Arc<Member>) {
        let mut found = false;
        let mut stays = |member: &Arc<Member>| {
            let stays = !Arc::ptr_eq(member, gone);
            found |= !stays;
            stays
        };
        if let Some(topics) = gone.topics() {
            for topic in topics {
                if let Entry::Occupied(mut members) = self.by_topic.entry(topic.clone()) {
                    members.get_mut().retain(&mut stays);
                    if members.get().is_empty() {
                        members.remove();
                    }
                }
            }
        } else {
            self.broad.retain(stays);
        }
        self.stats.subscriptions -= usize::from(found);
    }

    /// A pod left, with all its subscriptions. O(subscribers).
    pub(super) fn dismiss_pod(&mut self, pod: PodId) -> Vec<Waker> {
        let everybody = self.by_topic.values().flatten().chain(&self.broad);
        let gone: Vec<_> = everybody.filter(|member| member.pod == Some(pod)).cloned().collect();
        gone.iter()
            .filter_map(|member| {
                self.dismiss(member);
                member.queue.close()
            })
            .collect()
    }

    /// Nobody is in any more.
    pub(super) fn close(&mut self) -> Vec<Waker> {
        self.closed = true;
        self.stats.subscriptions = 0;
        let named = std::mem::take(&mut self.by_topic).into_values().flatten();
        named.chain(std::mem::take(&mut self.broad)).filter_map(|member| member.queue.close()).collect()
    }
}

fn out((seq, kept): (u64, &Kept)) -> Numbered {
    (seq, kept.message.clone())
}
