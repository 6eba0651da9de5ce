//! What is expected and when, as people write it, and every refusal with its sentence.

use hb_core::id::Identity;
use hb_core::repair::{Action, Evidence, Ladder};
use hb_core::window::Scope;

use super::*;

fn read(text: &str) -> Result<watch::Config, String> {
    parse(Path::new("hb.toml"), text, &TimeZone::UTC).map_err(|error| error.to_string())
}

#[test]
fn a_museum_is_read_as_it_is_meant() {
    let docs = include_str!("../../../../docs/operating.md");
    let (_, museum) = docs.split_once("## A whole museum").expect("it is shown");
    let (_, museum) = museum.split_once("```toml\n").expect("as a file");
    let (museum, _) = museum.split_once("```").expect("that ends");
    let file = super::super::key::parse(Path::new("hb.toml"), museum).unwrap();
    let config = file.watch;
    assert_eq!((config.expect.len(), config.tree.groups.len()), (60, 3));
    assert_eq!(config.zone.iana_name(), Some("Europe/Berlin"));
    let left = Identity::new("entrance", "left", "*").unwrap();
    let own = |(scope, _): &&_| *scope == Scope::Apps(left.into());
    assert_eq!(config.calendars.iter().filter(own).count(), 1);
    assert_eq!((config.calendars.len(), config.windows.len(), config.repairs.len()), (4, 2, 2));
    let steps = |at: usize| -> Vec<_> {
        config.repairs[at]
            .ladder
            .steps()
            .iter()
            .map(|step| (step.action, step.cap, step.wait.as_secs()))
            .collect()
    };
    let first = [
        (Action::Reload, 2, 60),
        (Action::Command, 1, 60),
        (Action::Restart, 1, 120),
        (Action::Reboot, 1, 300),
    ];
    assert_eq!(steps(0), first);
    assert_eq!(steps(1), [(Action::Reload, 3, 30), (Action::Restart, 1, 120)]);
    assert!(!config.repairs[0].dry && config.repairs[1].dry);
    let reports: Vec<_> = file.alerts.channels.iter().map(|named| named.report).collect();
    assert_eq!(reports, [false, true]);
    assert_eq!(file.alerts.hours.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn what_is_not_said_has_a_default() {
    let plan = read("[[repair]]\napps = \"tetris\"").unwrap().repairs.remove(0);
    assert_eq!(
        (&*plan.ladder, plan.command, plan.unit.is_none(), plan.dry),
        (&Ladder::default(), None, true, false)
    );
    let steps = "[{ do = \"command\", on = \"exited\" }]";
    let text = format!("[[repair]]\napps = \"tetris\"\ncommand = \"/bin/fix\"\nsteps = {steps}");
    let plan = read(&text).unwrap().repairs.remove(0);
    let [step] = plan.ladder.steps() else { panic!("{plan:?}") };
    assert!(step.when.has(Evidence::Exited) && !step.when.has(Evidence::NoFrames));
    let elsewhere = "[[hours]]\nfor = \"everything\"\nopen = \"always\"\nzone = \"Asia/Tokyo\"";
    assert_eq!(read(elsewhere).unwrap().calendars[0].1.zone().iana_name(), Some("Asia/Tokyo"));
}

#[test]
fn what_is_wrong_is_named_with_its_line_and_what_was_expected() {
    const GROUP: &str = "[[group]]\nname = \"hall 3\"\nmembers = \"hall3-*/*\"\n";
    const SCREEN: &str = "[[screen]]\nhost = \"k\"\nshows = \"tetris\"\n";
    for (text, wanted) in [
        ("[group]\nname = \"a\"", "expected tables that begin with [[group]], [[screen]]"),
        ("[[group]]\nmembers = \"a\"", "line 2: `name` is missing: expected a name in quotes"),
        ("[[group]]\nname = \"a\"", "line 2: `members` is missing: expected apps in quotes"),
        ("[[group]]\nname = \"a\"\nmember = \"a\"", "line 3: `members` is missing: expected apps in quotes"),
        ("[[group]]\nmember = \"a\"\nname = \"a\"", "; is it meant by `member`?"),
        ("[[group]]\nname = \"a\"\nmembers = []", "line 3: `members` is []: expected apps in quotes"),
        (
            "[[group]]\nname = \"a\"\nmembers = \"hall3-/\"",
            "line 3: `members`: \"hall3-/\" has an empty part",
        ),
        ("[[group]]\nname = \"hall*\"\nmembers = \"a\"", "line 2: `name`: \"hall*\" would mean many groups"),
        ("[[group]]\nname = \"a\\nb\"\nmembers = \"a\"", "contains the control character U+000A"),
        (
            &format!("{GROUP}{GROUP}"),
            "line 5: there is a group `hall 3` already, in line 2: expected another name",
        ),
        (
            &format!("{GROUP}depend_on = \"a/b\""),
            "line 4: unknown key `depend_on`: did you mean `depends_on`?",
        ),
        (
            &format!("{GROUP}depends_on = \"switch\""),
            "line 4: `depends_on`: \"switch\" is not one app: expected its host",
        ),
        (
            &format!("{GROUP}depends_on = \"switch-*/hb\""),
            "line 4: `depends_on`: \"switch-*/hb\" is not one app",
        ),
        (
            &format!("{GROUP}depends_on = \"group:hall 4\""),
            "line 4: `depends_on`: there is no group `hall 4`: did you mean `hall 3`?",
        ),
        (
            "[[screen]]\nhost = \"hall3-*\"\nshows = \"a\"",
            "line 2: `host`: \"hall3-*\" could be any number of screens: expected a host, or a range",
        ),
        (
            "[[screen]]\nhost = \"k\"",
            "line 2: `shows` is missing: expected apps in quotes of which one is enough",
        ),
        (&format!("{SCREEN}{SCREEN}"), "line 5: k is expected already, by line 2: expected each place once"),
        (&format!("{SCREEN}hours = \"mo-fr 9.30-18:00\""), "line 4: `hours`: `9.30` is no time of day"),
        (&format!("{SCREEN}show = 1"), "line 4: unknown key `show`: did you mean `shows`?"),
        ("[[hours]]\nopen = \"always\"", "line 2: `for` is missing: expected whom in quotes"),
        ("[[hours]]\nfor = \"everything\"", "line 2: `open` is missing: expected hours in quotes"),
        (
            "[[hours]]\nfor = \"group:hall 3\"\nopen = \"always\"",
            "line 2: `for`: there is no group `hall 3`: expected a [[group]] of this name",
        ),
        (
            "[[hours]]\nfor = [\"a\", \"a\"]\nopen = \"always\"",
            "line 2: there are hours for */a already: expected each once",
        ),
        (
            "[[hours]]\nfor = \"a\"\nopen = \"always\"\nzone = \"Berlin\"",
            "line 4: `zone`: \"Berlin\" is no time zone: did you mean \"Europe/Berlin\"?",
        ),
        ("[[maintenance]]\nfor = \"a\"", "line 2: `during` is missing"),
        ("[[maintenance]]\nfor = \"a\"\nduring = \"soon\"", "line 3: `during`: `soon`"),
        (
            "[[screen]]\nhost = \"k-{1..200}\"\nshows = \"a\"\nhours = \"always\"",
            "line 2: with these there are 200 calendars: expected at most 128; give a group its hours",
        ),
        ("[[repair]]\nsteps = \"reload\"", "line 2: `apps` is missing"),
        ("[[repair]]\napps = \"a\"\nsteps = []", "line 3: `steps`: has no step"),
        (
            "[[repair]]\napps = \"a\"\nsteps = [\"relaod\"]",
            "line 3: `steps`: \"relaod\" is no step: did you mean \"reload\"?",
        ),
        (
            "[[repair]]\napps = \"a\"\nsteps = [\"command\"]",
            "line 3: a step is \"command\", and there is none: expected `command`, a program and its arguments",
        ),
        (
            "[[repair]]\napps = \"a\"\ncommand = \"x\"",
            "line 2: `command` is run by no step: add \"command\" to `steps`",
        ),
        (
            "[[repair]]\napps = \"a\"\nunit = \"x\"\nsteps = \"reload\"",
            "`unit` is restarted by no step: add \"restart\"",
        ),
        ("[[repair]]\napps = \"a\"\nunit = \"*\"", "line 3: `unit`: `*` names no systemd unit"),
        (
            "[[repair]]\napps = \"a\"\nsteps = [{ do = \"reload\", time = 2 }]",
            "a step has no `time`: did you mean `times`?",
        ),
        (
            "[[repair]]\napps = \"a\"\nsteps = [{ times = 2 }]",
            "a step in braces says no `do`: expected { do = \"reload\"",
        ),
        (
            "[[repair]]\napps = \"a\"\nsteps = [{ do = \"reload\", times = 0 }]",
            "`times` is 0: expected a number from 1 to 255",
        ),
        (
            "[[repair]]\napps = \"a\"\nsteps = [{ do = \"reload\", wait_s = -1 }]",
            "`wait_s` is -1: expected seconds",
        ),
        (
            "[[repair]]\napps = \"a\"\nsteps = [{ do = \"reload\", on = \"fire\" }]",
            "`on`: \"fire\" is no evidence: expected of no-frames",
        ),
        ("[[repair]]\napps = \"a\"\nsteps = [7]", "7 is no step: expected a word, or { do = \"reload\""),
        (
            "[[repair]]\napps = \"a\"\ndry = 1",
            "line 3: `dry` is 1: expected true, to only say what would be done",
        ),
    ] {
        let said = read(text).unwrap_err();
        assert!(said.starts_with("hb.toml, line ") && said.contains(wanted), "{text}\n{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn circles_are_told_as_a_story() {
    let group = |name: &str, needs: &str| {
        format!("[[group]]\nname = \"{name}\"\nmembers = \"{name}-*/*\"\ndepends_on = {needs}\n")
    };
    for (text, wanted) in [
        (
            group("a", "\"group:a\""),
            "line 4: group `a` waits for `a`: expected dependencies without a circle",
        ),
        (
            group("x", "\"group:a\"")
                + &group("a", "\"group:b\"")
                + &group("b", "\"group:c\"")
                + &group("c", "\"a-7/hb\""),
            "line 8: group `a` waits for `b`, which waits for `c`, which waits for `a`: expected",
        ),
        (
            group("a", "[\"a-1/hb\", \"a-2/hb\"]"),
            "line 4: `depends_on`: hb @ a-1 waits for itself, by way of",
        ),
    ] {
        let said = read(&text).unwrap_err();
        assert!(said.contains(wanted), "{text}\n{said}");
    }
    // Neither is one: a switch may belong to the hall that hangs on it, and two halls may hang on one.
    for text in [
        group("a", "\"a-1/hb\""),
        group("a", "\"group:c\"") + &group("b", "\"group:c\"") + &group("c", "\"x/hb\""),
    ] {
        assert!(read(&text).is_ok(), "{text}");
    }
}

#[test]
fn a_signal_has_a_broker_a_topic_and_somebody_it_is_for() {
    let text = |rest: &str| format!("[[signal]]\nserver = \"127.0.0.1\"\nfor = \"everything\"\n{rest}");
    let signals = read(&text("topic = \"museum/+/open\"")).unwrap().signals;
    assert_eq!((&*signals[0].topic, signals[0].who.by()), ("museum/+/open", "mqtt museum/+/open"));
    assert_eq!(signals[0].scopes, [Scope::Everything]);
    for (rest, wanted) in [
        ("", "`topic` is missing: expected an MQTT topic"),
        ("topic = \"a/b+\"", "line 4: `topic`: \"a/b+\" is none"),
        ("topic = \"a\"\nuser = \"hb\"", "`user` without a password"),
        ("topic = \"a\"\nfrom = \"b\"", "from"),
    ] {
        let said = read(&text(rest)).unwrap_err();
        assert!(said.contains(wanted), "{rest}\n{said}");
    }
}
