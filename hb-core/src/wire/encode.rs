//! The command line's side: a request to its query, as [`parse`](super::parse) reads it back.
//!
//! Not here: the page's, which spells fewer parts in fewer bytes (hb-wasm's `vitals`). Each of the two has its own table of
//! names, and its own test that holds it against the reader's.

use alloc::string::String;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Request;

/// All but what `encodeURIComponent` leaves alone (without its quotes and brackets, which shells and logs dislike).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

impl Request<'_> {
    /// Appends the query that [`parse`](super::parse) reads back as this request, without the question mark.
    ///
    /// The count of malformed parts is not sent.
    ///
    /// ```
    /// use hb_core::{beat::Verb, wire};
    ///
    /// let request = wire::parse(Verb::Ping, "5000&appid=Space+Invaders&by=cli").unwrap();
    /// let mut query = String::new();
    /// request.encode(&mut query);
    /// assert_eq!(query, "5000&appid=Space%20Invaders&by=cli");
    /// ```
    pub fn encode(&self, out: &mut String) {
        let vitals = &self.beat.vitals;
        out.push_str(itoa::Buffer::new().format(self.beat.promise.as_millis()));
        text(out, "&appid=", Some(&self.app));
        text(out, "&host=", self.host.as_deref());
        text(out, "&slot=", self.slot.as_deref());
        number(out, "&v=", vitals.version.map(u64::from));
        text(out, "&boot=", vitals.boot.as_ref().map(crate::id::Boot::as_str));
        number(out, "&seq=", vitals.seq.map(u64::from));
        text(out, "&by=", vitals.by.map(crate::beat::By::word));
        number(out, "&frames=", vitals.frames);
        number(out, "&age=", vitals.age.map(u64::from));
        number(out, "&gap=", vitals.gap.map(u64::from));
        text(out, "&vis=", vitals.visibility.map(crate::beat::Visibility::word));
        text(out, "&gl=", vitals.gl.map(crate::beat::Gl::word));
        text(out, "&state=", vitals.diagnosis.map(crate::beat::Diagnosis::word));
        text(out, "&display=", vitals.display.map(crate::beat::Display::word));
        number(out, "&stall=", vitals.stall.map(u64::from));
        number(out, "&errs=", vitals.errors.map(u64::from));
        text(out, "&lasterr=", self.beat.last_error.as_deref());
        number(out, "&mem=", vitals.memory.map(u64::from));
    }
}

/// Appends `key` to a query, as [`key`](super::key) finds it.
pub fn push_key(out: &mut String, key: &str) {
    text(out, "&key=", Some(key));
}

fn number(out: &mut String, name: &str, value: Option<u64>) {
    if let Some(value) = value {
        out.push_str(name);
        out.push_str(itoa::Buffer::new().format(value));
    }
}

fn text(out: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        out.push_str(name);
        out.extend(utf8_percent_encode(value, ESCAPED));
    }
}
