//! A page and its worker, played together: no number is used twice, and the page's own word outranks the worker's.

use alloc::collections::VecDeque;
use alloc::vec;

use proptest::prelude::*;

use super::*;
use crate::beat::{Promise, Verb};
use crate::gate::Drawn;

/// From the page to its worker.
#[derive(Clone, Copy, Debug)]
enum Post {
    Said(Input),
    Answer,
}

/// Both, and the messages between them.
struct Duet {
    now: Time,
    latency: u64,
    page: Sender,
    worker: Sender,
    out: Vec<Output>,
    to_worker: VecDeque<(Time, Post)>,
    to_page: VecDeque<(Time, u32)>,
    /// The page's script runs again then.
    stuck: Time,
    /// The highest number that ever left.
    left: u32,
    flight: bool,
}

impl Duet {
    fn new(latency: u64, interval: u64) -> Self {
        let config = Config { interval: Duration::from_millis(interval), ..Config::default() };
        let now = Time::ZERO;
        let mut page = Sender::new(now, config);
        page.handle(now, Input::Quiet(true), &mut vec![]);
        let worker = Sender::new(now, Config { remote: true, ..config });
        Self {
            now,
            latency,
            page,
            worker,
            out: vec![],
            to_worker: VecDeque::new(),
            to_page: VecDeque::new(),
            stuck: now,
            left: 0,
            flight: false,
        }
    }

    fn post(&mut self, post: Post) {
        self.to_worker.push_back((after(self.now, self.latency), post));
    }

    /// The page's script does this.
    fn say(&mut self, input: Input) {
        self.page.handle(self.now, input, &mut self.out);
        assert!(
            !self.out.drain(..).any(|output| matches!(output, Output::Fetch(..))),
            "a quiet page sends nothing"
        );
        self.post(Post::Said(input));
    }

    /// The page sends something itself.
    fn hand(&mut self) {
        let beat = self.page.compose(self.now, Verb::Ping, Promise::default());
        let seq = beat.vitals.seq.unwrap();
        assert!(seq > self.left, "the page says {seq} at {}, the worker said {}", self.now, self.left);
        self.left = seq;
        self.post(Post::Said(Input::Reached(seq)));
    }

    fn tell_worker(&mut self, input: Input) {
        self.worker.handle(self.now, input, &mut self.out);
        let mut asks = false;
        for output in core::mem::take(&mut self.out) {
            match output {
                Output::Fetch(verb, promise) => {
                    let seq = self.worker.compose(self.now, verb, promise).vitals.seq.unwrap();
                    self.left = self.left.max(seq);
                    self.flight = true;
                }
                Output::Beacon(..) => panic!("a worker has no beacons"),
                Output::Expire | Output::Abort => self.flight = false,
                Output::Probe => asks = true,
                Output::Changed => {}
            }
        }
        if asks {
            let seq = self.worker.seq;
            self.to_page.push_back((after(self.now, self.latency), seq));
        }
    }

    /// A millisecond passes.
    fn pass(&mut self, answers: bool) {
        self.now = after(self.now, 1);
        while self.to_worker.front().is_some_and(|&(due, _)| due <= self.now) {
            match self.to_worker.pop_front().unwrap().1 {
                Post::Said(input) => self.tell_worker(input),
                Post::Answer => {
                    let nothing = Drawn { frames: 0, last: self.now, longest: 0, long: 0 };
                    self.tell_worker(Input::Page(gate::Input::Drawn(nothing)));
                }
            }
        }
        if self.worker.next_timeout().is_some_and(|due| due <= self.now) {
            self.tell_worker(Input::Tick);
        }
        if answers && core::mem::take(&mut self.flight) {
            self.tell_worker(Input::Answered);
        }
        while self.stuck <= self.now && self.to_page.front().is_some_and(|&(due, _)| due <= self.now) {
            let (_, seq) = self.to_page.pop_front().unwrap();
            self.page.handle(self.now, Input::Reached(seq), &mut self.out);
            self.out.clear();
            self.post(Post::Answer);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_pages_word_has_the_highest_number(
        latency in 0_u64..80,
        interval in prop_oneof![1_u64..400, 400_u64..6_000],
        steps in prop::collection::vec((0_u64..1_500, 0_u8..8, any::<bool>()), 1..40),
    ) {
        let mut duet = Duet::new(latency, interval);
        duet.say(Input::Page(gate::Input::Armed));
        duet.say(Input::Page(gate::Input::Loaded));
        for (pause, step, answers) in steps {
            for _ in 0..pause {
                duet.pass(answers);
            }
            if duet.stuck > duet.now {
                // The very first thing of a script that was stuck, before it reads any message.
                while duet.stuck > duet.now {
                    duet.pass(answers);
                }
                duet.hand();
            }
            match step {
                0 => duet.say(Input::Ping),
                1 => duet.say(Input::Init),
                2 => duet.say(Input::Interval(Duration::from_millis(pause + 1))),
                3 => duet.say(Input::Page(gate::Input::Contexts { lost: pause as u32 % 2 })),
                4 => duet.say(Input::Abort),
                5 => duet.stuck = after(duet.now, pause * 20),
                _ => duet.hand(),
            }
        }
        duet.hand();
    }
}
