//! Single files: size, header, names, and words that must not stand in them.

use crate::{Source, checkout, hold, rust};

const LONGEST: usize = 500;

#[test]
fn every_file_says_what_it_is() {
    let check = |file: &Source| {
        (!file.text.starts_with("//!"))
            .then(|| file.finding(1, "begins without `//!`: say what it is, and what it is not"))
    };
    assert!(check(&Source::sample("a.rs", "use b;\n")).is_some());
    hold("headers", &rust(&checkout()).filter_map(check).collect::<Vec<_>>());
}

#[test]
fn rooms_are_small() {
    let check = |file: &Source| {
        let lines = file.text.lines().count();
        let long = lines > LONGEST && !file.is_test();
        long.then(|| file.finding(lines, &format!("more than {LONGEST} lines: build the next room")))
    };
    assert!(check(&Source::sample("a.rs", &"x\n".repeat(501))).is_some());
    let is_source =
        |file: &&Source| [".rs", ".ts", ".js", ".mjs", ".css"].iter().any(|end| file.path.ends_with(end));
    hold("sizes", &checkout().iter().filter(is_source).filter_map(check).collect::<Vec<_>>());
}

#[test]
fn no_drawers() {
    let drawers = ["utils", "util", "helpers", "helper", "common", "manager", "misc"];
    let check = |file: &Source| {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let stem = name.split('.').next().unwrap_or_default();
        drawers.contains(&stem).then(|| file.finding(1, "a drawer: name the thing it is about"))
    };
    assert!(check(&Source::sample("src/utils.rs", "")).is_some());
    hold("names", &checkout().iter().filter_map(check).collect::<Vec<_>>());
}

#[test]
fn no_blanks_at_line_ends() {
    let check = |file: &Source| {
        let bad = file.text.lines().position(|line| line.ends_with([' ', '\t']));
        bad.map(|at| file.finding(at + 1, "a blank at the end of the line"))
    };
    assert!(check(&Source::sample("a.md", "x \n")).is_some());
    let ours =
        |file: &&Source| [".rs", ".md", ".toml", ".ts", ".mjs"].iter().any(|end| file.path.ends_with(end));
    hold("blanks", &checkout().iter().filter(ours).filter_map(check).collect::<Vec<_>>());
}

/// Words and why they must not stand there. Written in two halves, so that this table does not find itself.
const BANNED: &[(&str, &str, &str)] = &[
    ("#[ig", "nore", "a test that does not run proves nothing"),
    ("to", "do!(", "a stub is not done"),
    ("unimpl", "emented!(", "a stub is not done"),
    ("db", "g!(", "left over from debugging"),
    ("thread_lo", "cal!", "state has one owner"),
];

#[test]
fn no_stubs_and_no_tests_that_sleep() {
    let check = |file: &Source| -> Vec<String> {
        let mut found = Vec::new();
        for (at, line) in file.text.lines().enumerate() {
            for (head, tail, why) in BANNED {
                if line.contains(&format!("{head}{tail}")) {
                    found.push(file.finding(at + 1, why));
                }
            }
            let sleeps = ["thread::sl", "time::sl"].iter().any(|head| line.contains(&format!("{head}eep(")));
            let in_test = file.is_test() || at >= file.code().count();
            if sleeps && in_test && !file.path.contains("/benches/") {
                found.push(file.finding(at + 1, "a test that sleeps: wait for an event with a deadline"));
            }
        }
        found
    };
    assert_eq!(check(&Source::sample("a.rs", &format!("#[ig{}]\n", "nore"))).len(), 1);
    assert_eq!(check(&Source::sample("tests/a.rs", &format!("thread::sl{}1)\n", "eep("))).len(), 1);
    assert_eq!(check(&Source::sample("src/a.rs", &format!("thread::sl{}1)\n", "eep("))).len(), 0);
    hold("words", &rust(&checkout()).flat_map(check).collect::<Vec<_>>());
}

#[test]
fn state_has_one_owner() {
    let check = |file: &Source| -> Vec<String> {
        let changing = ["Atomic", "Cell", "LazyLock", "Mutex", "OnceLock", "RwLock"];
        let global = |line: &str| {
            let item = line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
            item.starts_with("static ")
                && !item.contains("ALLOCATOR")
                && (item.starts_with("static mut ") || changing.iter().any(|kind| item.contains(kind)))
        };
        let code = file.code().filter(|_| !file.is_test());
        let found = code.filter(|(_, line)| global(line));
        found.map(|(at, _)| file.finding(at, "global state: give it an owner and hand it down")).collect()
    };
    assert_eq!(check(&Source::sample("src/a.rs", "pub(crate) static HITS: AtomicU64 = x;\n")).len(), 1);
    assert_eq!(check(&Source::sample("src/a.rs", "static NAMES: [&str; 2] = x;\n")).len(), 0);
    assert_eq!(check(&Source::sample("src/a.rs", "fn f(m: &'static Mutex<u8>) {}\n")).len(), 0);
    hold("global state", &rust(&checkout()).flat_map(check).collect::<Vec<_>>());
}

#[test]
fn no_test_binds_a_fixed_port() {
    let check = |file: &Source| -> Vec<String> {
        let port = |text: &str| {
            text.rsplit_once(':').is_some_and(|(_, port)| port.parse().is_ok_and(|p: u16| p > 0))
        };
        let fixed = |line: &str| line.contains("bind(") && line.split('"').skip(1).step_by(2).any(port);
        let shipped = if file.is_test() { 0 } else { file.code().count() };
        let lines = file.text.lines().enumerate().skip(shipped).filter(|(_, line)| fixed(line));
        lines.map(|(at, _)| file.finding(at + 1, "a fixed port: ask for port 0")).collect()
    };
    let bind = |port: &str| format!("TcpListener::bind(\"[::1]:{port}\")\n");
    assert_eq!(check(&Source::sample("tests/a.rs", &bind("8888"))).len(), 1);
    assert_eq!(check(&Source::sample("tests/a.rs", &bind("0"))).len(), 0);
    let foot = format!("x\n#[cfg(test)]\nmod tests {{\n{}}}\n", bind("8888"));
    assert_eq!(check(&Source::sample("src/a.rs", &foot)).len(), 1);
    hold("ports", &rust(&checkout()).flat_map(check).collect::<Vec<_>>());
}
