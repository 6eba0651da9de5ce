//! Is the clock right, as far as a machine can know: not before what was written, not far from the server's, not set while we
//! looked, and kept by somebody?
//!
//! The judge of screens goes by another clock, which nobody sets; by this one go hours, mutes and the ends of tokens. Not here:
//! the time zone (`configuration`).

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;

use super::finding::Finding;
use super::ground::Ground;
use super::program;

const CHECK: &str = "clock";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Two machines that are kept are nearer than this, whatever the network takes.
const APART: Duration = Duration::from_secs(5);
/// Hours and the ends of tokens are visibly wrong.
const FAR: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_secs(1);

/// What is known of the clock; times since 1970.
#[derive(Clone, Copy, Debug)]
struct Facts {
    now: Duration,
    /// The latest moment at which something was written: it was then, or later.
    written: Duration,
    server: Option<Duration>,
    step: Duration,
    kept: Kept,
}

/// Whether somebody sets it by the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Yes,
    No,
    Unknown,
}

pub(super) fn check(ground: &Ground) -> Vec<Finding> {
    let since_1970 = |path: &Path| path.metadata().ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok();
    let binary = std::env::current_exe().ok().and_then(|path| since_1970(&path));
    let folder = ground.config.as_ref().ok().and_then(|config| config.state.clone());
    let memory = folder.and_then(|folder| since_1970(&folder.join("hb.db")));
    let server = ground.health.as_ref().ok().and_then(|health| health.at);
    let server = server.and_then(|at| u64::try_from(at.0.as_millisecond()).ok()).map(Duration::from_millis);
    judge(Facts {
        now: ground.now,
        written: binary.max(memory).unwrap_or_default(),
        server: server.filter(|_| !ground.is_here),
        step: ground.step,
        kept: kept(),
    })
}

fn judge(Facts { now, written, server, step, kept }: Facts) -> Vec<Finding> {
    let shows = shown(now);
    if now + DAY < written {
        let says = format!("it shows {shows}, and files were written at {}", shown(written));
        return vec![Finding::wrong(
            CHECK,
            says,
            "set it (timedatectl set-time), or let the network: timedatectl set-ntp true",
        )];
    }
    let mut found = Vec::new();
    let apart = server.map(|server| server.abs_diff(now)).filter(|apart| *apart > APART);
    found.extend(apart.map(|apart| {
        let says = format!("it is {} s from the server's", apart.as_secs());
        let advice = "let the network set both: timedatectl set-ntp true";
        if apart > FAR { Finding::wrong(CHECK, says, advice) } else { Finding::doubt(CHECK, says, advice) }
    }));
    if step > STEP {
        found.push(Finding::doubt(
            CHECK,
            format!("it was set by {} s while it was looked at", step.as_secs()),
            "screens are judged by a clock that nobody sets; but find out who sets this one, and why so far",
        ));
    }
    found.extend((kept == Kept::No).then(|| {
        Finding::doubt(
            CHECK,
            format!("it shows {shows}, and nobody sets it by the network"),
            "timedatectl set-ntp true; on Windows: w32tm /resync. Else it drifts, and hours with it",
        )
    }));
    if found.is_empty() {
        let who = if kept == Kept::Yes { ", set by the network" } else { "; who sets it is not known" };
        found.push(Finding::fine(CHECK, format!("it shows {shows}{who}")));
    }
    found
}

fn shown(moment: Duration) -> String {
    let seconds = i64::try_from(moment.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| "a time beyond the calendar".into(), |at| at.to_string())
}

/// systemd knows of its own and of any other keeper by the kernel; chrony says it where there is no systemd.
fn kept() -> Kept {
    if Path::new("/run/systemd/timesync/synchronized").exists() {
        return Kept::Yes;
    }
    match program::says("timedatectl", &["show", "--property=NTPSynchronized", "--value"])
        .as_deref()
        .map(str::trim)
    {
        Some("yes") => return Kept::Yes,
        Some("no") => return Kept::No,
        _ => {}
    }
    match program::says("chronyc", &["-n", "tracking"]) {
        Some(text) if text.contains("Not synchronised") => Kept::No,
        Some(_) => Kept::Yes,
        None => Kept::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd::doctor::finding::Level::{Doubt, Fine, Wrong};

    #[test]
    fn verdicts() {
        let now = Duration::from_secs(1_795_000_000);
        let seconds = Duration::from_secs;
        let well = Facts { now, written: now, server: None, step: Duration::ZERO, kept: Kept::Yes };
        for (facts, levels) in [
            (well, &[Fine][..]),
            (Facts { kept: Kept::Unknown, ..well }, &[Fine]),
            (Facts { kept: Kept::No, ..well }, &[Doubt]),
            (Facts { now: seconds(86_400), ..well }, &[Wrong]),
            (Facts { server: Some(now + seconds(3)), ..well }, &[Fine]),
            (Facts { server: Some(now - seconds(30)), ..well }, &[Doubt]),
            (Facts { server: Some(now + seconds(3600)), kept: Kept::No, ..well }, &[Wrong, Doubt]),
            (Facts { step: seconds(7), ..well }, &[Doubt]),
            // Written a moment ago, on a disk whose time is a little ahead.
            (Facts { written: now + seconds(60), ..well }, &[Fine]),
        ] {
            let found = judge(facts);
            assert_eq!(
                found.iter().map(|finding| finding.level).collect::<Vec<_>>(),
                levels,
                "{facts:?}: {found:?}"
            );
        }
    }
}
