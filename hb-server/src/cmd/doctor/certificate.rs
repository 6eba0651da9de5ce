//! Can the server's certificate and key be read, do they belong together, and until when are they good?
//!
//! Not here: reading them (`hb_server::tls`).

use std::time::Duration;

use hb_server::tls::Files;
use jiff::Timestamp;

use super::finding::Finding;
use super::ground::Ground;

const CHECK: &str = "certificate";
const DAY: u64 = 24 * 60 * 60;
/// Who renews by itself has done so by then.
const SOON: u64 = 14;

pub(super) fn check(ground: &Ground) -> Vec<Finding> {
    let files = ground.config.as_ref().ok().and_then(|config| config.tls.as_ref());
    let read = |files: &Files| files.good_until().map_err(|why| why.to_string());
    let name = |files: &Files| files.certificate.display().to_string();
    vec![judge(files.map(|files| (name(files), read(files))), ground.now)]
}

fn judge(files: Option<(String, Result<Option<Duration>, String>)>, now: Duration) -> Finding {
    let Some((name, read)) = files else {
        return Finding::fine(CHECK, "none: the server speaks plain HTTP");
    };
    let until = match read {
        Err(why) => {
            return Finding::wrong(
                CHECK,
                why,
                "let the user that runs hb read both files; docs/operating.md, TLS, makes a pair",
            );
        }
        Ok(None) => {
            return Finding::doubt(
                CHECK,
                format!("until when {name} is good cannot be said"),
                "look at it: openssl x509 -noout -text -in FILE",
            );
        }
        Ok(Some(until)) => until,
    };
    let date = Timestamp::from_second(i64::try_from(until.as_secs()).unwrap_or(i64::MAX));
    let date =
        date.map_or_else(|_| "the end of the calendar".into(), |at| at.strftime("%Y-%m-%d").to_string());
    let days = until.saturating_sub(now).as_secs() / DAY;
    let advice = "renew it: hb takes a new pair of files within a second, without a restart";
    match days {
        _ if until <= now => Finding::wrong(
            CHECK,
            format!("{name} ended on {date}: no browser speaks with the server"),
            advice,
        ),
        days @ ..SOON => Finding::doubt(CHECK, format!("{name} ends on {date}, in {days} days"), advice),
        _ => Finding::fine(CHECK, format!("{name} is good until {date}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd::doctor::finding::Level::{self, Doubt, Fine, Wrong};

    #[test]
    fn verdicts() {
        let now = Duration::from_secs(1_795_000_000);
        let days = |days: u64| Duration::from_secs(days * DAY);
        let file = |read| Some(("cert.pem".to_owned(), read));
        let table: [(_, Level, &str); 6] = [
            (None, Fine, "plain HTTP"),
            (file(Ok(Some(now + days(90)))), Fine, "is good until 2027-02"),
            (file(Ok(Some(now + days(3)))), Doubt, "in 3 days"),
            (file(Ok(Some(now - days(1)))), Wrong, "ended on 2026-11"),
            (file(Ok(None)), Doubt, "cannot be said"),
            (file(Err("no pair".into())), Wrong, "no pair"),
        ];
        for (files, level, part) in table {
            let found = judge(files, now);
            assert!(found.level == level && found.says.contains(part), "{found:?}");
        }
    }
}
