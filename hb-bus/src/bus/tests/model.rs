//! The bus against a list of everything ever published, which everybody reads at their own pace.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Publish { topic: usize, pod: usize },
    Subscribe { wants: Wants, pod: usize, queue: usize, replay: bool },
    Resume { seq: u64, wants: Wants, queue: usize },
    Receive { who: usize, times: usize },
    Leave { who: usize },
    Disconnect { pod: usize },
    Close,
}

/// Topics by their place in `TOPICS`: all, some, or all but some.
#[derive(Clone, Copy, Debug)]
enum Wants {
    All,
    Only([bool; 3]),
    Except([bool; 3]),
}

const TOPICS: [Topic; 3] = [T1, T2, T3];
const PODS: usize = 3;

impl Wants {
    fn filter(self) -> Filter {
        let these =
            |which: [bool; 3]| TOPICS.into_iter().zip(which).filter(|(_, is)| *is).map(|(topic, _)| topic);
        match self {
            Self::All => Filter::all(),
            Self::Only(which) => Filter::only(these(which)),
            Self::Except(which) => Filter::except(these(which)),
        }
    }

    fn topic(self, topic: usize) -> bool {
        match self {
            Self::All => true,
            Self::Only(which) => which[topic],
            Self::Except(which) => !which[topic],
        }
    }
}

fn wants() -> impl Strategy<Value = Wants> {
    let which = any::<[bool; 3]>;
    prop_oneof![Just(Wants::All), which().prop_map(Wants::Only), which().prop_map(Wants::Except)]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => (0..3_usize, 0..PODS).prop_map(|(topic, pod)| Step::Publish { topic, pod }),
        2 => (wants(), 0..PODS, 0..5_usize, any::<bool>())
            .prop_map(|(wants, pod, queue, replay)| Step::Subscribe { wants, pod, queue, replay }),
        2 => (0..40_u64, wants(), 0..5_usize).prop_map(|(seq, wants, queue)| Step::Resume { seq, wants, queue }),
        6 => (any::<usize>(), 1..8_usize).prop_map(|(who, times)| Step::Receive { who, times }),
        1 => any::<usize>().prop_map(|who| Step::Leave { who }),
        1 => (0..PODS).prop_map(|pod| Step::Disconnect { pod }),
        1 => Just(Step::Close),
    ];
    proptest::collection::vec(step, 1..60)
}

/// A reader of the list: two places in it, and no queue.
struct Reader {
    subscription: Subscription,
    wants: Wants,
    pod: Option<usize>,
    /// The number of the last message looked at.
    seen: u64,
    /// Up to here nothing can be missed.
    replayed: u64,
    queue: usize,
    /// The number of the last message before it was disconnected.
    end: Option<u64>,
}

/// Topic and publisher of each message.
type List = Vec<(usize, usize)>;

impl Reader {
    /// The numbers after `seen` up to `to` of what it wants.
    fn wanted(&self, list: &List, to: u64) -> Vec<u64> {
        let wants = |seq: &u64| {
            let (topic, pod) = list[*seq as usize - 1];
            self.wants.topic(topic) && self.pod != Some(pod)
        };
        (self.seen + 1..=to).filter(wants).collect()
    }

    fn expects(&mut self, list: &List, closed: bool) -> Expected {
        let end = self.end.unwrap_or(list.len() as u64);
        if let Some(&seq) = self.wanted(list, self.replayed).first() {
            self.seen = seq;
            return Expected::Message(seq);
        }
        self.seen = self.seen.max(self.replayed);
        let waiting = self.wanted(list, end);
        let missed = waiting.len().saturating_sub(self.queue);
        if missed > 0 {
            self.seen = waiting[missed - 1];
            return Expected::Missed(missed as u64);
        }
        match waiting.first() {
            Some(&seq) => {
                self.seen = seq;
                Expected::Message(seq)
            }
            None if closed || self.end.is_some() => Expected::Closed,
            None => Expected::Nothing,
        }
    }
}

#[derive(Debug, PartialEq)]
enum Expected {
    Message(u64),
    Missed(u64),
    Closed,
    Nothing,
}

impl From<Option<Received>> for Expected {
    fn from(received: Option<Received>) -> Self {
        match received {
            Some(Received::Message { seq, message }) => {
                assert_eq!(message.data(), &seq.to_string());
                Self::Message(seq)
            }
            Some(Received::Missed(count)) => Self::Missed(count),
            Some(Received::Closed) => Self::Closed,
            None => Self::Nothing,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn the_bus_is_a_list_that_everybody_reads_at_their_own_pace(steps in steps(), kept in 0..6_usize) {
        let bus = Bus::with_replay(Simulation::new(1).handle(), kept);
        let pods: Vec<Pod> = (0..PODS).map(|_| bus.pod()).collect();
        let mut gone = [false; PODS];
        let mut list = List::new();
        let mut closed = false;
        let mut readers: Vec<Reader> = Vec::new();
        for step in steps {
            let latest = list.len() as u64;
            let oldest = latest - (kept as u64).min(latest);
            match step {
                Step::Publish { topic, pod } => {
                    let message = Message::new(TOPICS[topic].clone(), (latest + 1).to_string());
                    let published = pods[pod].publish(message);
                    if closed || gone[pod] {
                        prop_assert_eq!(published, Err(Closed));
                    } else {
                        list.push((topic, pod));
                        let receives = |reader: &&Reader| {
                            reader.wants.topic(topic) && reader.pod != Some(pod) && reader.end.is_none()
                        };
                        let receivers = readers.iter().filter(receives).count();
                        let delivery = published.unwrap();
                        prop_assert_eq!((delivery.seq, delivery.receivers), (latest + 1, receivers));
                    }
                }
                Step::Subscribe { wants, pod, queue, replay } => {
                    let options = Options { queue, replay, ..wants.filter().into() };
                    let subscription = pods[pod].subscribe(options);
                    let (seen, end) = (if replay { oldest } else { latest }, gone[pod].then_some(latest));
                    let (queue, pod) = (queue.max(1), Some(pod));
                    readers.push(Reader { subscription, wants, pod, seen, replayed: latest, queue, end });
                }
                Step::Resume { seq, wants, queue } => {
                    let known = (oldest..=latest).contains(&seq);
                    match bus.resume(seq, Options { queue, ..wants.filter().into() }) {
                        Ok(subscription) => {
                            prop_assert!(known);
                            let (queue, pod, end) = (queue.max(1), None, None);
                            readers.push(Reader { subscription, wants, pod, seen: seq, replayed: latest, queue, end });
                        }
                        Err(gone) => {
                            prop_assert!(!known);
                            prop_assert_eq!(gone, Gone { oldest, latest });
                        }
                    }
                }
                Step::Receive { who, times } if !readers.is_empty() => {
                    let reader = who % readers.len();
                    let reader = &mut readers[reader];
                    for _ in 0..times {
                        let expected = reader.expects(&list, closed);
                        prop_assert_eq!(Expected::from(reader.subscription.try_recv()), expected);
                    }
                }
                Step::Leave { who } if !readers.is_empty() => drop(readers.swap_remove(who % readers.len())),
                Step::Receive { .. } | Step::Leave { .. } => {}
                Step::Disconnect { pod } => {
                    pods[pod].disconnect();
                    gone[pod] = true;
                    for reader in readers.iter_mut().filter(|reader| reader.pod == Some(pod)) {
                        reader.end.get_or_insert(latest);
                    }
                }
                Step::Close => {
                    bus.close();
                    closed = true;
                }
            }
            let open = readers.iter().filter(|reader| reader.end.is_none()).count();
            prop_assert_eq!(bus.stats().subscriptions, if closed { 0 } else { open });
        }
    }
}
