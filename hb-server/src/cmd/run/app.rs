//! What a native app says by its own frames, and when: `hb_core::sender` with a count that the app reports in the place of
//! a page's render loop. One for each life of the child, each a boot of its own. Pure: reports and answers come in with
//! `now`, beats go out.
//!
//! Not here: how the app reports (`frames`), who carries the beats (`native`, `voice`).

use std::time::Duration;

use hb_core::beat::{Beat, By};
use hb_core::gate::{self, Drawn};
use hb_core::id::Boot;
use hb_core::sender::{self, Output, Sender};
use hb_lease::time::Time;

use super::seen::Seen;

/// A little longer than the voice tries, which is what gives a beat up.
const PATIENCE: Duration = Duration::from_millis(4_500);

/// What an app says of its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// So many since it began. What does not change is no new frame.
    Count(u64),
    /// Another one, it does not say which.
    Moved,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    Frames(Report),
    /// The beat under way was answered.
    Answered,
    /// It was not.
    Failed,
    /// From outside.
    Seen(Seen),
    /// Time has passed.
    Tick,
}

/// How it beats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Config {
    /// The promise.
    pub(super) interval: Duration,
    /// Without a new frame for so long, nothing is being drawn.
    pub(super) stall: Duration,
    /// For the first frame.
    pub(super) grace: Duration,
    /// Whether the end is a goodbye.
    pub(super) done: bool,
}

/// One life of the app.
#[derive(Debug)]
pub(super) struct App {
    sender: Sender,
    boot: Boot,
    /// It has been told that it runs.
    begun: bool,
    count: Option<u64>,
    reported: Option<Time>,
    seen: Seen,
}

impl App {
    /// It was started just now: it owes its first frame within the grace. What is known already proves nothing of it.
    pub(super) fn new(now: Time, config: Config, boot: Boot, known: Option<Report>) -> Self {
        let Config { interval, stall, grace, .. } = config;
        let timeout = Some(PATIENCE);
        let config =
            sender::Config { interval, stall, grace, timeout, init: true, ..sender::Config::default() };
        let count = known.and_then(|known| if let Report::Count(count) = known { Some(count) } else { None });
        Self {
            sender: Sender::new(now, config),
            boot,
            begun: false,
            count,
            reported: None,
            seen: Seen::default(),
        }
    }

    /// Takes in what happened; the beat that is to be sent, if there is one. The first call begins its life, whatever it tells.
    pub(super) fn handle(&mut self, now: Time, input: Input) -> Option<Beat<'static>> {
        if !self.begun {
            self.begun = true;
            if let Input::Seen(seen) = input {
                self.seen = seen;
            }
            self.sender.handle(now, sender::Input::Page(gate::Input::Armed), &mut Vec::new());
            return self.take(now, sender::Input::Page(gate::Input::Loaded));
        }
        let input = match input {
            Input::Frames(report) => sender::Input::Page(gate::Input::Drawn(self.drawn(now, report))),
            Input::Answered => sender::Input::Answered,
            Input::Failed => sender::Input::Failed,
            Input::Seen(seen) => {
                self.seen = seen;
                // Now, whatever the cadence.
                sender::Input::Ping
            }
            Input::Tick => sender::Input::Tick,
        };
        self.take(now, input)
    }

    /// When [`Input::Tick`] is next needed; an early one is harmless.
    pub(super) fn next_timeout(&self) -> Option<Time> {
        if self.begun { self.sender.next_timeout() } else { Some(Time::ZERO) }
    }

    /// The goodbye.
    pub(super) fn end(mut self, now: Time) -> Option<Beat<'static>> {
        self.take(now, sender::Input::Done)
    }

    fn drawn(&mut self, now: Time, report: Report) -> Drawn {
        let frames = match (report, self.count) {
            (Report::Moved, _) => 1,
            (Report::Count(count), Some(before)) if count >= before => count - before,
            // It says of none that it drew them before us, but that it draws; or it began to count anew.
            (Report::Count(count), _) => count.min(1),
        };
        if let Report::Count(count) = report {
            self.count = Some(count);
        }
        let frames = u32::try_from(frames).unwrap_or(u32::MAX);
        // How long each took nobody knows; their mean is a fact.
        let mean = match (frames, self.reported) {
            (1.., Some(before)) => now.since(before).as_millis() / u128::from(frames),
            _ => 0,
        };
        if frames > 0 {
            self.reported = Some(now);
        }
        Drawn { frames, last: now, longest: u32::try_from(mean).unwrap_or(u32::MAX), long: 0 }
    }

    fn take(&mut self, now: Time, input: sender::Input) -> Option<Beat<'static>> {
        let mut out = Vec::new();
        self.sender.handle(now, input, &mut out);
        let said = out.into_iter().find_map(|output| match output {
            Output::Fetch(verb, promise) | Output::Beacon(verb, promise) => Some((verb, promise)),
            // Whoever carries a beat gives it up by itself; an app is asked for no proof but its frames.
            Output::Abort | Output::Expire | Output::Probe | Output::Changed => None,
        });
        let (verb, promise) = said?;
        let mut beat = self.sender.compose(now, verb, promise);
        (beat.vitals.boot, beat.vitals.by) = (Some(self.boot), Some(By::Native));
        // Whether anybody could see it is more than a count tells.
        beat.vitals.visibility = None;
        Some(self.seen.tell(beat))
    }
}

#[cfg(test)]
mod tests {
    use hb_core::beat::{Diagnosis, Display, Verb};

    use super::*;

    fn app(now: u64) -> App {
        let seconds = Duration::from_secs;
        let config = Config { interval: seconds(3), stall: seconds(3), grace: seconds(10), done: true };
        App::new(Time::from_millis(now), config, Boot::new("b1").unwrap(), None)
    }

    /// Plays reports at their moments, each beat answered at once, until `end`: when what was said.
    fn said(app: &mut App, reports: &[(u64, Report)], end: u64) -> Vec<(u64, Verb, Option<Diagnosis>)> {
        let (mut said, mut reports) = (Vec::new(), reports.iter().copied().peekable());
        let mut now = 0;
        while now <= end {
            let input = match reports.next_if(|&(at, _)| at <= now) {
                Some((_, report)) => Input::Frames(report),
                None => Input::Tick,
            };
            if let Some(beat) = app.handle(Time::from_millis(now), input) {
                said.push((now, beat.verb, beat.vitals.diagnosis));
                assert_eq!(app.handle(Time::from_millis(now), Input::Answered), None);
            }
            let due = app.next_timeout().map_or(u64::MAX, Time::as_millis);
            now = due.min(reports.peek().map_or(u64::MAX, |&(at, _)| at)).max(now + 1);
        }
        said
    }

    #[test]
    fn it_beats_while_the_count_advances_and_says_so_when_it_stands() {
        let mut app = app(0);
        // Two seconds of frames, then the same number again and again.
        let reports: Vec<_> = (0..40)
            .map(|i| (1_000 + i * 200, Report::Count(if i < 10 { 60 + i * 12 } else { 200 })))
            .collect();
        let said = said(&mut app, &reports, 8_900);
        assert_eq!(said[0], (0, Verb::Init, Some(Diagnosis::Starting)));
        // The last new number came at 3 s.
        let (before, after): (Vec<_>, Vec<_>) = said[1..].iter().partition(|&&(at, ..)| at < 6_000);
        assert!(before.iter().all(|&&(_, verb, _)| verb == Verb::Ping), "{before:?}");
        assert_eq!(after[0], &(6_000, Verb::State, Some(Diagnosis::NoFrames)));
        assert!(after.len() > 2 && after.iter().all(|(_, verb, _)| *verb == Verb::State), "{after:?}");
        let back = app.handle(Time::from_millis(9_000), Input::Frames(Report::Count(201))).expect("at once");
        assert_eq!((back.verb, back.vitals.diagnosis), (Verb::Ping, Some(Diagnosis::Ok)));
        assert_eq!((back.vitals.by, back.vitals.visibility), (Some(By::Native), None));
        assert_eq!(back.vitals.frames, Some(1 + 9 * 12 + (200 - 168) + 1));
    }

    #[test]
    fn an_app_that_never_draws_has_its_grace_and_no_more() {
        let mut app = app(0);
        let said = said(&mut app, &[(500, Report::Count(0)), (900, Report::Count(0))], 10_100);
        let bad: Vec<_> = said.iter().filter(|(.., state)| *state == Some(Diagnosis::NoFrames)).collect();
        assert_eq!(bad, [&(10_000, Verb::State, Some(Diagnosis::NoFrames))]);
        assert!(said[..said.len() - 1].iter().all(|(.., state)| *state == Some(Diagnosis::Starting)));
    }

    #[test]
    fn a_count_that_begins_anew_and_a_change_without_a_number_are_frames() {
        let mut app = app(0);
        let mut at = |report| app.drawn(Time::from_millis(1), report).frames;
        let frames =
            [Report::Count(7), Report::Count(7), Report::Count(9), Report::Count(3), Report::Count(0)];
        assert_eq!(frames.map(&mut at), [1, 0, 2, 1, 0]);
        assert_eq!([Report::Moved, Report::Count(u64::MAX)].map(&mut at), [1, u32::MAX]);
    }

    #[test]
    fn what_a_life_before_it_drew_is_no_frame() {
        let seconds = Duration::from_secs;
        let config = Config { interval: seconds(3), stall: seconds(3), grace: seconds(10), done: true };
        let mut app = App::new(Time::ZERO, config, Boot::new("b2").unwrap(), Some(Report::Count(7)));
        let mut at = |count| app.drawn(Time::from_millis(1), Report::Count(count)).frames;
        assert_eq!([7, 7, 8].map(&mut at), [0, 0, 1]);
    }

    #[test]
    fn what_is_seen_from_outside_is_said_at_once_and_its_own_trouble_goes_first() {
        let mut app = app(0);
        said(&mut app, &[(500, Report::Count(1)), (600, Report::Count(2))], 1_900);
        let stuck = |stuck| Input::Seen(Seen { stuck, display: Some(Display::On) });
        let beat = app.handle(Time::from_millis(2_000), stuck(true)).expect("at once");
        assert_eq!((beat.verb, beat.vitals.diagnosis), (Verb::State, Some(Diagnosis::PictureStuck)));
        assert_eq!(beat.vitals.display.map(Display::word), Some("on"));
        app.handle(Time::from_millis(2_000), Input::Answered);
        let own = said(&mut app, &[], 4_900).pop();
        assert_eq!(own.map(|it| (it.1, it.2)), Some((Verb::State, Some(Diagnosis::NoFrames))));
        app.handle(Time::from_millis(5_000), Input::Frames(Report::Moved));
        app.handle(Time::from_millis(5_000), Input::Answered);
        let beat = app.handle(Time::from_millis(6_000), stuck(false)).expect("at once");
        assert_eq!((beat.verb, beat.vitals.diagnosis), (Verb::Ping, Some(Diagnosis::Ok)));
    }

    #[test]
    fn the_end_is_a_goodbye_of_its_boot() {
        let mut app = app(0);
        assert_eq!(app.handle(Time::ZERO, Input::Tick).unwrap().vitals.seq, Some(1));
        let goodbye = app.end(Time::from_millis(5)).unwrap();
        assert_eq!((goodbye.verb, goodbye.vitals.seq), (Verb::Done, Some(2)));
        assert_eq!(goodbye.vitals.boot, Boot::new("b1"));
    }
}
