//! The command lines of hb that stand in samples: the tasks of Windows, the units of systemd, the desktop's autostart. Each is
//! one that hb takes. Not here: blocks of `sh` (`docs`), whether a scheduler takes the task (`packaging/test`).

use std::path::Path;

use crate::hb::hb;

/// Behind which words a command line of hb stands in a sample.
const SAMPLES: &[(&str, &str)] = &[
    ("packaging/windows/hb-serve.xml", "<Arguments>"),
    ("packaging/windows/hb-kiosk.xml", "<Arguments>"),
    ("packaging/systemd/hb.service", "ExecStart=/usr/bin/hb "),
    ("packaging/systemd/hb-kiosk.service", "ExecStart=/usr/bin/hb "),
    ("docs/kiosk.md", " hb run --restart always --agent --token-file /etc/hb/agent -- chromium"),
    ("packaging/checkmk/hb", "hb check --checkmk"),
];

/// Whether hb would take it; said by the help, which is only printed where all before it is right.
fn is_taken(line: &str) -> bool {
    let own = line.split_once(" -- ").map_or(line, |(own, _)| own);
    // What a unit's own variables say is not known here.
    let mut words: Vec<&str> = own.split_whitespace().filter(|word| !word.starts_with('$')).collect();
    words.push("--help");
    hb(&words).end().code == Some(0)
}

#[test]
fn each_command_line_of_a_sample_is_one_that_hb_takes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (file, mark) in SAMPLES {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        let at = text.find(mark).unwrap_or_else(|| panic!("{file} has no {mark}"));
        // The mark itself begins with hb, or ends before what hb is told.
        let from =
            mark.find("hb ").filter(|_| !mark.ends_with("hb ")).map_or(at + mark.len(), |it| at + it + 3);
        let line = text[from..].lines().next().unwrap().split("</").next().unwrap();
        assert!(is_taken(line), "{file}: hb {line}");
    }
    assert!(!is_taken("serve --confgi x") && !is_taken("run --app a --restart maybe -- b"));
}
