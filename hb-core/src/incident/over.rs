//! When it is over for an app that works: at once, unless something is being done about it or it fails again and again.
//! Then it has to last, and meanwhile its incident says that it works.
//!
//! Who beats can make an app fail and work as often as it likes: all of that is one incident, so that neither what is kept
//! nor what people are told grows with beats.

use super::member::Weight;
use super::*;
use crate::defaults::{FLAP_SETTLE, FLAP_SPAN, FLAPS};

/// How often an app failed of late.
#[derive(Debug, Default)]
pub(super) struct Flap {
    /// When its last incidents began, the oldest first.
    began: [Option<Time>; FLAPS],
    /// The open one is one too many.
    again: bool,
    /// When it will have worked for long enough.
    calm_at: Option<Time>,
}

impl Flap {
    /// An incident begins.
    pub(super) fn begin(&mut self, now: Time) {
        self.began.rotate_left(1);
        let first = self.began[FLAPS - 1].replace(now);
        self.again = first.is_some_and(|first| now < first + FLAP_SPAN);
    }
}

impl Incidents {
    /// Something is being done about an app, or no longer.
    pub(super) fn tried(&mut self, id: Identity<'_>, on: bool, out: &mut Vec<Output>) {
        let Some(&place) = self.places.get(&id.to_owned()) else { return };
        self.at(place).tried = on;
        self.look_again(place, out);
    }

    /// An app works whose incident is open.
    pub(super) fn works(&mut self, place: usize, out: &mut Vec<Output>) {
        let (now, member) = (self.now, self.at(place));
        if member.flap.again && member.flap.calm_at.is_none() {
            let at = now + FLAP_SETTLE;
            member.flap.calm_at = Some(at);
            self.settling.insert((at, place));
        }
        self.end(place, out);
    }

    /// It is bad again, or gone.
    pub(super) fn fails(&mut self, place: usize) {
        if let Some(at) = self.at(place).flap.calm_at.take() {
            self.settling.remove(&(at, place));
        }
    }

    /// Ends the incidents of those that have worked for long enough.
    pub(super) fn calm(&mut self, out: &mut Vec<Output>) {
        while let Some(&(at, place)) = self.settling.first()
            && at <= self.now
        {
            self.settling.remove(&(at, place));
            let flap = &mut self.at(place).flap;
            (flap.again, flap.calm_at) = (false, None);
            self.look_again(place, out);
        }
    }

    /// Whether it has to last may be otherwise now.
    fn look_again(&mut self, place: usize, out: &mut Vec<Output>) {
        if self.at(place).works {
            self.end(place, out);
        }
    }

    /// Ends the incident of an app that works, or says that it goes on.
    fn end(&mut self, place: usize, out: &mut Vec<Output>) {
        let member = self.at(place);
        let (Some(belief), Some((number, _))) = (member.belief, member.open) else { return };
        // Nothing is repaired while a display is off: nobody waits for that to last.
        let lasts = member.flap.calm_at.is_some() || member.tried && belief.state != State::Off;
        match Weight::of(belief.state) {
            Weight::Good(_) if lasts => {
                if !core::mem::replace(&mut member.works, true) {
                    out.push(Output::Works { number, on: true });
                }
            }
            Weight::Good(ending) => {
                (member.open, member.works) = (None, false);
                let subject = Subject::App(member.id.clone());
                out.push(Output::Closed { number, subject, at: belief.since, ending });
            }
            Weight::Bad | Weight::Late | Weight::Between => {
                if !lasts && core::mem::take(&mut member.works) {
                    out.push(Output::Works { number, on: false });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::super::tests::{Story, id};
    use super::*;

    /// Fails and works again, `apart` seconds after each other, and says what was told.
    fn flap(story: &mut Story, times: u64, apart: u64) -> Vec<[alloc::string::String; 2]> {
        (0..times)
            .map(|n| {
                [(0, State::Stalled), (1, State::Up)]
                    .map(|(half, state)| story.say(100 + (2 * n + half) * apart, "h/a", state))
            })
            .collect()
    }

    #[test]
    fn who_fails_again_and_again_has_one_incident_until_it_has_worked_for_a_minute() {
        let mut story = Story::new(Tree::default());
        let told = flap(&mut story, 200, 1);
        for (n, told) in told[..3].iter().enumerate() {
            let expected = [
                format!("open #{} a @ h stalled since {}", n + 1, 100 + 2 * n),
                format!("close #{} Back", n + 1),
            ];
            assert_eq!(*told, expected);
        }
        assert_eq!(told[3], ["open #4 a @ h stalled since 106", "works #4"]);
        for told in &told[4..] {
            assert_eq!(*told, ["broken #4; change #4 stalled", "works #4"]);
        }
        // The last time it began to work was at 499.
        assert_eq!(story.say(500, "h/a", State::Late), "");
        assert_eq!(story.say(501, "h/a", State::Up), "");
        assert_eq!(story.incidents.next_timeout(), Some(Time::from_millis(559_000)));
        assert_eq!(story.tell(558, Input::Tick), "");
        assert_eq!(story.tell(559, Input::Tick), "close #4 Back");
        assert_eq!((story.incidents.next_timeout(), story.incidents.settling.len()), (None, 0));
    }

    #[test]
    fn who_fails_seldom_has_an_incident_each_time() {
        let mut story = Story::new(Tree::default());
        // The fourth begins as the first is five minutes old.
        for told in flap(&mut story, 20, 50) {
            assert!(told[0].starts_with("open") && told[1].starts_with("close"), "{told:?}");
        }
    }

    #[test]
    fn who_is_on_its_way_as_the_minute_ends_is_over_when_it_is_there() {
        let mut story = Story::new(Tree::default());
        flap(&mut story, 4, 1);
        assert_eq!(story.say(160, "h/a", State::Reconnecting), "");
        assert_eq!(story.tell(167, Input::Tick), "broken #4");
        assert_eq!(story.say(168, "h/a", State::Up), "close #4 Back");
    }

    #[test]
    fn what_is_repaired_and_fails_again_and_again_waits_for_both() {
        let mut story = Story::new(Tree::default());
        flap(&mut story, 4, 1);
        let app = id("h/a");
        let try_it = |story: &mut Story, at, on| story.tell(at, Input::Tried { id: app.borrow(), on });
        assert_eq!(try_it(&mut story, 110, true), "");
        assert_eq!(story.say(120, "h/a", State::Off), "");
        assert_eq!(try_it(&mut story, 130, false), "", "it has worked for 23 seconds");
        assert_eq!(try_it(&mut story, 140, true), "");
        assert_eq!(story.say(150, "h/a", State::Up), "");
        assert_eq!(story.tell(167, Input::Tick), "", "something is done about it");
        assert_eq!(try_it(&mut story, 170, false), "close #4 Back");
    }

    #[test]
    fn who_goes_away_while_it_settles_leaves_nothing_behind() {
        let mut story = Story::new(Tree::default());
        flap(&mut story, 4, 1);
        let (app, other) = (id("h/a"), id("g/a"));
        assert_eq!(story.tell(110, Input::Moved { from: app.borrow(), to: other.borrow() }), "");
        assert_eq!(story.incidents.settling.len(), 1, "how often it failed went along");
        assert_eq!(story.tell(111, Input::Removed { id: other.borrow() }), "close #4 Removed");
        assert_eq!(story.incidents.next_timeout(), None);
    }
}
