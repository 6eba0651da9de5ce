//! What a state with a cause is in words, for a museum's guard: what is the matter, and what one can do. One table for the
//! status line, API, dashboard, terminal and alerts; a page in another language translates what stands here.
//!
//! Without capital and stop, since both also stand in the middle of lines. Not here: which state and cause it is
//! ([`super::judge`]).

use crate::beat::{Cause, State};

/// A row: the state and the cause that it is for, where it is not for any; what is the matter; what to do.
struct Row(Option<State>, Option<Cause>, &'static str, &'static str);

use State::{Done, Down, Hidden, Late, Missing, Off, Reconnecting, Stalled, Starting, Unknown, Up};

const ANY: Option<Cause> = None;

/// The first row that fits is it.
#[rustfmt::skip]
const WORDS: &[Row] = &[
    Row(Some(Up),           ANY, "works", ""),
    Row(Some(Starting),     ANY, "is starting", ""),
    Row(Some(Done),         ANY, "was closed properly", ""),
    Row(Some(Off),          ANY, "the display is off", ""),
    Row(Some(Reconnecting), ANY, "went away a moment ago and is expected back", ""),
    Row(Some(Unknown),      ANY, "not heard since the server restarted",
        "wait: the server has just started, and has not heard it yet"),
    Row(Some(Missing),      ANY, "nothing that should be shown here is running",
        "look whether the machine is on and its browser shows the page"),
    Row(Some(Hidden), Some(Cause::Frozen), "runs, but the browser has frozen the page in the background",
        "bring the window to the front: the browser has put the page to sleep"),
    Row(Some(Hidden),       ANY, "runs, but nobody can see the page",
        "look at the screen: another window lies over the page, or its tab is behind"),
    Row(Some(Down), Some(Cause::NoFrames), "is silent; the last that it said was that its picture is frozen", WHEN_SILENT),
    Row(Some(Down), Some(Cause::MainBlocked), "is silent; the last that it said was that its script is stuck", WHEN_SILENT),
    Row(Some(Down), Some(Cause::ContextLost), "is silent; the last that it said was that its graphics context is lost", WHEN_SILENT),
    Row(Some(Down), Some(Cause::GpuStuck), "is silent; the last that it said was that the graphics processor is stuck", WHEN_SILENT),
    Row(Some(Down), Some(Cause::PictureStuck), "is silent; the last that it said was that its picture does not change", WHEN_SILENT),
    Row(None, Some(Cause::NoFrames), "the picture is frozen: nothing new is drawn",
        "reload the page; if it freezes again, look at the page's own errors"),
    Row(None, Some(Cause::MainBlocked), "the picture is frozen: the page's script is stuck",
        "close a dialog that is open on the screen, else restart the browser: a page that is stuck cannot reload itself"),
    Row(None, Some(Cause::ContextLost), "the picture is gone: the graphics context is lost",
        "reload the page; if it happens often, look at the graphics driver, memory and heat"),
    Row(None, Some(Cause::GpuStuck), "the picture is frozen: the graphics processor is stuck",
        "restart the browser; if that does not help, restart the machine: its graphics driver hangs"),
    Row(None, Some(Cause::PictureStuck), "the picture does not change",
        "look at the screen; if it always shows the same picture, reload the page"),
    Row(None, Some(Cause::Unproven), "somebody says that the picture is frozen",
        "look at the screen; nothing is repaired for this, as who says so is neither the page nor a program that hb knows"),
    Row(None, Some(Cause::CrashLoop), "crashes and starts again and again",
        "look at what the page or the program says when it starts: it dies each time"),
    Row(Some(Stalled), Some(Cause::ConnectionLost), "the page or its browser ended without a goodbye",
        "look whether the browser still runs, unless somebody is just restarting it"),
    Row(Some(Late), Some(Cause::ConnectionLost), "the page or its browser ended without a goodbye",
        "look whether the browser still runs, unless somebody is just restarting it"),
    Row(Some(Down), Some(Cause::ConnectionLost), "the page or its browser ended and did not come back",
        "start the browser again; look whether the machine is on"),
    Row(Some(Late), Some(Cause::Left), "went away, closed or for another page, and did not come back",
        "open the page again, unless somebody is just doing so"),
    Row(Some(Down), Some(Cause::Left), "went away, closed or for another page, and did not come back",
        "open the page again: somebody closed it, or went to another page"),
    Row(None, Some(Cause::Conflict), "two pages answer to this name",
        "close one of them, or give it another name or a slot"),
    Row(None, Some(Cause::DisplayOff), "the display is off", "switch the display on"),
    Row(Some(Late),         ANY, "has not been heard for longer than it promised",
        "wait: it may come back by itself; if it turns down, go there"),
    Row(Some(Down),         ANY, "is silent",
        "look whether the machine is on, its network cable is in, and its browser shows the page"),
    Row(Some(Stalled),      ANY, "the picture is frozen", "look at the screen, then reload the page"),
];

/// Of what was wrong nobody knows whether it still is.
const WHEN_SILENT: &str =
    "look whether the machine is on and its browser runs; where it does, restart the browser";

/// One sentence that a museum guard understands.
#[must_use]
pub fn sentence(state: State, cause: Cause) -> &'static str {
    row(state, cause).2
}

/// What a person can do about it; `None` where nothing is wrong.
#[must_use]
pub fn advice(state: State, cause: Cause) -> Option<&'static str> {
    Some(row(state, cause).3).filter(|advice| !advice.is_empty())
}

fn row(state: State, cause: Cause) -> &'static Row {
    let fits = |row: &&Row| row.0.is_none_or(|it| it == state) && row.1.is_none_or(|it| it == cause);
    WORDS.iter().find(fits).expect("each state has a row for any cause")
}

/// A cause in as few words as a column has, at most 18 characters; empty where the state says it all.
#[must_use]
pub const fn brief(cause: Cause) -> &'static str {
    match cause {
        Cause::None | Cause::Silence | Cause::Restart => "",
        Cause::NoFrames => "no new frames",
        Cause::MainBlocked => "script is stuck",
        Cause::ContextLost => "lost its graphics",
        Cause::GpuStuck => "graphics stuck",
        Cause::PictureStuck => "picture is still",
        Cause::Unproven => "frozen, some say",
        Cause::CrashLoop => "crashes in a loop",
        Cause::Frozen => "page is frozen",
        Cause::ConnectionLost => "ended unexpectedly",
        Cause::Left => "left, not back yet",
        Cause::Conflict => "two pages, 1 name",
        Cause::DisplayOff => "display is off",
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn every_state_and_cause_has_words_and_every_row_is_for_some() {
        let mut used = Vec::new();
        for &state in State::ALL {
            for &cause in Cause::ALL {
                let found = row(state, cause);
                used.push((found.0, found.1));
                for text in [found.2, found.3] {
                    assert!(text.is_ascii() && !text.contains(['|', '\n']) && !text.ends_with('.'), "{text}");
                    assert!(text.chars().next().is_none_or(char::is_lowercase), "{text}");
                }
                let fine = matches!(state, Up | Starting | Done | Off | Reconnecting);
                assert_eq!(advice(state, cause).is_none(), fine, "{state} {cause}");
                assert!(!sentence(state, cause).is_empty(), "{state} {cause}");
            }
        }
        assert!(WORDS.iter().all(|row| used.contains(&(row.0, row.1))), "a row that no facts reach");
    }

    #[test]
    fn every_cause_fits_into_a_column() {
        for &cause in Cause::ALL {
            assert!(brief(cause).chars().count() <= 18, "{cause}");
            let silent = matches!(cause, Cause::None | Cause::Silence | Cause::Restart);
            assert_eq!(brief(cause).is_empty(), silent, "{cause}");
        }
    }
}
