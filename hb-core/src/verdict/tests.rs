//! A case per row of the table, and the precedence as a law over all facts.

use alloc::vec::Vec;

use super::*;
use Presence::{Lost, Missed, Unsuspicious};

const CLAIMS: [Claim; 7] = [
    Claim::Starting,
    Claim::Fine,
    Claim::Unseen { frozen: false },
    Claim::Unseen { frozen: true },
    Claim::Leaving,
    Claim::Bad(Cause::NoFrames),
    Claim::Bad(Cause::ContextLost),
];

#[test]
#[rustfmt::skip]
fn every_row_of_the_table() {
    let bad = Claim::Bad(Cause::GpuStuck);
    let covered = Claim::Unseen { frozen: false };
    let frozen = Claim::Unseen { frozen: true };
    let cases = [
        (bad,             Down, Unsuspicious, false, State::Down,         Cause::GpuStuck),
        (bad,             Down, Missed,       false, State::Down,         Cause::ConnectionLost),
        (bad,             Down, Lost,         false, State::Down,         Cause::ConnectionLost),
        (Claim::Leaving,  Down, Unsuspicious, false, State::Down,         Cause::Left),
        (Claim::Leaving,  Down, Lost,         false, State::Down,         Cause::Left),
        (Claim::Fine,     Down, Lost,         false, State::Down,         Cause::ConnectionLost),
        (Claim::Fine,     Down, Missed,       false, State::Down,         Cause::ConnectionLost),
        (Claim::Fine,     Down, Unsuspicious, false, State::Down,         Cause::Silence),
        (Claim::Fine,     Down, Unsuspicious, true,  State::Down,         Cause::Silence),
        (Claim::Fine,     Kept, Unsuspicious, true,  State::Stalled,      Cause::CrashLoop),
        (bad,             Kept, Unsuspicious, true,  State::Stalled,      Cause::CrashLoop),
        (bad,             Kept, Missed,       false, State::Stalled,      Cause::GpuStuck),
        (bad,             Kept, Lost,         false, State::Stalled,      Cause::ConnectionLost),
        (frozen,          Kept, Unsuspicious, false, State::Hidden,       Cause::Frozen),
        (covered,         Kept, Unsuspicious, false, State::Hidden,       Cause::None),
        (bad,             Late, Unsuspicious, false, State::Late,         Cause::GpuStuck),
        (bad,             Late, Missed,       false, State::Late,         Cause::ConnectionLost),
        (bad,             Late, Lost,         false, State::Late,         Cause::ConnectionLost),
        (Claim::Leaving,  Late, Unsuspicious, false, State::Late,         Cause::Left),
        (Claim::Leaving,  Late, Lost,         false, State::Late,         Cause::Left),
        (Claim::Leaving,  Kept, Lost,         false, State::Late,         Cause::ConnectionLost),
        (Claim::Fine,     Kept, Lost,         false, State::Late,         Cause::ConnectionLost),
        (Claim::Fine,     Late, Missed,       false, State::Late,         Cause::ConnectionLost),
        (covered,         Late, Unsuspicious, false, State::Late,         Cause::Silence),
        (Claim::Fine,     Late, Unsuspicious, false, State::Late,         Cause::Silence),
        (Claim::Leaving,  Kept, Unsuspicious, false, State::Reconnecting, Cause::None),
        (Claim::Fine,     Kept, Missed,       false, State::Reconnecting, Cause::None),
        (Claim::Starting, Kept, Unsuspicious, false, State::Starting,     Cause::None),
        (Claim::Fine,     Kept, Unsuspicious, false, State::Up,           Cause::None),
    ];
    for (claim, silence, presence, crashing, state, cause) in cases {
        let facts = Facts { claim, silence, presence, crashing };
        assert_eq!(judge(facts), (state, cause), "{facts:?}");
    }
}

fn all_facts() -> Vec<Facts> {
    let mut all = Vec::new();
    for claim in CLAIMS {
        for silence in [Kept, Late, Down, Suspicion::Dropped] {
            for presence in [Unsuspicious, Missed, Lost] {
                for crashing in [false, true] {
                    all.push(Facts { claim, silence, presence, crashing });
                }
            }
        }
    }
    all
}

#[test]
fn more_silence_never_makes_a_state_better_except_that_a_stall_ends_in_silence() {
    for facts in all_facts() {
        let (state, _) = judge(facts);
        let worse = Facts { silence: Down, ..facts };
        assert!(judge(worse).0 <= state, "{facts:?}");
    }
}

#[test]
fn green_needs_a_kept_promise_and_no_bad_word() {
    for facts in all_facts() {
        if judge(facts).0 == State::Up {
            assert_eq!(facts.silence, Kept);
            assert_eq!(facts.presence, Unsuspicious);
            assert!(!facts.crashing && facts.claim == Claim::Fine);
        }
    }
}
