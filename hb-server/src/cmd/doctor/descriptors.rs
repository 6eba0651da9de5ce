//! May a server of this account hold enough connections open? Each is an open file to the system.
//!
//! Not here: raising the limit, which `hb serve` does itself as far as it may.

use super::finding::Finding;
use super::ground::Ground;

const CHECK: &str = "open files";
/// The system's own, the memory, and a page with a link and a presence each for a hundred screens.
const FEW: u64 = 512;
const SOME: u64 = 4096;

pub(super) fn check(_: &Ground) -> Vec<Finding> {
    limit().map(judge).into_iter().collect()
}

fn judge(most: u64) -> Finding {
    let advice = "raise it: LimitNOFILE=65536 in the unit of hb, or in /etc/security/limits.conf";
    match most {
        ..FEW => Finding::wrong(CHECK, format!("at most {most}: too few for many screens"), advice),
        FEW..SOME => {
            Finding::doubt(CHECK, format!("at most {most}: enough for some {} screens", most / 4), advice)
        }
        _ if most >= 1 << 40 => Finding::fine(CHECK, "as many as it likes"),
        _ => Finding::fine(CHECK, format!("at most {most}")),
    }
}

/// How far `hb serve` may raise its limit.
#[cfg(unix)]
fn limit() -> Option<u64> {
    rlimit::Resource::NOFILE.get().ok().map(|(_, hard)| hard)
}

#[cfg(not(unix))]
fn limit() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd::doctor::finding::Level::{Doubt, Fine, Wrong};

    #[test]
    fn verdicts() {
        for (most, level) in [(256, Wrong), (1024, Doubt), (4096, Fine), (1 << 20, Fine), (u64::MAX, Fine)] {
            assert_eq!(judge(most).level, level, "{most}");
        }
        assert_eq!(judge(u64::MAX).says, "as many as it likes");
    }
}
