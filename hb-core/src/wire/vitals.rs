//! Reading vitals, the optional parameters of a beat (spec/liveness.md 5): the malformed are dropped and counted.

use alloc::borrow::Cow;
use core::fmt;

use super::query::{decode, number};
use super::{ParseError, quoted};
use crate::beat::{Beat, By, Diagnosis, Display, Gl, Promise, Verb, Visibility, Vitals};
use crate::id::Boot;

/// Longest last error, in characters.
const MAX_ERROR: usize = 120;

/// Collects vitals, one parameter at a time; the first of each name counts.
#[derive(Default)]
pub(super) struct Reader<'q> {
    vitals: Vitals,
    last_error: Option<Cow<'q, str>>,
    malformed: u16,
    /// One bit for each name that was already there.
    seen: u32,
    /// The raw `state`, kept because `hb_state` must be able to quote it.
    state: Option<&'q str>,
}

impl<'q> Reader<'q> {
    /// Takes one parameter; ignores names that are no vitals.
    pub(super) fn read(&mut self, name: &str, raw: &'q str) {
        let Some(key) = Key::of(name) else { return };
        let bit = 1 << key as u32;
        if self.seen & bit != 0 {
            return;
        }
        self.seen |= bit;
        if key == Key::State {
            self.state = Some(raw);
        }
        let understood = decode(raw).and_then(|value| self.take(key, value));
        if understood.is_none() {
            self.malformed = self.malformed.saturating_add(1);
        }
    }

    /// Stores one value under its name; `None` if the value is none of that name's.
    fn take(&mut self, key: Key, value: Cow<'q, str>) -> Option<()> {
        let vitals = &mut self.vitals;
        match key {
            Key::Version => vitals.version = Some(u8::try_from(number(&value)?).ok().filter(|v| *v > 0)?),
            Key::Boot => vitals.boot = Some(Boot::new(&value)?),
            Key::Seq => vitals.seq = Some(u32::try_from(number(&value)?).ok().filter(|seq| *seq > 0)?),
            Key::By => vitals.by = Some(By::from_word(&value)?),
            Key::Frames => vitals.frames = Some(number(&value)?),
            Key::Age => vitals.age = Some(amount(&value)?),
            Key::Gap => vitals.gap = Some(amount(&value)?),
            Key::Visibility => vitals.visibility = Some(Visibility::from_word(&value)?),
            Key::Gl => vitals.gl = Some(Gl::from_word(&value)?),
            Key::State => vitals.diagnosis = Some(Diagnosis::from_word(&value)?),
            Key::Display => vitals.display = Some(Display::from_word(&value)?),
            Key::Stall => vitals.stall = Some(amount(&value)?),
            Key::Errors => vitals.errors = Some(amount(&value)?),
            Key::LastError => self.last_error = Some(error_line(value)?),
            Key::Memory => vitals.memory = Some(amount(&value)?),
        }
        Some(())
    }

    /// The beat, once all parameters are read. For `hb_state` a `state` is demanded.
    pub(super) fn finish(self, verb: Verb, promise: Promise) -> Result<Beat<'q>, ParseError> {
        if verb == Verb::State && self.vitals.diagnosis.is_none() {
            return Err(match self.state {
                None => ParseError::NoState,
                Some(raw) => ParseError::UnknownState(quoted(raw)),
            });
        }
        let Self { vitals, last_error, malformed, .. } = self;
        Ok(Beat { verb, promise, vitals, last_error, malformed })
    }
}

/// The vitals. A bit of [`Reader::seen`] stands for each, so at most 32.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Version,
    Boot,
    Seq,
    By,
    Frames,
    Age,
    Gap,
    Visibility,
    Gl,
    State,
    Display,
    Stall,
    Errors,
    LastError,
    Memory,
}

impl Key {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "v" => Self::Version,
            "boot" => Self::Boot,
            "seq" => Self::Seq,
            "by" => Self::By,
            "frames" => Self::Frames,
            "age" => Self::Age,
            "gap" => Self::Gap,
            "vis" => Self::Visibility,
            "gl" => Self::Gl,
            "state" => Self::State,
            "display" => Self::Display,
            "stall" => Self::Stall,
            "errs" => Self::Errors,
            "lasterr" => Self::LastError,
            "mem" => Self::Memory,
            _ => return None,
        })
    }
}

/// An amount of which "at least so much" is still true when it does not fit.
fn amount(text: &str) -> Option<u32> {
    number(text).map(|n| u32::try_from(n).unwrap_or(u32::MAX))
}

/// One line of 1 to 120 characters.
fn error_line(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let line_break = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let fits = !text.is_empty() && text.chars().nth(MAX_ERROR).is_none() && !text.contains(line_break);
    fits.then_some(text)
}

/// Writes the words that `state` may be.
#[derive(Clone, Copy)]
pub(super) struct DiagnosisWords;

impl fmt::Display for DiagnosisWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, diagnosis) in Diagnosis::ALL.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            f.write_str(diagnosis.word())?;
        }
        Ok(())
    }
}
