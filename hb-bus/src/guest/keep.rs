//! The one task of a guest: opens what its machine wants opened, says what it wants said, and tells it the rest.
//!
//! Not here: what users call, and when to connect again (`hb_guest`).

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, Waker};

use futures_util::{SinkExt, StreamExt};
use hb_guest::{Failure, Heard as Told, Input, Machine, OUTBOX, Output, Say};
use tokio_util::sync::CancellationToken;

use super::subscription::Heard;
use super::wire::{self, Data};
use super::{Event, PATIENCE, RequestError};
use crate::bus::{Feed, Queue};
use crate::link::{Connection, Frame, Transport};
use crate::message::Message;
use crate::pending::{Closed, Pending};
use crate::runtime::{Elapsed, Handle, Task, timeout};
use crate::sync::{Arc, Mutex, lock};

/// What the handles and the task share.
pub(super) struct Shared {
    pub(super) runtime: Handle,
    pub(super) state: Mutex<State>,
    pub(super) replies: Pending<u32, Result<Message, RequestError>>,
    pub(super) events: Feed<Event>,
    pub(super) stop: CancellationToken,
}

pub(super) struct State {
    pub(super) machine: Machine<Data>,
    queues: BTreeMap<u32, Arc<Queue<Heard>>>,
    count: u32,
    /// What the task has not done yet.
    work: VecDeque<Do>,
    worker: Option<Waker>,
}

enum Do {
    Dial,
    HangUp,
    Say(Say<Data>),
}

/// The connection of the task.
enum Line {
    Down,
    Dialling(Task<io::Result<Connection>>),
    Up(Connection),
}

/// What comes next to the task.
enum Next {
    Do(Do),
    Opened(io::Result<Connection>),
    Frame(Option<io::Result<Frame>>),
    Late,
}

/// A request is over, also when whoever asked has given up.
pub(super) struct Done<'a> {
    pub(super) shared: &'a Shared,
    pub(super) nr: u32,
}

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.shared.input(Input::Forget(self.nr));
    }
}

impl State {
    fn new(machine: Machine<Data>) -> Self {
        Self { machine, queues: BTreeMap::new(), count: 0, work: VecDeque::new(), worker: None }
    }

    /// A number for a subscription or a request.
    pub(super) fn next(&mut self) -> u32 {
        self.count = self.count.wrapping_add(1);
        self.count
    }

    fn put(&mut self, nr: u32, heard: Told<Message>) -> Option<Waker> {
        let Told::Closed = heard else { return self.queues.get(&nr)?.push(heard.into(), &mut Vec::new()) };
        self.queues.remove(&nr)?.close()
    }

    /// More for the task. Who publishes faster than the host takes it loses the oldest.
    fn work(&mut self, work: Do) -> Option<Waker> {
        let publication = |work: &Do| matches!(work, Do::Say(Say::Publish { .. }));
        if publication(&work)
            && self.work.len() >= OUTBOX
            && let Some(oldest) = self.work.iter().position(publication)
        {
            self.work.remove(oldest);
        }
        self.work.push_back(work);
        self.worker.take()
    }

    /// Nothing more is said over this connection. What was published is still good; the rest was about what is gone.
    fn unsaid(&mut self) -> Vec<Input<Data, Message>> {
        let (said, rest) =
            std::mem::take(&mut self.work).into_iter().partition(|work| matches!(work, Do::Say(_)));
        self.work = rest;
        let said: VecDeque<Do> = said;
        let publications = said.into_iter().filter_map(|work| match work {
            Do::Say(Say::Publish { topic, data }) => Some(Input::Publish { topic, data }),
            _ => None,
        });
        publications.collect()
    }
}

impl Shared {
    pub(super) fn new(runtime: Handle) -> Self {
        let machine = Machine::new(runtime.now(), runtime.random());
        Self {
            runtime,
            state: Mutex::new(State::new(machine)),
            replies: Pending::new(),
            events: Feed::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Tells the machine, and does what it wants done.
    pub(super) fn input(&self, input: Input<Data, Message>) {
        let (mut wakers, mut replies, mut events) = (Vec::new(), Vec::new(), Vec::new());
        {
            let state = &mut *lock(&self.state);
            let mut out = Vec::new();
            state.machine.handle(self.runtime.now(), input, &mut out);
            for output in out {
                match output {
                    Output::Dial => wakers.extend(state.work(Do::Dial)),
                    Output::HangUp => wakers.extend(state.work(Do::HangUp)),
                    Output::Say(words) => wakers.extend(state.work(Do::Say(words))),
                    Output::Heard(nr, heard) => wakers.extend(state.put(nr, heard)),
                    Output::Replied(nr, reply) => replies.push((nr, reply)),
                    Output::Online { epoch, .. } => events.push(Event::Online(epoch)),
                    Output::Offline { reason, again_in } => {
                        for unsaid in state.unsaid() {
                            // It waits in the machine, which has nothing to say to that.
                            state.machine.handle(self.runtime.now(), unsaid, &mut Vec::new());
                        }
                        events.push(Event::Offline { reason, again_in });
                    }
                    Output::Denied(reason) => events.push(Event::Denied(reason)),
                }
            }
        }
        wakers.into_iter().for_each(Waker::wake);
        for (nr, reply) in replies {
            // Whoever asked may have given up meanwhile.
            let _ = self.replies.fulfil(&nr, reply.map_err(RequestError::from));
        }
        events.iter().for_each(|event| self.events.tell(event));
    }

    /// Subscribes, and hands over what is heard.
    pub(super) fn subscribe(&self, topics: Vec<String>, replay: bool) -> (u32, Arc<Queue<Heard>>) {
        let queue = Arc::new(Queue::new(crate::bus::QUEUE));
        let nr = {
            let mut state = lock(&self.state);
            let nr = state.next();
            state.queues.insert(nr, Arc::clone(&queue));
            nr
        };
        self.input(Input::Subscribe { nr, topics, replay });
        (nr, queue)
    }

    pub(super) fn unsubscribe(&self, nr: u32) {
        lock(&self.state).queues.remove(&nr);
        self.input(Input::Unsubscribe(nr));
    }

    pub(super) fn open(&self) -> Result<(), Closed> {
        if lock(&self.state).machine.has_left() { Err(Closed) } else { Ok(()) }
    }

    pub(super) fn leave(&self) {
        self.input(Input::Leave);
        self.replies.close();
        self.stop.cancel();
    }

    /// Keeps the guest connected until it leaves.
    pub(super) async fn keep(&self, transport: &impl Transport, endpoint: &str, who: &serde_json::Value) {
        let mut line = Line::Down;
        self.input(Input::Tick);
        self.stop
            .run_until_cancelled(async {
                loop {
                    match self.next(&mut line).await {
                        Next::Do(Do::Dial) => line = Line::Dialling(transport.connect(endpoint)),
                        Next::Do(Do::HangUp) => line = Line::Down,
                        Next::Do(Do::Say(words)) => self.say(&mut line, words, who).await,
                        Next::Opened(Ok(connection)) => {
                            line = Line::Up(connection);
                            self.input(Input::Opened);
                        }
                        Next::Opened(Err(error)) => self.lose(&mut line, error.to_string()),
                        Next::Frame(Some(Ok(frame))) => self.hear(&mut line, &frame),
                        Next::Frame(Some(Err(error))) => self.lose(&mut line, error.to_string()),
                        Next::Frame(None) => self.lose(&mut line, "it closed the connection".to_owned()),
                        Next::Late => self.input(Input::Tick),
                    }
                }
            })
            .await;
    }

    async fn next(&self, line: &mut Line) -> Next {
        let due = lock(&self.state).machine.next_timeout();
        let mut late = due.map(|due| self.runtime.sleep(due.since(self.runtime.now())));
        poll_fn(|cx| {
            if let Poll::Ready(work) = self.poll_work(cx) {
                return Poll::Ready(Next::Do(work));
            }
            let next = match line {
                Line::Down => Poll::Pending,
                Line::Dialling(dial) => dial.as_mut().poll(cx).map(Next::Opened),
                Line::Up(connection) => connection.frames.poll_next_unpin(cx).map(Next::Frame),
            };
            if next.is_ready() {
                return next;
            }
            late.as_mut().map_or(Poll::Pending, |late| late.as_mut().poll(cx).map(|()| Next::Late))
        })
        .await
    }

    fn poll_work(&self, cx: &mut Context<'_>) -> Poll<Do> {
        let mut state = lock(&self.state);
        if let Some(work) = state.work.pop_front() {
            return Poll::Ready(work);
        }
        state.worker = Some(cx.waker().clone());
        Poll::Pending
    }

    async fn say(&self, line: &mut Line, words: Say<Data>, who: &serde_json::Value) {
        let Line::Up(connection) = line else { return };
        let sending = connection.leaving.send(wire::say(words, who));
        let reason = match timeout(&*self.runtime, Some(PATIENCE), sending).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(Elapsed) => "it takes too long".to_owned(),
        };
        self.lose(line, reason);
    }

    fn hear(&self, line: &mut Line, frame: &Frame) {
        match wire::told(frame) {
            Ok(told) => self.input(Input::Heard(told)),
            Err(error) => {
                let known = lock(&self.state).machine.is_online();
                let what = if known { "it said something else" } else { "it speaks another protocol" };
                self.lose(line, format!("{what}: {error}"));
            }
        }
    }

    fn lose(&self, line: &mut Line, reason: String) {
        *line = Line::Down;
        self.input(Input::Closed(reason));
    }
}

impl From<Told<Message>> for Heard {
    fn from(told: Told<Message>) -> Self {
        match told {
            Told::Message(seq, message) => Self::Message { seq, message },
            Told::Connected(whole) => Self::Connected { whole },
            Told::Missed(count) => Self::Missed(count),
            Told::Refused(reason) => Self::Refused(reason),
            Told::Closed => Self::Closed,
        }
    }
}

impl From<Failure> for RequestError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Told(reason) => Self::Failed(reason),
            Failure::Late => Self::Timeout,
            Failure::Offline => Self::Offline,
            Failure::Left => Self::Closed(Closed),
        }
    }
}
