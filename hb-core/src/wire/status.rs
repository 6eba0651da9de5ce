//! The answer to `status`: one line in the grammar of Nagios plugins, and the exit code that belongs to it.
//!
//! Byte for byte the reference server's where it has a word for it; what it has no word for (a frozen picture, a hidden
//! page) is said in its grammar. All arithmetic is on integers: thresholds are decided on the exact ratio, the two
//! decimals that are shown round as Python's `%.2f` does. Not here: what is true of an app, and which code that has
//! ([`crate::verdict`]); both are passed in.

use alloc::string::String;
use core::fmt::{self, Display, Write};
use core::time::Duration;

use hb_lease::time::Time;

use crate::beat::{Cause, State};
use crate::detect::{Detector, Ratio, Suspicion};
use crate::id::seen;
use crate::verdict;

pub use crate::verdict::Nagios;

/// How long an app has been silent against what was granted. Durations count in whole ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Since the last beat.
    pub since: Duration,
    /// The granted time in force.
    pub granted: Duration,
}

impl Silence {
    /// How silent that is by `thresholds`, decided exactly.
    fn suspicion(self, thresholds: Ratio) -> Suspicion {
        thresholds.suspect(Time::ZERO, self.granted, Time::ZERO + self.since).0
    }

    /// The overdue ratio in hundredths, rounded half to even as `%.2f` rounds.
    #[must_use]
    pub const fn hundredths(self) -> u128 {
        let (scaled, granted) = (self.since.as_millis() * 100, self.granted_millis());
        let (whole, rest) = (scaled / granted, scaled % granted);
        let up = rest * 2 > granted || (rest * 2 == granted && whole % 2 == 1);
        whole + up as u128
    }

    /// Never zero, so that nothing divides by it: a configured tolerance of 0 may grant 0.
    const fn granted_millis(self) -> u128 {
        let millis = self.granted.as_millis();
        if millis == 0 { 1 } else { millis }
    }
}

/// One answer: the line, without a newline at its end, and the verdict in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What a plugin exits with.
    pub nagios: Nagios,
    /// The text.
    pub text: String,
}

/// What is believed about the app of a [`judged`] line.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'a> {
    /// The state in force.
    pub state: State,
    /// What monitoring is told about it.
    pub nagios: Nagios,
    /// Why.
    pub cause: Cause,
    /// The sentence for people; empty for none. Shown where the state's own words do not say it all.
    pub sentence: &'a str,
    /// Muted, and no incident open from before: the line says OK and the true state.
    pub maintenance: bool,
}

/// The line under the policy `hilbert`: by the overdue ratio alone.
///
/// ```
/// use core::time::Duration;
/// use hb_core::detect::Ratio;
/// use hb_core::wire::status::{Silence, by_silence};
///
/// let silence = Silence { since: Duration::from_millis(10_916), granted: Duration::from_millis(2_850) };
/// let line = by_silence("x @ 127.0.0.1", silence, Ratio::HILBERT);
/// assert_eq!(line.text, "WARNING - somewhat late application [x @ 127.0.0.1]| od=3.83;3;5;0;6 delay=2850ms;;; ");
/// ```
pub fn by_silence(label: impl Display, silence: Silence, thresholds: Ratio) -> Line {
    let Some(state) = verdict::by_silence(silence.suspicion(thresholds)) else { return no_record(label) };
    let nagios = Nagios::of(state, Duration::ZERO);
    let verdict = Verdict { state, nagios, cause: Cause::None, sentence: "", maintenance: false };
    judged(label, verdict, silence, thresholds)
}

/// The line under `auto` and `strict`: the state in force, in Hilbert's grammar.
pub fn judged(label: impl Display, verdict: Verdict<'_>, silence: Silence, thresholds: Ratio) -> Line {
    let Verdict { state, nagios, cause, sentence, maintenance } = verdict;
    let nagios = if maintenance { Nagios::Ok } else { nagios };
    let words = if maintenance { "maintenance" } else { words(state) };
    let mut text = String::new();
    write(&mut text, format_args!("{} - {words} [{}]", nagios.word(), Escaped(&label, false)));
    if maintenance {
        write(&mut text, format_args!(": {state}"));
    }
    // The reference server's own three lines stay as they are, unless there is more to say than silence.
    let plain = matches!(state, State::Up | State::Starting | State::Late | State::Down)
        && matches!(cause, Cause::None | Cause::Silence);
    if !sentence.is_empty() && !plain {
        write(&mut text, format_args!(": {}", Escaped(&sentence, false)));
    }
    write(&mut text, format_args!("| {}", Perfdata { silence, thresholds }));
    Line { nagios, text }
}

/// The line for an app that is not tracked.
pub fn no_record(label: impl Display) -> Line {
    let mut text = String::new();
    write(
        &mut text,
        format_args!("CRITICAL - no application record for queried ID: [{}]", Escaped(&label, false)),
    );
    Line { nagios: Nagios::Critical, text }
}

/// The line when all are meant and there is none.
#[must_use]
pub fn nobody() -> Line {
    Line { nagios: Nagios::Unknown, text: "UNKNOWN - no heartbeat clients at the moment...".into() }
}

/// The line when all are meant and there are several. Commas in a name are escaped, so that it cannot pose as two.
pub fn several(labels: impl IntoIterator<Item: Display>) -> Line {
    let (mut names, mut count) = (String::new(), 0_usize);
    for label in labels {
        let comma = if count == 0 { "" } else { "," };
        write(&mut names, format_args!("{comma}{}", Escaped(&label, true)));
        count += 1;
    }
    let mut text = String::new();
    write(&mut text, format_args!("WARNING - multiple ({count}) applications: [{names}]"));
    Line { nagios: Nagios::Warning, text }
}

/// Text as it may stand in a line: `|`, which would begin the perfdata, and what is not [`seen`] percent-encoded.
///
/// ```
/// assert_eq!(hb_core::wire::status::escaped("a|b\n"), "a%7Cb%0A");
/// ```
pub fn escaped(text: impl Display) -> String {
    let mut out = String::new();
    write(&mut out, format_args!("{}", Escaped(&text, false)));
    out
}

/// What stands between code and name. The first three are the reference server's.
const fn words(state: State) -> &'static str {
    match state {
        State::Up | State::Starting => "fine application",
        State::Late => "somewhat late application",
        State::Down => "quite late application",
        State::Missing => "missing application",
        State::Stalled => "stalled application",
        State::Hidden => "hidden application",
        State::Unknown => "not heard since restart",
        State::Reconnecting => "reconnecting application",
        State::Off => "display off",
        State::Done => "finished application",
    }
}

/// `od=…;late;down;0;dropped delay=…ms;;; `, with the reference server's blank at the end.
struct Perfdata {
    silence: Silence,
    thresholds: Ratio,
}

impl Display for Perfdata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { silence, thresholds: Ratio { late, down, dropped } } = *self;
        let od = silence.hundredths();
        write!(f, "od={}.{:02};{late};{down};0;", od / 100, od % 100)?;
        if let Some(dropped) = dropped {
            write!(f, "{dropped}")?;
        }
        write!(f, " delay={}ms;;; ", silence.granted.as_millis())
    }
}

/// Text in which `|`, that begins the perfdata, and what is not [`seen`] stand percent-encoded; on demand commas too.
struct Escaped<'a, T>(&'a T, bool);

impl<T: Display> Display for Escaped<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Escape<'a, 'f>(&'a mut fmt::Formatter<'f>, bool);
        impl Write for Escape<'_, '_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                for (c, seen) in seen(text) {
                    if seen && c != '|' && (c != ',' || !self.1) {
                        self.0.write_char(c)?;
                        continue;
                    }
                    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                        write!(self.0, "%{byte:02X}")?;
                    }
                }
                Ok(())
            }
        }
        write!(Escape(f, self.1), "{}", self.0)
    }
}

fn write(out: &mut String, text: fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a String takes all that is written");
}

#[cfg(test)]
mod tests;
