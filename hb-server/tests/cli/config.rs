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
