//! Which known apps may be meant by a name that nobody has: all of that name in other places, or one of a name like it.
//!
//! Whoever asks, and however many apps there are, no beat waits for it: under a shard's lock names are only measured and
//! told equal; what may be alike is copied out, bounded, and compared after it. Not here: where this runs (`http`).

use hb_core::id::{Identity, OwnedIdentity};

use crate::engine::Engine;

/// How much alike two names are when one may be the other misspelt, of 1.
const ALIKE: f64 = 0.85;
/// Longest name that is compared, in bytes: comparing takes the product of the lengths.
const MAX_NAME: usize = 64;
/// Most names that are compared.
const MAX_NAMES: usize = 1_000;
/// Most of one name that are told: a person chooses from no more.
const MAX_NAMED: usize = 12;

/// The known apps that may be meant by `id`: in order those of its very name, else the one most like it.
pub(crate) fn find(engine: &Engine, id: Identity<'_>) -> Vec<OwnedIdentity> {
    match candidates(engine, id.app()) {
        Candidates::Same(mut same) => {
            same.sort_unstable();
            same
        }
        Candidates::Near(near) => most_alike(near, id.app()).into_iter().collect(),
    }
}

enum Candidates {
    /// Those of the very name.
    Same(Vec<OwnedIdentity>),
    /// Those of about its length.
    Near(Vec<OwnedIdentity>),
}

fn candidates(engine: &Engine, name: &str) -> Candidates {
    let (mut same, mut near) = (Vec::new(), Vec::new());
    engine.for_each(|app| {
        let known = app.id.borrow().app();
        if known == name {
            if same.len() < MAX_NAMED {
                same.push(app.id);
            }
        } else if same.is_empty() && near.len() < MAX_NAMES && is_near(known.len(), name.len()) {
            near.push(app.id);
        }
    });
    if same.is_empty() { Candidates::Near(near) } else { Candidates::Same(same) }
}

/// Whether names of such lengths are compared: they differ by a quarter of the longer at most.
fn is_near(a: usize, b: usize) -> bool {
    let longer = a.max(b);
    longer <= MAX_NAME && a.abs_diff(b) * 4 <= longer
}

fn most_alike(near: Vec<OwnedIdentity>, name: &str) -> Option<OwnedIdentity> {
    let scored = near.into_iter().map(|known| (strsim::jaro_winkler(known.borrow().app(), name), known));
    let alike = scored.filter(|(score, _)| *score > ALIKE);
    alike.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::clock::Clock;

    fn engine(names: impl IntoIterator<Item = String>) -> Engine {
        let (clock, _hand) = Clock::manual();
        let runtime = Arc::new(hb_bus::runtime::Native::current());
        let engine = Engine::new(crate::engine::Config::default(), clock, runtime);
        let request = hb_core::wire::parse(hb_core::beat::Verb::Ping, "5000&appid=x").unwrap();
        for name in names {
            let _ = engine.beat(Identity::new("h", "", &name).unwrap(), &request.beat, None);
        }
        engine
    }

    fn found(engine: &Engine, name: &str) -> Option<String> {
        find(engine, Identity::new("here", "", name).unwrap()).first().map(|id| id.borrow().app().to_owned())
    }

    #[tokio::test]
    async fn the_same_name_elsewhere_comes_before_one_like_it_and_a_far_one_is_none() {
        let engine = engine(["disk", "dusky", "dusk-of-all-days", "clock"].map(str::to_owned));
        for (asked, meant) in
            [("disk", Some("disk")), ("dusk", Some("dusky")), ("clok", Some("clock")), ("nope", None)]
        {
            assert_eq!(found(&engine, asked).as_deref(), meant, "{asked}");
        }
        let id = Identity::new("here", "", "disk").unwrap();
        assert_eq!(find(&engine, id)[0].to_string(), "disk @ h");
    }

    #[tokio::test]
    async fn all_of_the_very_name_are_found_as_far_as_a_person_chooses() {
        let engine = engine(["clock", "clocks"].map(str::to_owned));
        let request = hb_core::wire::parse(hb_core::beat::Verb::Ping, "5000&appid=x").unwrap();
        let beat = |host: &str, slot| {
            let _ = engine.beat(Identity::new(host, slot, "clock").unwrap(), &request.beat, None);
        };
        beat("h", "right");
        beat("g", "left");
        let asked = Identity::new("here", "", "clock").unwrap();
        let found: Vec<String> = find(&engine, asked).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["clock @ g#left", "clock @ h", "clock @ h#right"]);
        (0..2 * MAX_NAMED).for_each(|n| beat(&format!("host-{n}"), ""));
        assert_eq!(find(&engine, asked).len(), MAX_NAMED);
    }

    #[tokio::test]
    async fn long_names_are_only_told_equal() {
        let names = [64, 65, 240].map(|length| "x".repeat(length));
        let engine = engine(names.clone());
        let misspelt = names.each_ref().map(|name| format!("{}y", &name[1..]));
        assert_eq!(found(&engine, &misspelt[0]), Some(names[0].clone()));
        assert_eq!(found(&engine, &misspelt[2]), None);
        assert_eq!(found(&engine, &names[2]), Some(names[2].clone()));
    }

    #[tokio::test]
    async fn of_many_names_only_so_many_of_about_the_length_are_compared() {
        let engine = engine((0..2 * MAX_NAMES).map(|n| format!("screen-{n:08}")));
        let Candidates::Near(near) = candidates(&engine, "screen-xxxxxxxx") else { panic!("nobody has it") };
        assert_eq!(near.len(), MAX_NAMES);
        let Candidates::Near(near) = candidates(&engine, "screen") else { panic!("nobody has it") };
        assert_eq!(near, []);
        assert!(
            matches!(candidates(&engine, "screen-00000007"), Candidates::Same(_)),
            "however many there are"
        );
    }
}
