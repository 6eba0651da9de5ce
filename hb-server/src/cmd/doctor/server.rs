//! Does `hb serve` answer, is it well, and is it of our version?
//!
//! Not here: who else may have its port (`port`).

use super::finding::Finding;
use super::ground::{Ground, Health};

const CHECK: &str = "server";

pub(super) fn check(ground: &Ground) -> Vec<Finding> {
    judge(
        &ground.address,
        ground.is_here,
        ground.health.as_ref().map_err(String::as_str),
        env!("CARGO_PKG_VERSION"),
    )
}

fn judge(address: &str, is_here: bool, health: Result<&Health, &str>, ours: &str) -> Vec<Finding> {
    let health = match health {
        Ok(health) => health,
        Err(why) if is_here => {
            let advice = "start it: hb serve, or systemctl start hb; what it says when it ends says why";
            return vec![Finding::wrong(CHECK, why, advice)];
        }
        Err(why) => {
            let advice =
                "look whether it runs there (hb doctor on that machine), and whether a firewall lies between";
            return vec![Finding::wrong(CHECK, why, advice)];
        }
    };
    let mut found = Vec::new();
    let screens = if health.apps == 1 { "1 screen".into() } else { format!("{} screens", health.apps) };
    let version = health.version.as_deref();
    found.push(match version {
        Some(theirs) if theirs != ours => Finding::doubt(
            CHECK,
            format!("{address} answers, of version {theirs}; this hb is {ours}"),
            "install the same version everywhere, and start the server again",
        ),
        _ => Finding::fine(
            CHECK,
            format!("{address} answers, version {}, {screens}", version.unwrap_or("not said")),
        ),
    });
    if health.status != "ok" {
        found.push(Finding::wrong(
            CHECK,
            format!("it says of itself: {}", health.status),
            "the machine has too much to do, or was asleep: look at its load (top), and at the log of hb",
        ));
    }
    if let Some(trouble) = &health.memory.trouble {
        found.push(Finding::wrong(
            CHECK,
            format!("it cannot keep what happens: {trouble}"),
            "mend the disk; until then beats are judged as ever, and a restart forgets",
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd::doctor::finding::Level::{Doubt, Fine, Wrong};
    use crate::cmd::doctor::ground::Memory;

    #[test]
    fn verdicts() {
        let health = |status: &str, version: Option<&str>, trouble: Option<&str>| Health {
            status: status.into(),
            version: version.map(String::from),
            memory: Memory { trouble: trouble.map(String::from) },
            ..Health::default()
        };
        for (health, levels) in [
            (Err("connection refused"), &[Wrong][..]),
            (Ok(&health("ok", Some("1.0.0"), None)), &[Fine]),
            (Ok(&health("ok", None, None)), &[Fine]),
            (Ok(&health("ok", Some("0.9.0"), None)), &[Doubt]),
            (Ok(&health("detector is late", Some("1.0.0"), Some("disk full"))), &[Fine, Wrong, Wrong]),
        ] {
            for is_here in [true, false] {
                let found = judge("http://hall:8888", is_here, health, "1.0.0");
                let got: Vec<_> = found.iter().map(|finding| finding.level).collect();
                assert_eq!(got, levels, "{found:?}");
            }
        }
    }
}
