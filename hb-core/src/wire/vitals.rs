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
        let Some(index) = NAMES.iter().position(|known| *known == name) else { return };
        let bit = 1 << index;
        if self.seen & bit != 0 {
            return;
        }
        self.seen |= bit;
        if name == "state" {
            self.state = Some(raw);
        }
        let understood = decode(raw).and_then(|value| self.take(name, value));
        if understood.is_none() {
            self.malformed = self.malformed.saturating_add(1);
        }
    }

    /// Stores one value under its name; `None` if the value is none of that name's.
    fn take(&mut self, name: &str, value: Cow<'q, str>) -> Option<()> {
        let vitals = &mut self.vitals;
        match name {
            "v" => vitals.version = Some(u8::try_from(number(&value)?).ok().filter(|v| *v > 0)?),
            "boot" => vitals.boot = Some(Boot::new(&value)?),
            "seq" => vitals.seq = Some(u32::try_from(number(&value)?).ok().filter(|seq| *seq > 0)?),
            "by" => vitals.by = Some(By::from_word(&value)?),
            "frames" => vitals.frames = Some(number(&value)?),
            "age" => vitals.age = Some(amount(&value)?),
            "gap" => vitals.gap = Some(amount(&value)?),
            "vis" => vitals.visibility = Some(Visibility::from_word(&value)?),
            "gl" => vitals.gl = Some(Gl::from_word(&value)?),
            "state" => vitals.diagnosis = Some(Diagnosis::from_word(&value)?),
            "display" => vitals.display = Some(Display::from_word(&value)?),
            "stall" => vitals.stall = Some(amount(&value)?),
            "errs" => vitals.errors = Some(amount(&value)?),
            "mem" => vitals.memory = Some(amount(&value)?),
            "lasterr" => self.last_error = Some(error_line(value)?),
            _ => {}
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

/// The vitals by name. A bit of [`Reader::seen`] stands for each, so at most 32.
pub(super) const NAMES: [&str; 15] = [
    "v", "boot", "seq", "by", "frames", "age", "gap", "vis", "gl", "state", "display", "stall", "errs",
    "lasterr", "mem",
];

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
