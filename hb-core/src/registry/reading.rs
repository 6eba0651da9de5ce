//! The last vitals of a session, packed: a million apps have one each.
//!
//! Absent numbers are the largest value of their type; whoever says that much or more is taken to say one less.

use crate::beat::{By, Diagnosis, Display, Gl, Visibility, Vitals};
use crate::id::Boot;

/// Packed vitals; 40 bytes where [`Vitals`] takes 112.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    frames: u64,
    age: u32,
    gap: u32,
    stall: u32,
    errors: u32,
    memory: u32,
    version: u8,
    by: Option<By>,
    visibility: Option<Visibility>,
    gl: Option<Gl>,
    diagnosis: Option<Diagnosis>,
    display: Option<Display>,
    /// Where the last word came from; here, as here is room for it.
    pub(super) place: u32,
}

const NONE: u32 = u32::MAX;

fn packed(said: Option<u32>) -> u32 {
    said.map_or(NONE, |said| said.min(NONE - 1))
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            frames: u64::MAX,
            age: NONE,
            gap: NONE,
            stall: NONE,
            errors: NONE,
            memory: NONE,
            version: u8::MAX,
            by: None,
            visibility: None,
            gl: None,
            diagnosis: None,
            display: None,
            place: 0,
        }
    }
}

impl Reading {
    /// Takes what a beat says. What it says about now (diagnosis, visibility, frames and their age) replaces the former
    /// even by silence; the rest stays known until it is said anew. Of the display no page of a browser knows.
    pub(super) fn absorb(&mut self, said: &Vitals, program: bool) {
        fn keep(known: &mut u32, said: Option<u32>) {
            if let Some(said) = said {
                *known = packed(Some(said));
            }
        }
        keep(&mut self.stall, said.stall);
        keep(&mut self.errors, said.errors);
        keep(&mut self.memory, said.memory);
        self.age = packed(said.age);
        self.gap = packed(said.gap);
        self.absorb_facts(said);
        self.by = said.by.or(self.by);
        self.gl = said.gl.or(self.gl);
        self.display = said.display.filter(|_| program).or(self.display);
        self.visibility = said.visibility;
        self.diagnosis = said.diagnosis;
    }

    /// Takes only what no verdict rests on, and how the client paces itself.
    pub(super) fn absorb_facts(&mut self, said: &Vitals) {
        // A count that is not of the last beat would make a rate over the wrong span.
        self.frames = said.frames.map_or(u64::MAX, |frames| frames.min(u64::MAX - 1));
        self.version = said.version.unwrap_or(self.version);
    }

    /// The vitals, unpacked.
    pub(super) fn vitals(&self, boot: Option<Boot>, seq: u32) -> Vitals {
        let known = |value: u32| (value != NONE).then_some(value);
        Vitals {
            version: (self.version != u8::MAX).then_some(self.version),
            boot,
            seq: (seq != 0).then_some(seq),
            by: self.by,
            frames: self.frames(),
            age: known(self.age),
            gap: known(self.gap),
            visibility: self.visibility,
            gl: self.gl,
            diagnosis: self.diagnosis,
            display: self.display,
            stall: known(self.stall),
            errors: known(self.errors),
            memory: known(self.memory),
        }
    }

    pub(super) fn frames(&self) -> Option<u64> {
        (self.frames != u64::MAX).then_some(self.frames)
    }

    /// Milliseconds since the last frame, at the moment of sending.
    pub(super) fn age(&self) -> Option<u32> {
        (self.age != NONE).then_some(self.age)
    }

    /// The client's `stallAfter`, ms.
    pub(super) fn stall(&self) -> Option<u32> {
        (self.stall != NONE).then_some(self.stall)
    }

    pub(super) fn diagnosis(&self) -> Option<Diagnosis> {
        self.diagnosis
    }

    pub(super) fn display(&self) -> Option<Display> {
        self.display
    }

    pub(super) fn visibility(&self) -> Option<Visibility> {
        self.visibility
    }

    /// Whether the client paces itself by its own promise rather than by the time granted.
    pub(super) fn is_prompt(&self) -> bool {
        (1..u8::MAX).contains(&self.version)
    }
}
