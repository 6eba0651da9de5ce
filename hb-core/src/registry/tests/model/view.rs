//! What may be shown of an exhibit at one moment.

use super::*;

/// One voice as it may be shown: silence counts from `since`.
#[derive(Debug, PartialEq)]
pub(in crate::registry::tests) struct Shown {
    pub(in crate::registry::tests) since: u64,
    pub(in crate::registry::tests) promise: u64,
    pub(in crate::registry::tests) boot: Option<Boot>,
    pub(in crate::registry::tests) presence: Option<bool>,
    pub(in crate::registry::tests) frame_age: Option<u64>,
    pub(in crate::registry::tests) fps: Option<f32>,
}

/// An exhibit as it may be shown, by any of the voices that are worst off.
#[derive(Debug)]
pub(in crate::registry::tests) struct View {
    pub(in crate::registry::tests) state: State,
    pub(in crate::registry::tests) cause: Cause,
    pub(in crate::registry::tests) conflict: bool,
    pub(in crate::registry::tests) sessions: usize,
    pub(in crate::registry::tests) since: u64,
    pub(in crate::registry::tests) first: u64,
    pub(in crate::registry::tests) beats: u64,
    pub(in crate::registry::tests) adopted: bool,
    pub(in crate::registry::tests) new: bool,
    pub(in crate::registry::tests) slowing: bool,
    pub(in crate::registry::tests) voices: Vec<Shown>,
}

impl Exhibit {
    /// How `voice` may be shown: who looks from outside has the frames of a page that was heard last beside it.
    fn shown(&self, voice: &Voice, now: u64, config: &Config) -> Vec<Shown> {
        let heard = |v: &Voice| v.said.last().map(|said| said.at);
        let pages = || self.counted(now, config).filter(|v| voice.kind.is_eye() && v.is_page());
        let newest = pages().map(heard).max().flatten();
        let Shown { since, promise, .. } = voice.shown(now, self.since, config);
        let mut seen: Vec<_> = pages().filter(|v| heard(v) == newest).collect();
        if seen.is_empty() {
            seen.push(voice);
        }
        seen.iter().map(|v| Shown { since, promise, ..v.shown(now, self.since, config) }).collect()
    }
}

impl Model {
    /// What may be shown of an exhibit now.
    pub(in crate::registry::tests) fn view(&self, name: Name) -> Option<View> {
        let exhibit = self.exhibits.get(&name)?;
        let (state, cause, _) = exhibit.judge(self.now, &self.config);
        let judged = |v: &Voice| v.state(self.now, &self.config, exhibit);
        let counted = || exhibit.counted(self.now, &self.config);
        let worst = counted().map(|v| (judged(v).0, judged(v).1)).min();
        let heard = |v: &Voice| v.said.last().map(|said| said.at);
        let last = exhibit.voices.iter().map(heard).max().flatten();
        let voices = match worst {
            Some(worst) => counted().filter(|v| (judged(v).0, judged(v).1) == worst).collect(),
            None => exhibit.voices.iter().filter(|v| heard(v) == last).collect::<Vec<_>>(),
        };
        let voices = voices.into_iter().flat_map(|v| exhibit.shown(v, self.now, &self.config)).collect();
        let conflict = exhibit.is_contested();
        let Exhibit { since, first, beats, adopted, .. } = *exhibit;
        let (sessions, new) = (exhibit.voices.len(), exhibit.is_new(&self.config));
        let slowing = exhibit.is_slowing();
        Some(View { state, cause, conflict, sessions, since, first, beats, adopted, new, slowing, voices })
    }
}
