//! What is seen of the screen from outside, for whoever beats. Not here: who looks (`eye`, `display`).

use hb_core::beat::{Beat, Diagnosis, Display, Verb};

/// What is known at one moment. By default nothing, of which nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// The picture stands still although it should move.
    pub(super) stuck: bool,
    /// Power of the display.
    pub(super) display: Option<Display>,
}

impl Seen {
    /// Has `beat` say it too. What the beat says is wrong by itself stays what is wrong; a ping that is not so becomes
    /// `hb_state`, by the law of `hb_core::sender`.
    pub(super) fn tell(self, mut beat: Beat<'static>) -> Beat<'static> {
        beat.vitals.display = self.display;
        if self.stuck && beat.verb == Verb::Ping {
            (beat.verb, beat.vitals.diagnosis) = (Verb::State, Some(Diagnosis::PictureStuck));
        }
        beat
    }
}
