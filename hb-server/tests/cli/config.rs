//! `hb config check`: what a technician runs before the house opens.

use super::hb::{Ended, hb};

#[test]
fn a_good_file_is_told_in_words_and_a_bad_one_by_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hb.toml");
    let check = |text: &str| {
        std::fs::write(&file, text).unwrap();
        hb(&["config", "check", file.to_str().unwrap()]).end()
    };
    let text = "\
zone = \"Europe/Berlin\"
[[screen]]
host = \"hall1-{01..20}\"
shows = \"tetris\"
";
    let wanted = format!(
        "{} is good.

20 screens are expected
  hall1-01 to hall1-20 (20): tetris

It is always open: there are no [[hours]]

Nobody is told: there is no [[channel]]

Nothing is repaired: there is no [[repair]]
",
        file.display()
    );
    assert_eq!(check(text), Ended::of(0, &wanted, ""));
    let mistyped = text.replace("Berlin", "Berln");
    let said = format!(
        "hb: {}, line 1: `zone`: \"Europe/Berln\" is no time zone: did you mean \"Europe/Berlin\"?\n",
        file.display()
    );
    assert_eq!(check(&mistyped), Ended::of(1, "", &said));
}

#[test]
fn the_file_of_the_package_is_good_as_it_is_and_with_all_its_examples() {
    let text = include_str!("../../../packaging/debian/hb.toml");
    // An example is a comment; what explains it is one too, and is no line of TOML.
    let example = |line: &'static str| match line.strip_prefix("# ") {
        Some(rest) if rest.starts_with("[[") || rest.contains(" = ") && !rest.contains(": ") => rest,
        _ => line,
    };
    let all: Vec<_> = text.lines().map(example).filter(|line| !line.starts_with("tls_")).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hb.toml");
    for (text, words) in [
        (text.to_owned(), ["Nobody is told: there is no [[channel]]", "It is always open"]),
        (all.join("\n"), ["guards", "hb.toml is good."]),
    ] {
        std::fs::write(&file, &text).unwrap();
        let ended = hb(&["config", "check", file.to_str().unwrap()]).end();
        assert_eq!((ended.code, &*ended.err), (Some(0), ""), "{text}");
        assert!(words.iter().all(|word| ended.out.contains(word)), "{}", ended.out);
    }
}

#[test]
fn a_table_of_hosts_becomes_screens() {
    let folder = tempfile::tempdir().unwrap();
    let (table, file) = (folder.path().join("hosts.csv"), folder.path().join("hb.toml"));
    std::fs::write(&table, "host;shows\nhall1-{01..20};tetris|pong\n").unwrap();
    std::fs::write(&file, "# ours\n").unwrap();
    let (table, file) = (table.to_str().unwrap(), file.to_str().unwrap());
    let screens = "[[screen]]\nhost = \"hall1-{01..20}\"\nshows = [\"tetris\", \"pong\"]\n";
    assert_eq!(hb(&["import-hosts", table, "--config", file]).end(), Ended::of(0, screens, ""));
    let written = hb(&["import-hosts", table, "--write", "--config", file]).end();
    assert_eq!(written.code, Some(0), "{}", written.err);
    assert_eq!(std::fs::read_to_string(file).unwrap(), format!("# ours\n\n{screens}"));
    let twice =
        format!("hb: {table}, line 2: hall1-01 is in the configuration already: expected only new ones\n");
    assert_eq!(hb(&["import-hosts", table, "--write", "--config", file]).end(), Ended::of(1, "", &twice));
}

#[test]
fn the_page_of_all_keys_is_up_to_date() {
    let said = hb(&["config", "keys"]).end();
    assert_eq!((said.code, &*said.err), (Some(0), ""));
    let page = include_str!("../../../docs/configuration.md");
    let line = |text: &str, at: usize| text.lines().nth(at).unwrap_or_default().to_owned();
    let other = (0..said.out.lines().count().max(page.lines().count()))
        .find(|&at| line(&said.out, at) != line(page, at));
    let told = other.map(|at| format!("line {}:\n{}\n{}", at + 1, line(page, at), line(&said.out, at)));
    assert_eq!(told, None, "write docs/configuration.md again: cargo xtask docs");
}
