//! Plays one cell: sets the stage, breaks it, listens, mends it, and says what came out. Not here: what it means
//! ([`super::judge`]).

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::time::timeout;

use super::case::{Case, GRANTED, Kind, Mark, Step, Want, What};
use super::judge::{At, Found, Said, judge, noticed};
use super::record::{Line, Record};
use super::stage::{APP, BASELINE, Stage};
use crate::harness::PATIENCE;

/// What is seen too late is waited for still, so that the table says how late.
const AFTER_LIMIT: Duration = Duration::from_secs(4);
/// When the original's server warns, and as long again as a busy machine may be late.
const BASELINE_WAIT: Duration = Duration::from_millis(3 * GRANTED + 4000);
/// Until a mended page is up again.
const BACK: Duration = Duration::from_secs(20);
/// A false alarm needs a moment to come.
const SETTLE: Duration = Duration::from_millis(1500);

pub(crate) struct Outcome {
    pub(crate) found: Found,
    /// When the original's way was noticed to fail, ms after the fault, and as what.
    pub(crate) baseline: Option<(i64, String)>,
    /// Whether it was up again, where something mended it.
    pub(crate) back: bool,
    /// All that the server said of the page, for people.
    pub(crate) story: Vec<String>,
}

/// # Panics
/// Where the stage itself fails: a browser that does not start is no verdict about hb.
pub(crate) async fn play(case: &Case, kind: Kind, patient: bool) -> Outcome {
    let mut stage = Stage::set(case, kind).await;
    if case.warm {
        stage.open().await;
        // A page that draws on demand is up without a frame.
        let frames = u64::from(!case.query.contains("demand"));
        let works = |record: &Record| {
            record.state(APP) == "up" && record.frames(APP) >= frames && record.state(BASELINE) == "up"
        };
        assert!(stage.ear.until(PATIENCE, works).await, "the page never worked: {:?}", stage.ear.lines());
        stage.look(case);
        stage.ear.go_on(SETTLE).await;
    }
    let (mut fault, mut wall) = (Instant::now(), now());
    for step in case.harm {
        stage.act(*step).await;
        // How long a browser takes to load is none of hb's.
        match step {
            Step::Open => {
                wall = stage.born().await;
                fault = Instant::now() - Duration::from_millis(u64::try_from(now() - wall).unwrap_or(0));
            }
            Step::Beside => (fault, wall) = (Instant::now(), now()),
            _ => {}
        }
    }
    let links = follow(&stage, case, fault, wall).await;
    if !patient && matches!(case.want, Want::Seen(_)) {
        listen(&stage, fault).await;
    }
    let mut mended = None;
    let mut back = true;
    if let Some(steps) = case.mend {
        for step in steps {
            stage.act(*step).await;
        }
        mended = Some(since(fault, Instant::now()));
        back = stage.ear.until(BACK, |record| record.state(APP) == "up").await;
        stage.ear.go_on(SETTLE).await;
    }
    let asked = match case.want {
        // What the page said instead, where it could be asked.
        Want::Seen(marks)
            if links.len() < marks.iter().filter(|mark| matches!(mark.what, What::Link(_))).count() =>
        {
            Some("truth.links()")
        }
        _ => (!back).then_some("truth.says()"),
    };
    let says = match asked {
        Some(asked) => timeout(SETTLE, stage.driven.eval(asked)).await.ok(),
        None => None,
    };
    let says = says.map(|says| format!("the page says {says}"));
    let lines = stage.ear.lines();
    let said: Vec<_> = of(&lines, fault, |app| !app.ends_with("-interval")).collect();
    let baseline: Vec<_> = of(&lines, fault, |app| app == BASELINE).collect();
    Outcome {
        found: judge(case, &said, mended, &links),
        baseline: noticed(&baseline),
        back,
        story: said.iter().map(|at| format!("{} ms {:?}", at.ms, at.said)).chain(says).collect(),
    }
}

/// Waits for the marks; what links said is asked of the page.
async fn follow(stage: &Stage, case: &Case, fault: Instant, wall: i64) -> Vec<(&'static str, i64)> {
    let Want::Seen(marks) = case.want else {
        stage.ear.go_on(SETTLE).await;
        return Vec::new();
    };
    let limit = Duration::from_millis(marks.iter().map(|mark| mark.within).max().unwrap_or(0));
    let left = |end: Duration| end.saturating_sub(fault.elapsed());
    let mut links = Vec::new();
    for mark in marks {
        let What::Link(word) = mark.what else { continue };
        let asked = format!("truth.link('{word}')");
        let said = timeout(left(limit + AFTER_LIMIT).max(SETTLE), stage.driven.eval(&asked)).await;
        let at = said.ok().and_then(|said| said.as_str()?.parse::<i64>().ok());
        links.extend(at.map(|at| (word, at - wall)));
    }
    let wait = left(limit + AFTER_LIMIT);
    stage.ear.until(wait, |record| marks.iter().all(|mark| is_seen(mark, record, fault))).await;
    links
}

/// Waits for what the original's way says. A page that is gone or has hung tells the original's server nothing either.
async fn listen(stage: &Stage, fault: Instant) {
    let alarmed = |record: &Record| {
        let said: Vec<_> = of(&record.lines, fault, |app| app == BASELINE).collect();
        noticed(&said).is_some()
    };
    stage.ear.until(BASELINE_WAIT.saturating_sub(fault.elapsed()), alarmed).await;
}

fn is_seen(mark: &Mark, record: &Record, fault: Instant) -> bool {
    of(&record.lines, fault, |app| app == APP).any(|At { ms, said }| {
        ms >= 0
            && match (mark.what, said) {
                (What::State(wanted, _), Said::State { state, .. }) => state == wanted,
                (What::Event(wanted), Said::Event(kind)) => kind == wanted,
                (What::Link(_), _) => true,
                _ => false,
            }
    })
}

fn of<'a>(lines: &'a [Line], fault: Instant, app: impl Fn(&str) -> bool) -> impl Iterator<Item = At<'a>> {
    let lines = lines.iter().filter(move |line| app(&line.app));
    lines.map(move |line| At { ms: since(fault, line.at), said: &line.said })
}

/// ms from `fault` to `at`, which may lie before it.
fn since(fault: Instant, at: Instant) -> i64 {
    let ms = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    at.checked_duration_since(fault).map_or_else(|| -ms(fault.duration_since(at)), ms)
}

/// The wall clock, as pages tell it.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
