//! Channels and rules as people write them, and every refusal with its sentence.

use super::*;

fn read(text: &str) -> Result<notify::Config, String> {
    let mut house = watch::Config::default();
    house.tree.groups.push(hb_core::incident::Group { name: "hall 3".into(), members: Vec::new() });
    parse(Path::new("/etc/hb/hb.toml"), text, &house).map_err(|error| error.to_string())
}

/// Four channels, two of them with a secret.
const ALL: &str = r#"
[[channel]]
name = "guards"
type = "ntfy"
url = "https://ntfy.example/hall3"
token = "hunter2"

[[channel]]
name = "office"
type = "mail"
server = "mail.museum.example"
security = "starttls"
user = "hb"
password = "hunter2"
from = "hb <hb@museum.example>"
to = "office@museum.example"

[[channel]]
name = "house"
type = "mqtt"
server = "broker.museum.example"
discovery = false

[[channel]]
name = "modem"
type = "command"
argv = ["/usr/local/bin/sms", "hunter2"]
"#;

#[test]
fn without_a_rule_every_channel_is_told_of_everything() {
    let config = read(ALL).unwrap();
    assert_eq!(config.rules, [Rule::everything((0..4).map(alert::Channel).collect())]);
    assert!(config.channel("modem").is_some() && config.channel("moden").is_none());
    assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
    assert_eq!(read("").unwrap().rules, []);
}

#[test]
fn pictures_are_shown_where_that_is_said_and_where_they_can_be() {
    let shows = |text: &str| read(text).unwrap().channels.iter().map(|it| it.pictures).collect::<Vec<_>>();
    assert_eq!(shows(ALL), [false; 4]);
    let said =
        ALL.replace("security =", "pictures = true\nsecurity =").replace("argv", "pictures = true\nargv");
    assert_eq!(shows(&said), [false, true, false, true]);
    let error = read(&ALL.replace("discovery", "pictures = true\ndiscovery")).unwrap_err();
    assert!(error.contains("pictures"), "{error}");
}

#[test]
fn a_rule_says_of_what_how_soon_and_to_whom() {
    let rule = r#"
        [[rule]]
        apps = ["tetris", "hall3-*/*"]
        groups = "hall 3"
        states = ["stalled", "down"]
        for_s = 60
        remind_s = false
        channels = ["modem", "guards"]
    "#;
    let config = read(&format!("{ALL}{rule}")).unwrap();
    let [rule] = &config.rules[..] else { panic!("{config:?}") };
    assert_eq!(rule.channels, [alert::Channel(3), alert::Channel(0)]);
    assert_eq!(
        (rule.apps.len(), rule.groups.len(), &rule.states[..]),
        (2, 1, &[State::Stalled, State::Down][..])
    );
    assert_eq!((rule.wait, rule.remind), (Duration::from_secs(60), None));
}

#[test]
fn what_is_wrong_is_named_with_its_line_and_no_secret() {
    for (text, wanted) in [
        (
            "[[channel]]\nname = \"a\"\ntype = \"ntfy\"\nurl = \"https://n.example/a\"\n[[rule]]\nchannels = \"a\"\n\
             groups = \"hall 4\"",
            "line 7: `groups`: there is no group `hall 4`: did you mean `hall 3`?",
        ),
        (
            "[[channel]]\nname = \"a\"\ntype = \"ntfy\"\nurl = \"https://n.example/a\"\n[[rule]]\nchannels = \"a\"\n\
             hours = \"9 to 5\"",
            "line 7: `hours`: `to` is neither day nor date nor hours: expected `mo`, `mo-fr`, `2026-12-24`, \
             `09:30-18:00`, `closed`, `always` or `never`",
        ),
        (
            "[[channel]]\ntype = \"ntfy\"",
            "line 2: `name` is missing: expected a name in quotes, as in \"guards\"",
        ),
        (
            "[[channel]]\nname = \"a\"\ntype = \"sms\"",
            "line 2: channel `a`: `type` is \"sms\": expected \"slack\", \"mattermost\", \"teams\", \"ntfy\", \
             \"webhook\", \"mail\", \"mqtt\" or \"command\"",
        ),
        (
            "[[channel]]\nname = \"a\"\ntype = \"slack\"\nulr = \"x\"",
            "line 2: `url` is missing: expected an address in quotes, as in \"https://ntfy.example/hall3\"",
        ),
        (
            "[[channel]]\nname = \"a\"\ntype = \"slack\"\nurl = \"https://h/x\"\ntoken_fiel = \"x\"",
            "line 5: unknown key `token_fiel`: did you mean `token_file`?",
        ),
        (
            "[[channel]]\nname = \"a\"\ntype = \"slack\"\nurl = [\"https://h/hunter2\"]",
            "line 4: `url` is not one: expected an address in quotes, as in \"https://ntfy.example/hall3\"",
        ),
        (
            "[[channel]]\nname = \"a\"\ntype = \"slack\"\nurl = \"http://h/hunter2\"\ntoken = \"hunter2\"",
            "line 2: channel `a`: a token goes to other machines by https:// only",
        ),
        (
            "[[channel]]\nname = \"a\"\ntype = \"webhook\"\nurl = \"https://h/x\"\ntemplate = \"/no/such.json\"",
            "line 2: `template`: cannot read /no/such.json: No such file or directory (os error 2)",
        ),
        (
            "[[channel]]\nname = \"a\"\ntype = \"mail\"\nserver = \"h\"\nfrom = \"a@b.example\"\nto = \"c@d.example\"\nuser = \"x\"",
            "line 2: channel `a`: `user` without a password: add `password_file`",
        ),
        (
            "[[channel]]\nname = \"a\"\ntype = \"mail\"\nserver = \"h\"\nsecurity = \"plain\"\nfrom = \"a@b.example\"\nto = \"c@d.example\"",
            "line 2: channel `a`: mail in plain goes to this machine only, and h is another: expected `tls` or `starttls`",
        ),
        (
            "[[rule]]\nchannels = \"a\"",
            "line 2: a rule tells `a`, which is no channel: expected a [[channel]] with this name",
        ),
        ("rule = 3", "line 1: expected tables that begin with [[channel]] or [[rule]]"),
    ] {
        assert_eq!(read(text).unwrap_err(), format!("/etc/hb/hb.toml, {wanted}"));
    }
    let twice = format!("{ALL}[[channel]]\nname = \"modem\"\n");
    assert!(read(&twice).unwrap_err().ends_with("there is a channel `modem` already: expected another name"));
    let late = format!("{ALL}[[rule]]\nchannels = \"guards\"\nstates = \"late\"\n");
    assert!(read(&late).unwrap_err().contains("`states` is \"late\": expected states in quotes"));
}

#[test]
fn secrets_and_templates_may_stand_in_files_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "hunter2\n").unwrap();
    std::fs::write(folder.path().join("own.json"), "{{ wrong").unwrap();
    let read = |text: &str| {
        parse(&folder.path().join("hb.toml"), text, &watch::Config::default())
            .map_err(|error| error.to_string())
    };
    let channel =
        "[[channel]]\nname = \"a\"\ntype = \"webhook\"\nurl = \"https://h/x\"\ntoken_file = \"token\"\n";
    assert!(read(channel).is_ok());
    let both = read(&format!("{channel}token = \"x\"\n")).unwrap_err();
    assert!(both.ends_with("both `token` and `token_file`: expected one"), "{both}");
    let wrong = read(&format!("{channel}template = \"own.json\"\n")).unwrap_err();
    assert!(wrong.contains("channel `a`: the template, line 1: "), "{wrong}");
}

#[test]
fn the_documented_channels_are_accepted_and_its_rule_says_the_defaults() {
    // A recipe for each, put together to one file.
    let docs = include_str!("../../../../docs/alerts.md");
    let blocks = docs.split("```toml\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let file: String = blocks.map(|(block, _)| block).filter(|block| block.starts_with("[[")).collect();
    let folder = tempfile::tempdir().unwrap();
    for name in ["ntfy-token", "mail-password"] {
        std::fs::write(folder.path().join(name), "hunter2").unwrap();
    }
    std::fs::write(folder.path().join("ticket.json"), "{\"summary\": {{ title }}}").unwrap();
    let text = file.replace("/etc/hb/", "").replace("# template", "template");
    let config = parse(&folder.path().join("hb.toml"), &text, &watch::Config::default()).unwrap();
    let Rule { wait, remind, groups, .. } = Rule::everything(Vec::new());
    let said = &config.rules[0];
    assert_eq!((config.channels.len(), said.wait, said.remind, &said.groups), (6, wait, remind, &groups));
}
