//! What is the matter and what to do, in the words of who speaks: where a program beats there is no page to reload, and
//! no browser to look for.
//!
//! One table from the words for a page ([`hb_core::verdict`]) to those for a program; what is not in it is true of both.
//! Not here: which state it is, and who speaks.

use hb_core::beat::{By, Cause, State};
use hb_core::verdict;

/// What is said of a page, and of a program instead.
#[rustfmt::skip]
const OF_PROGRAMS: &[(&str, &str)] = &[
    ("runs, but nobody can see the page", "runs, but nobody can see it"),
    ("look at the screen: another window lies over the page, or its tab is behind",
        "look at the screen: another window lies over it"),
    ("is silent; the last that it said was that its script is stuck", "is silent; the last that it said was that it is stuck"),
    ("look whether the machine is on and its browser runs; where it does, restart the browser",
        "look whether the machine is on and its program runs; where it does, restart the program"),
    ("reload the page; if it freezes again, look at the page's own errors",
        "restart the program; if it freezes again, look at what it says"),
    ("the picture is frozen: the page's script is stuck", "the picture is frozen: the program is stuck"),
    ("close a dialog that is open on the screen, else restart the browser: a page that is stuck cannot reload itself",
        "close a dialog that is open on the screen, else restart the program"),
    ("reload the page; if it happens often, look at the graphics driver, memory and heat",
        "restart the program; if it happens often, look at the graphics driver, memory and heat"),
    ("restart the browser; if that does not help, restart the machine: its graphics driver hangs",
        "restart the program; if that does not help, restart the machine: its graphics driver hangs"),
    ("look at the screen; if it always shows the same picture, reload the page",
        "look at the screen; if it always shows the same picture, restart the program"),
    ("look at what the page or the program says when it starts: it dies each time",
        "look at what the program says when it starts: it dies each time"),
    ("the page or its browser ended without a goodbye", "the program ended without a goodbye"),
    ("look whether the browser still runs, unless somebody is just restarting it",
        "look whether the program still runs, unless somebody is just restarting it"),
    ("the page or its browser ended and did not come back", "the program ended and did not come back"),
    ("start the browser again; look whether the machine is on", "start the program again; look whether the machine is on"),
    ("two pages answer to this name", "two answer to this name"),
    ("look whether the machine is on, its network cable is in, and its browser shows the page",
        "look whether the machine is on, its network cable is in, and its program runs"),
    ("look at the screen, then reload the page", "look at the screen, then restart the program"),
];

/// One sentence that a museum guard understands, of who beats `by`.
#[must_use]
pub fn sentence(state: State, cause: Cause, by: Option<By>) -> &'static str {
    of(verdict::sentence(state, cause), cause, by)
}

/// What a person can do about it; `None` where nothing is wrong.
#[must_use]
pub fn advice(state: State, cause: Cause, by: Option<By>) -> Option<&'static str> {
    verdict::advice(state, cause).map(|text| of(text, cause, by))
}

fn of(text: &'static str, cause: Cause, by: Option<By>) -> &'static str {
    // Who looks at a page's screen from outside speaks by a command line, too.
    let looks = by == Some(By::Cli) && matches!(cause, Cause::PictureStuck | Cause::DisplayOff);
    let program = matches!(by, Some(By::Native | By::Cli)) && !looks;
    let said = OF_PROGRAMS.iter().find(|(page, _)| program && *page == text);
    said.map_or(text, |(_, program)| program)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What nobody but a page or its browser says, and what was never heard of anybody.
    fn is_of_pages(state: State, cause: Cause) -> bool {
        matches!(cause, Cause::Frozen | Cause::Left | Cause::Unproven) || state == State::Missing
    }

    #[test]
    fn of_a_program_nothing_is_said_that_only_a_page_has() {
        let mut said = Vec::new();
        for &state in State::ALL {
            for &cause in Cause::ALL {
                let texts = |by| [Some(sentence(state, cause, by)), advice(state, cause, by)];
                said.extend(texts(None).into_iter().flatten());
                assert_eq!(texts(Some(By::Frame)), texts(None));
                if is_of_pages(state, cause) {
                    continue;
                }
                if matches!(cause, Cause::PictureStuck | Cause::DisplayOff) {
                    assert_eq!(texts(Some(By::Cli)), texts(None), "it is a page that is looked at");
                } else {
                    assert_eq!(texts(Some(By::Cli)), texts(Some(By::Native)));
                }
                for text in texts(Some(By::Native)).into_iter().flatten() {
                    let foreign = ["page", "browser", "script", "tab", "reload"];
                    assert!(
                        !text.split_whitespace().any(|word| foreign.contains(&word.trim_matches(','))),
                        "{text}"
                    );
                }
            }
        }
        for (page, program) in OF_PROGRAMS {
            assert!(said.contains(page), "nobody says: {page}");
            assert!(program.is_ascii() && !program.contains('|') && !program.ends_with('.'), "{program}");
        }
    }
}
