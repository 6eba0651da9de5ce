//! The bus against its budgets, `tokio::sync` beside it in the same run: deliveries, requests, a stalled subscriber,
//! memory.
//!
//! Names say the budget. Throughput by criterion, on one thread in time of the processor, so that neighbours on the
//! machine are not counted; percentiles and memory as rows of their own. Not here: whatever leaves the process
//! (`dispatch.rs`).

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use hb_bus::bus::{Bus, Filter, Received};
use hb_bus::message::{Message, Topic};
use hb_bus::runtime::Native;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{broadcast, mpsc, oneshot};

#[path = "bus/clock.rs"]
mod clock;
use clock::{Clock, processor, wall};

const TOPIC: Topic = Topic::from_static("hb.transition");
/// Of the bus.
const OPEN: &str = "nobody has closed it";

fn main() {
    let mut c = Criterion::default().configure_from_args();
    let one = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let two = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    fan_out(&mut c, "one thread", &one, processor);
    fan_out(&mut c, "two threads", &two, wall);
    topics(&mut c, &one);
    c.final_summary();
    // A task like any other: before its own future, `block_on` asks the system for news each time.
    println!("{}", one.block_on(one.spawn(requests())).expect("nobody panics"));
    println!("{}", stalled(&one));
    println!("{}", memory(&one));
}

fn message(topic: Topic) -> Message {
    Message::new(topic, "a line of news")
}

fn new_bus(runtime: &Runtime) -> Bus {
    let _inside = runtime.enter();
    Bus::new(Arc::new(Native::current()))
}

/// Counts what its subscribers got, in whole shares: `share` is what each gets of one batch.
#[derive(Clone, Default)]
struct Tally(Arc<AtomicU64>);

impl Tally {
    /// A subscriber of ours.
    fn listen(&self, runtime: &Runtime, bus: &Bus, filter: Filter, share: u64) {
        let (tally, mut subscription) = (self.clone(), bus.subscribe(filter));
        runtime.spawn(async move {
            let mut got = 0;
            while let Received::Message { message, .. } = subscription.recv().await {
                black_box(message);
                got = tally.count(got + 1, share);
            }
        });
    }

    /// A subscriber of tokio's.
    fn hear(&self, runtime: &Runtime, channel: &broadcast::Sender<Message>, share: u64) {
        let (tally, mut subscription) = (self.clone(), channel.subscribe());
        runtime.spawn(async move {
            let mut got = 0;
            while let Ok(message) = subscription.recv().await {
                black_box(message);
                got = tally.count(got + 1, share);
            }
        });
    }

    fn count(&self, got: u64, share: u64) -> u64 {
        if got < share {
            return got;
        }
        self.0.fetch_add(got, Ordering::Release);
        0
    }

    /// The time for `n` deliveries: batch after batch, the next when everybody has the last.
    fn time(
        &self,
        runtime: &Runtime,
        clock: Clock,
        n: u64,
        batch: u64,
        all: u64,
        publish: &Arc<impl Publish>,
    ) -> Duration {
        let (count, publish) = (Arc::clone(&self.0), Arc::clone(publish));
        let batches = n.div_ceil(all);
        let taken = runtime.block_on(runtime.spawn(async move {
            let begun = clock();
            let mut goal = count.load(Ordering::Acquire);
            for _ in 0..batches {
                (0..batch).for_each(|n| publish(n));
                goal += all;
                while count.load(Ordering::Acquire) < goal {
                    tokio::task::yield_now().await;
                }
            }
            clock() - begun
        }));
        taken.expect("nobody panics").mul_f64(n as f64 / (batches * all) as f64)
    }
}

trait Publish: Fn(u64) + Send + Sync + 'static {}
impl<F: Fn(u64) + Send + Sync + 'static> Publish for F {}

/// 10 M deliveries a second are 100 ns each.
fn fan_out(c: &mut Criterion, name: &str, runtime: &Runtime, clock: Clock) {
    const SUBSCRIBERS: u64 = 10;
    const BATCH: u64 = 64;
    let mut group = c.benchmark_group("a delivery, 1 publisher and 10 subscribers, at most 100 ns");
    group.throughput(Throughput::Elements(1));

    let (bus, tally) = (new_bus(runtime), Tally::default());
    (0..SUBSCRIBERS).for_each(|_| tally.listen(runtime, &bus, Filter::all(), BATCH));
    let publisher = bus.clone();
    let publish = Arc::new(move |_| {
        publisher.publish(message(TOPIC)).expect(OPEN);
    });
    group.bench_function(name, |b| {
        b.iter_custom(|n| tally.time(runtime, clock, n, BATCH, BATCH * SUBSCRIBERS, &publish));
    });
    bus.close();

    let (channel, tally) = (broadcast::Sender::new(128), Tally::default());
    (0..SUBSCRIBERS).for_each(|_| tally.hear(runtime, &channel, BATCH));
    let publish = Arc::new(move |_| drop(channel.send(message(TOPIC))));
    group.bench_function(format!("{name}, tokio::sync::broadcast"), |b| {
        b.iter_custom(|n| tally.time(runtime, clock, n, BATCH, BATCH * SUBSCRIBERS, &publish));
    });
    group.finish();
}

/// 2 M messages a second are 500 ns each. Beside it, a hundred channels of tokio's that are told apart by a number.
fn topics(c: &mut Criterion, runtime: &Runtime) {
    const TOPICS: u64 = 100;
    let mut group = c.benchmark_group("a message to 1 of 100 subscribers by its topic, at most 500 ns");
    group.throughput(Throughput::Elements(1));

    let named = |n| -> Topic { format!("hb.topic.{n}").parse().expect("a topic") };
    let names: Vec<Topic> = (0..TOPICS).map(named).collect();
    let (bus, tally) = (new_bus(runtime), Tally::default());
    names.iter().for_each(|name| tally.listen(runtime, &bus, Filter::only([name.clone()]), 1));
    let (publisher, topics) = (bus.clone(), names.clone());
    let publish = Arc::new(move |n: u64| {
        publisher.publish(message(topics[n as usize].clone())).expect(OPEN);
    });
    group.bench_function("ours", |b| {
        b.iter_custom(|n| tally.time(runtime, processor, n, TOPICS, TOPICS, &publish));
    });
    bus.close();

    let tally = Tally::default();
    let channels: Vec<_> = (0..TOPICS).map(|_| broadcast::Sender::new(128)).collect();
    channels.iter().for_each(|channel| tally.hear(runtime, channel, 1));
    let publish = Arc::new(move |n: u64| drop(channels[n as usize].send(message(names[n as usize].clone()))));
    group.bench_function("100 tokio::sync::broadcast", |b| {
        b.iter_custom(|n| tally.time(runtime, processor, n, TOPICS, TOPICS, &publish));
    });
    group.finish();
}

const ROUNDS: usize = 200_000;

/// One asks, one answers, in turns on one thread.
async fn requests() -> String {
    let bus = Bus::new(Arc::new(Native::current()));
    let (asking, answering) = (bus.pod(), bus.pod());
    let mut asked = answering.subscribe(Filter::only([TOPIC]));
    tokio::spawn(async move {
        while let Received::Message { message: request, .. } = asked.recv().await {
            answering.publish(message(TOPIC).in_reply_to(&request)).expect(OPEN);
        }
    });
    let mut ours = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let receipt = asking.request(message(TOPIC)).expect("somebody listens");
        black_box(receipt.reply(None).await.expect("it is answered"));
        ours.push(begun.elapsed());
    }
    bus.close();

    let (ask, mut asked) = mpsc::channel::<(Message, oneshot::Sender<Message>)>(128);
    tokio::spawn(async move {
        while let Some((_, reply)) = asked.recv().await {
            drop(reply.send(message(TOPIC)));
        }
    });
    let mut theirs = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let (reply, wait) = oneshot::channel();
        ask.send((message(TOPIC), reply)).await.expect("somebody listens");
        black_box(wait.await.expect("it is answered"));
        theirs.push(begun.elapsed());
    }
    format!(
        "| a request and its reply in one process, p50 at most 1 µs | {} | tokio's `mpsc` and `oneshot`: {} |",
        spread(ours),
        spread(theirs)
    )
}

/// How long publishing takes while one of two subscribers never reads.
fn stalled(runtime: &Runtime) -> String {
    let bus = new_bus(runtime);
    let (_stalled, mut reads) = (bus.subscribe(Filter::all()), bus.subscribe(Filter::all()));
    let publish = || {
        bus.publish(message(TOPIC)).expect(OPEN);
    };
    let ours = times(publish, || while reads.try_recv().is_some() {});
    let channel = broadcast::Sender::new(128);
    let (_stalled, mut reads) = (channel.subscribe(), channel.subscribe());
    let theirs = times(|| drop(channel.send(message(TOPIC))), || while reads.try_recv().is_ok() {});
    format!(
        "| publishing beside a stalled subscriber, p99 at most 50 µs | {} | tokio's `broadcast`: {} |",
        spread(ours),
        spread(theirs)
    )
}

fn times(publish: impl Fn(), mut read: impl FnMut()) -> Vec<Duration> {
    let mut times = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        let begun = Instant::now();
        publish();
        times.push(begun.elapsed());
        if round % 16 == 0 {
            read();
        }
    }
    times
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_nanos();
    format!("p50 {} ns, p99 {} ns, max {} µs", at(0.5), at(0.99), at(1.0) / 1_000)
}

/// What a thousand subscriptions that wait hold, as the process grows by a hundred thousand.
fn memory(runtime: &Runtime) -> String {
    const MANY: usize = 100_000;
    let Some(before) = resident() else {
        return "| 1000 idle subscriptions, at most 1 MB | unknown: only measured on Linux | |".into();
    };
    let bus = new_bus(runtime);
    let ours: Vec<_> = (0..MANY).map(|_| bus.subscribe(Filter::only([TOPIC]))).collect();
    let between = resident().unwrap_or(before);
    let channel = broadcast::Sender::<Message>::new(128);
    let theirs: Vec<_> = (0..MANY).map(|_| channel.subscribe()).collect();
    let after = resident().unwrap_or(between);
    let thousand = |from: usize, to: usize| (to.saturating_sub(from)) * 1_000 / MANY / 1_000;
    let said = format!(
        "| 1000 idle subscriptions, at most 1 MB | {} kB | tokio's `broadcast`: {} kB |",
        thousand(before, between),
        thousand(between, after)
    );
    bus.close();
    drop((ours, theirs));
    said
}

/// Bytes of this process in memory.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<usize>().ok().map(|kib| kib * 1024)
}
