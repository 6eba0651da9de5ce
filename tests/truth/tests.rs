//! The judge of the matrix, told stories, and its tables. They are tested with the end-to-end tests: `cargo xtask truth` itself runs no tests.

use std::collections::BTreeSet;
use std::time::Duration;

use super::case::{CASE, Case, Want, link, state};
use super::cases;
use super::judge::{At, Found, Said, Seen, judge};
use super::limit::within;
use super::table::{Rows, Run, rows, written};

const PAGE: &str = include_str!("../../docs/truth.md");

fn line(state: &str, cause: &str) -> Said {
    Said::State { state: state.to_owned(), cause: cause.to_owned() }
}

fn judged(case: &Case, mended: Option<i64>, story: &[(i64, &str, &str)]) -> Found {
    let lines: Vec<_> = story.iter().map(|&(ms, state, cause)| (ms, line(state, cause))).collect();
    let said: Vec<_> = lines.iter().map(|(ms, said)| At { ms: *ms, said }).collect();
    judge(case, &said, mended, &[])
}

fn seen(ms: i64, words: &str) -> Option<Seen> {
    Some(Seen { ms, words: words.to_owned() })
}

const STILL: Case = Case { want: Want::Seen(&[state("stalled", "no-frames", 3000)]), ..CASE };

#[test]
fn a_fault_that_is_named_is_seen_when_it_was() {
    let found = judged(
        &STILL,
        Some(5000),
        &[(-900, "up", "none"), (2100, "stalled", "no-frames"), (5200, "up", "none")],
    );
    assert_eq!(found, Found { marks: vec![seen(2100, "stalled: no-frames")], ..Found::default() });
}

#[test]
fn an_alarm_by_another_name_is_wrong_and_a_worse_one_by_the_same_is_not() {
    let found = judged(
        &STILL,
        None,
        &[(2000, "late", "silence"), (2100, "stalled", "no-frames"), (9000, "down", "no-frames")],
    );
    assert_eq!(found.wrong, ["late/silence at 2000 ms"]);
    assert_eq!(found.false_alarms, [""; 0]);
}

#[test]
fn an_alarm_before_the_fault_or_after_the_return_is_false() {
    let story = [
        (-5, "late", "silence"),
        (2100, "stalled", "no-frames"),
        (5200, "up", "none"),
        (5900, "stalled", "no-frames"),
    ];
    let found = judged(&STILL, Some(5000), &story);
    assert_eq!(found.false_alarms, ["late/silence at -5 ms", "stalled/no-frames at 5900 ms"]);
}

#[test]
fn whatever_is_said_of_a_healthy_page_is_false() {
    let found =
        judged(&CASE, None, &[(10, "reconnecting", "none"), (400, "up", "none"), (700, "hidden", "none")]);
    assert_eq!(found.false_alarms, ["hidden/none at 700 ms"]);
}

#[test]
fn marks_are_seen_in_their_order() {
    const DIED: Case = Case {
        want: Want::Seen(&[state("reconnecting", "", 100), state("late", "left|connection-lost", 3000)]),
        ..CASE
    };
    let found = judged(&DIED, None, &[(30, "reconnecting", "none"), (2030, "late", "left")]);
    // What was said of what was wanted.
    assert_eq!(found.marks, [seen(30, "reconnecting"), seen(2030, "late: left")]);
    let found = judged(&DIED, None, &[(2030, "late", "silence")]);
    assert_eq!(found.marks, [None, None]);
}

#[test]
fn what_a_page_said_of_its_link_before_the_fault_is_no_answer_to_it() {
    const KILLED: Case = Case { want: Want::Seen(&[link("offline", 1500)]), ..CASE };
    assert_eq!(judge(&KILLED, &[], None, &[("offline", -20)]).marks, [None]);
    assert_eq!(judge(&KILLED, &[], None, &[("offline", 300)]).marks, [seen(300, "the page itself: offline")]);
}

#[test]
fn each_case_has_its_row_in_the_document_and_each_row_its_case() {
    let cells = cases::all().flat_map(|case| case.browsers.iter().map(move |kind| (kind.word(), case.name)));
    let cells: BTreeSet<_> = cells.map(|(browser, fault)| (browser.to_owned(), fault.to_owned())).collect();
    let shown: BTreeSet<_> = rows(PAGE).into_keys().collect();
    assert_eq!(
        cells.difference(&shown).collect::<Vec<_>>(),
        Vec::<&(String, String)>::new(),
        "without a row"
    );
    assert_eq!(
        shown.difference(&cells).collect::<Vec<_>>(),
        Vec::<&(String, String)>::new(),
        "without a case"
    );
}

/// A document in which all that people wrote and the first two rows of Chromium stand.
fn page() -> String {
    let [killed, crashed] = ["browser killed (SIGKILL)", "renderer crashes"];
    format!(
        "# People\n\nMeasured then.\n\n## chromium\n\n| fault | x |\n| {killed} | held |\n| {crashed} | held |\n"
    )
}

fn played(fault: &str) -> Rows {
    Rows::from([(("chromium".to_owned(), fault.to_owned()), format!("| {fault} | anew |"))])
}

#[test]
fn a_part_of_the_cells_replaces_its_own_rows_and_nothing_else() {
    let page = written(&page(), Run::Part("a day"), played("renderer crashes"));
    assert!(page.starts_with("# People\n\nMeasured then.\n\n## chromium\n"), "{page}");
    assert!(page.contains("| browser killed (SIGKILL) | held |\n"), "{page}");
    let apart = "| renderer crashes | anew, in a run of its own on a day |\n";
    assert!(page.contains(apart), "{page}");
    let again = written(&page, Run::Part("a day"), played("renderer crashes"));
    assert_eq!(again, page);
    // The next whole run did not play it.
    let next = written(&page, Run::Whole("on a day."), played("browser killed (SIGKILL)"));
    assert!(next.contains(apart), "{next}");
}

#[test]
fn a_whole_run_says_of_rows_that_it_left_that_they_are_older_and_says_so_once() {
    let first = written(&page(), Run::Whole("now."), played("renderer crashes"));
    let second = written(&first, Run::Whole("later."), played("renderer crashes"));
    assert!(second.starts_with("# People\n\nMeasured later.\n"), "{second}");
    assert!(second.contains("| browser killed (SIGKILL) | held, in an earlier run |\n"), "{second}");
    assert!(second.contains("| renderer crashes | anew |\n"), "{second}");
}

#[tokio::test]
async fn a_cell_that_hangs_or_fails_takes_no_other_along_and_says_so() {
    let soon = Duration::from_millis(10);
    assert_eq!(within(soon, std::future::pending::<()>()).await, Err("not over after 0 s".into()));
    assert_eq!(within(soon, async { 5 }).await, Ok(5));
    let fails = async move { assert!(soon.is_zero(), "the page never worked") };
    assert_eq!(within(soon, fails).await, Err("the page never worked".into()));
}
