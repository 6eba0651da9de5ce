//! The words of the table: states by how urgent they are, causes, what to do, ages. Not here: colours (`view`).

use std::time::Duration;

use hb_core::beat::{By, Cause, State};
use hb_core::verdict;
use hb_server::notify::voice;

/// How a state looks to who glances at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Bad,
    Warning,
    Odd,
    Waiting,
    Good,
    Resting,
}

/// Every state, worst first. A word of a newer server stands where `unknown` does.
const STATES: [(&str, Tone); 11] = [
    ("missing", Tone::Bad),
    ("down", Tone::Bad),
    ("stalled", Tone::Bad),
    ("hidden", Tone::Warning),
    ("late", Tone::Warning),
    ("unknown", Tone::Odd),
    ("reconnecting", Tone::Waiting),
    ("starting", Tone::Waiting),
    ("up", Tone::Good),
    ("off", Tone::Resting),
    ("done", Tone::Resting),
];
const FOREIGN: usize = 5;

/// What a repair may be about and no state has as its cause.
const EVIDENCE: [(&str, &str); 2] = [("browser-dead", "browser is dead"), ("exited", "program ended")];

/// What a state means where no cause is known, as short.
const MEANS: [(&str, &str); 6] = [
    ("missing", "nothing is shown"),
    ("down", "is silent"),
    ("stalled", "picture frozen"),
    ("hidden", "nobody can see it"),
    ("late", "beat is overdue"),
    ("unknown", "not heard yet"),
];

/// Where a state stands among all: 0 is the worst.
pub(super) fn rank(state: &str) -> usize {
    STATES.iter().position(|(word, _)| *word == state).unwrap_or(FOREIGN)
}

/// How a state looks.
pub(super) fn tone(state: &str) -> Tone {
    STATES[rank(state)].1
}

/// Whether somebody should look.
pub(super) fn is_problem(state: &str) -> bool {
    rank(state) <= FOREIGN
}

/// A cause in short; nothing where there is none.
pub(super) fn cause(word: &str) -> String {
    let evidence = || EVIDENCE.iter().find(|(known, _)| *known == word).map(|(_, text)| *text);
    let known = Cause::from_word(word).map(verdict::brief).or_else(evidence);
    known.map_or_else(|| word.replace('-', " "), str::to_owned)
}

/// The same, or what the state means; nothing where all is well.
pub(super) fn why(state: &str, word: &str) -> String {
    let means = || MEANS.iter().find(|(known, _)| *known == state).map(|(_, text)| (*text).to_owned());
    Some(cause(word)).filter(|text| !text.is_empty()).or_else(means).unwrap_or_default()
}

/// What to do about a state with such a cause, of who beats `by`; nothing where nothing is wrong.
pub(super) fn advice(state: &str, cause: &str, by: Option<&str>) -> Option<String> {
    let cause = Cause::from_word(cause).unwrap_or(Cause::None);
    let advice = voice::advice(State::from_word(state)?, cause, by.and_then(By::from_word))?;
    Some(format!("{}.", capital(advice)))
}

/// With a capital.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// An age that ticks, cut, not rounded: `0.4s`, `12s`, `22m`, `3h`, `4d`.
pub(super) fn age(age: Option<Duration>) -> String {
    let Some(age) = age else { return "-".into() };
    match age.as_secs() {
        seconds @ 0..10 => format!("{seconds}.{}s", age.subsec_millis() / 100),
        seconds @ 10..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m", seconds / 60),
        seconds @ 3600..86_400 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

/// A length in its largest unit: `500ms`, `9s`, `22m`, `3h`, `4d`.
pub(super) fn length(length: Option<Duration>) -> String {
    match length {
        Some(short) if !short.is_zero() && short.as_secs() == 0 => format!("{}ms", short.as_millis()),
        Some(length) if length.as_secs() < 10 => format!("{}s", length.as_secs()),
        other => age(other),
    }
}

/// How long a state lasts, in its two largest units: `12s`, `3m20s`, `2h10m`, `3d4h`.
pub(super) fn span(span: Option<Duration>) -> String {
    let Some(span) = span else { return "-".into() };
    let two = |whole: u64, unit: char, rest: u64, small: char| match rest {
        0 => format!("{whole}{unit}"),
        rest => format!("{whole}{unit}{rest}{small}"),
    };
    match span.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => two(seconds / 60, 'm', seconds % 60, 's'),
        seconds @ 3600..86_400 => two(seconds / 3600, 'h', seconds % 3600 / 60, 'm'),
        seconds => two(seconds / 86_400, 'd', seconds % 86_400 / 3600, 'h'),
    }
}

/// Frames per second: one decimal below ten.
pub(super) fn rate(fps: Option<f64>) -> String {
    match fps.filter(|fps| fps.is_finite()) {
        None => "-".into(),
        Some(fps) if fps > 0.0 && fps < 9.95 => format!("{fps:.1}"),
        Some(fps) => format!("{fps:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_rank_and_every_cause_its_words() {
        assert!(State::ALL.iter().map(|state| state.word()).eq(STATES.iter().map(|(word, _)| *word)));
        for (word, text) in EVIDENCE {
            assert!(Cause::from_word(word).is_none() && text.chars().count() <= 18, "{text}");
        }
        for state in State::ALL.iter().map(|state| state.word()) {
            assert_eq!(is_problem(state), advice(state, "none", None).is_some(), "{state}");
        }
        assert_eq!((tone("dreaming"), is_problem("dreaming")), (Tone::Odd, true));
        assert_eq!((cause("new-thing"), cause("silence")), ("new thing".into(), String::new()));
        assert_eq!((cause(""), cause("exited")), (String::new(), "program ended".into()));
        assert_eq!(advice("up", "conflict", None), None);
        let told = |by| advice("stalled", "silence", by).unwrap();
        assert_eq!(told(Some("native")), "Look at the screen, then restart the program.");
        assert_eq!(told(Some("frame")), "Look at the screen, then reload the page.");
    }

    #[test]
    fn ages_are_short_and_never_ahead_of_the_truth() {
        for (ms, short, long) in [
            (0, "0.0s", "0s"),
            (9_999, "9.9s", "9s"),
            (59_999, "59s", "59s"),
            (200_000, "3m", "3m20s"),
            (7_800_000, "2h", "2h10m"),
            (273_600_000, "3d", "3d4h"),
            (7_200_000, "2h", "2h"),
        ] {
            let time = Some(Duration::from_millis(ms));
            assert_eq!((age(time), span(time)), (short.into(), long.into()));
        }
        for (ms, text) in [(0, "0s"), (500, "500ms"), (9_000, "9s"), (60_000, "1m")] {
            assert_eq!(length(Some(Duration::from_millis(ms))), text);
        }
        assert_eq!(why("down", "none"), "is silent");
        assert_eq!(why("stalled", "gpu-stuck"), "graphics stuck");
        assert_eq!(why("up", "none"), "");
        assert_eq!((age(None), rate(None), rate(Some(0.0))), ("-".into(), "-".into(), "0".into()));
        assert_eq!((rate(Some(9.94)), rate(Some(59.7))), ("9.9".into(), "60".into()));
    }
}
