//! The numbers that face and module say to each other: one place here, one in `npm/src/words.ts`, held equal by a test.
//!
//! Numbers, because a word costs a copy and a comparison. Not here: what any of them does (`heartbeat`).

/// A module of named numbers, and for the test a table of them.
macro_rules! numbers {
    ($(#[$doc:meta])* $module:ident: $($(#[$about:meta])* $name:ident = $value:literal,)+) => {
        $(#[$doc])*
        pub mod $module {
            $($(#[$about])* pub const $name: u32 = $value;)+
            #[cfg(test)]
            pub(super) const ALL: &[(&str, u32)] = &[$((stringify!($name), $value),)+];
        }
    };
}

numbers! {
    /// What the module is told happened.
    tell:
    /// The timer fired.
    TICK = 0,
    /// The page has loaded.
    LOADED = 1,
    /// Frames are promised.
    ARMED = 2,
    /// Seen (1) or hidden (0).
    VISIBLE = 3,
    /// The browser freezes the page.
    FREEZE = 4,
    /// It thaws it.
    RESUME = 5,
    /// So many contexts are lost.
    LOST = 6,
    /// A long load, ms.
    BUSY = 7,
    /// Frames are not due (1), or are again (0).
    IDLE = 8,
    /// The browser drew.
    PROVED = 9,
    /// The page is left.
    LEAVE = 10,
    /// There is a context to speak of.
    WATCH = 11,
    /// The page asks for `hb_init`.
    INIT = 12,
    /// The page asks for a beat.
    PING = 13,
    /// The page says goodbye.
    DONE = 14,
    /// A new promise, ms.
    INTERVAL = 15,
    /// What is under way is given up.
    ABORT = 16,
    /// A request ended with this HTTP status, 0 for a failure.
    SETTLED = 17,
    /// An error that nobody caught.
    ERROR = 18,
    /// The page is back from the cache of pages.
    RETURN = 19,
    /// The worker speaks (1), or no longer (0).
    QUIET = 20,
    /// The other speaker of this boot used this number.
    REACHED = 21,
    /// A GPU fence is overdue, and the browser draws nothing either (1), or none is (0).
    OVERDUE = 22,
    /// The picture, looked at, has been the same for too long (1), or changes (0).
    SAME = 23,
    /// So many KiB of heap are in use.
    HEAP = 24,
}

numbers! {
    /// What the module is asked.
    stat:
    /// Frames drawn.
    FRAMES = 0,
    /// Frames a second.
    FPS = 1,
    /// The longest time between two, ms.
    WORST = 2,
    /// ms since the last.
    AGE = 3,
    /// Requests sent.
    SENT = 4,
    /// Of these, failed.
    FAILED = 5,
    /// The promise, ms.
    INTERVAL = 6,
    /// The number of the last request.
    SEQ = 7,
}

numbers! {
    /// What a new heartbeat is told of its options.
    flag:
    /// `hb_init` first.
    INIT = 1,
    /// Leaving is a goodbye.
    DONE = 2,
    /// No vitals.
    PLAIN = 4,
    /// Hidden is fine.
    HIDDEN_IS_FINE = 8,
    /// Hidden is a pause.
    HIDDEN_IS_PAUSE = 16,
    /// The page is on another thread.
    REMOTE = 32,
}

numbers! {
    /// How a request leaves.
    how:
    /// Its end is reported by [`tell::SETTLED`](super::tell::SETTLED).
    FETCH = 0,
    /// It must go even if the page dies now.
    BEACON = 1,
    /// The face sends it itself.
    HAND = 2,
}

#[cfg(test)]
mod tests {
    use hb_core::beat::{By, Diagnosis, Gl, Verb, Visibility, Vitals};
    use hb_core::wire;

    use crate::vitals;

    const FACE: &str = include_str!("../npm/src/words.ts");
    const TYPES: &str = include_str!("../npm/src/options.ts");

    #[test]
    fn face_and_module_say_the_same_numbers() {
        for (name, ours) in [
            ("Tell", super::tell::ALL),
            ("Stat", super::stat::ALL),
            ("Flag", super::flag::ALL),
            ("How", super::how::ALL),
        ] {
            let body = between(FACE, &format!("export const enum {name} {{"), "}");
            let theirs: Vec<(String, u32)> = body
                .lines()
                .filter_map(|line| line.trim().trim_end_matches(',').split_once(" = "))
                .map(|(name, value)| (screaming(name), value.parse().unwrap()))
                .collect();
            let ours: Vec<(String, u32)> = ours.iter().map(|&(name, value)| (name.into(), value)).collect();
            assert_eq!(theirs, ours, "{name}");
        }
    }

    #[test]
    fn face_and_module_say_the_same_words() {
        let verbs: Vec<&str> = Verb::ALL.iter().map(|verb| verb.word()).collect();
        assert_eq!(quoted(between(FACE, "export const VERBS = [", "]")), verbs);
        let spoken: Vec<&str> =
            Diagnosis::ALL.iter().map(|diagnosis| diagnosis.word()).chain(["done"]).collect();
        assert_eq!(table()[8][1..], spoken, "in the module's order");
        let states = quoted(between(TYPES, "export type State =", ";"));
        for word in &spoken {
            assert!(states.contains(word), "options.ts does not know {word}");
        }
        assert_eq!(states.len(), spoken.len(), "options.ts knows others: {states:?}");
    }

    #[test]
    fn the_server_reads_what_the_page_spells_and_natively_it_is_spelled_alike() {
        let full = Vitals {
            version: Some(1),
            seq: Some(u32::MAX),
            by: Some(By::Frame),
            frames: Some(1_234_567),
            age: Some(0),
            gap: Some(10),
            visibility: Some(Visibility::Hidden),
            gl: Some(Gl::Lost),
            diagnosis: Some(Diagnosis::ContextLost),
            stall: Some(3_000),
            errors: Some(9),
            memory: Some(20_480),
            ..Vitals::default()
        };
        let diagnoses = Diagnosis::ALL.iter().map(|&d| Vitals { diagnosis: Some(d), ..Vitals::default() });
        let who = [By::Timer, By::Worker].map(|by| Vitals { by: Some(by), ..Vitals::default() });
        let seen = Vitals { visibility: Some(Visibility::Visible), gl: Some(Gl::Ok), ..Vitals::default() };
        for vitals in [Vitals::default(), full, seen].into_iter().chain(who).chain(diagnoses) {
            let query = spell(&vitals);
            let request = wire::parse(Verb::Ping, &query).unwrap();
            assert_eq!(request.beat.vitals, vitals, "{query}");
            assert_eq!(request.beat.malformed, 0, "{query}");
            let mut natively = String::new();
            request.encode(&mut natively);
            assert_eq!(query, natively, "page and command line spell alike");
        }
    }

    /// A query, by the face's table and rule (`say` of courier.ts).
    fn spell(vitals: &Vitals) -> String {
        let mut query = String::from("5000&appid=x");
        let table = table();
        vitals::each(vitals, |which, value| {
            let words = &table[which as usize];
            let word = words.get(value as usize + 1).map_or_else(|| value.to_string(), ToString::to_string);
            query.push_str(&format!("&{}={word}", words[0]));
        });
        query
    }

    /// The face's names of vitals, each with its words.
    fn table() -> Vec<Vec<&'static str>> {
        let vitals = quoted(between(FACE, "export const VITALS = [", "]"));
        vitals.into_iter().map(|vital| vital.split(' ').collect()).collect()
    }

    fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
        let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("{from:?} is there"));
        rest.split_once(to).unwrap().0
    }

    fn quoted(text: &str) -> Vec<&str> {
        text.split('\'').skip(1).step_by(2).collect()
    }

    fn screaming(name: &str) -> String {
        let mut out = String::new();
        for letter in name.chars() {
            if letter.is_uppercase() && !out.is_empty() {
                out.push('_');
            }
            out.push(letter.to_ascii_uppercase());
        }
        out
    }
}
