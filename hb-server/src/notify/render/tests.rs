//! What people read, word by word, and one hostile name through every form.

use hb_core::beat::{Cause, State};
use hb_core::id::Identity;
use hb_core::incident::{Ending, Parent, Subject};

use super::own::{Form, Template};
use super::*;
use crate::notify::message::Links;

/// 2026-07-14T14:02:00+02:00.
const SINCE: i64 = 1_784_030_520_000;

fn zone() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(2))
}

fn incident(app: &str, host: &str) -> Incident {
    let subject = Subject::App(Identity::new(host, "", app).unwrap().to_owned());
    Incident::new(7, &subject, (State::Stalled, Cause::NoFrames), SINCE)
}

fn message(kind: Kind, after: i64, incidents: Vec<Incident>) -> Message {
    Message { kind, at: SINCE + after, incidents, ready: None }
}

fn text(message: &Message) -> String {
    Words::new(message, &zone()).text()
}

fn links() -> Links {
    let at = |what: &str| Some(format!("https://hb.example/do/{what}"));
    Links { acknowledge: at("a1"), snooze: at("s1"), reload: at("r1") }
}

fn hall(since: i64) -> Incident {
    let subject = Subject::Parent(Parent::Group("hall 3".into()));
    Incident::new(9, &subject, (State::Down, Cause::Silence), since)
}

/// The hall, with so many dark screens.
fn dark(screens: usize) -> Incident {
    let id = |n| Identity::new(&format!("kiosk-{n:02}"), "", "Tetris").unwrap().to_owned();
    let all: Vec<_> = (0..screens).map(id).collect();
    hall(SINCE).covering(all.iter())
}

#[test]
fn what_the_screen_shows_is_in_the_facts_where_it_is_sent_and_in_no_chat() {
    let without = message(Kind::Opening, 0, vec![incident("Tetris", "kiosk-17")]);
    assert!(Words::new(&without, &zone()).json()["incidents"][0].get("picture").is_none());
    let picture = Some(bytes::Bytes::from_static(b"\xFF\xD8\xFFshown"));
    let shown = Incident { picture, ..incident("Tetris", "kiosk-17") };
    let words = Words::new(&message(Kind::Opening, 0, vec![shown]), &zone());
    assert_eq!(words.json()["incidents"][0]["picture"], "/9j/c2hvd24=");
    assert!(!chat::slack(&words).to_string().contains("/9j/") && !words.text().contains("/9j/"));
}

#[test]
fn an_opening_says_what_where_since_when_and_what_to_do() {
    let screen = Incident { links: links(), ..incident("Tetris", "kiosk-17") };
    assert_eq!(
        text(&message(Kind::Opening, 15_000, vec![screen])),
        "Tetris on kiosk-17 does not work\n\
         The picture is frozen: nothing new is drawn, since 14:02, for 15 s. \
         Reload the page; if it freezes again, look at the page's own errors.\n  \
         I take care of it: https://hb.example/do/a1\n  \
         Quiet for 1 hour: https://hb.example/do/s1\n  \
         Reload the page: https://hb.example/do/r1\n"
    );
}

#[test]
fn where_two_answer_to_the_name_it_says_that_repairs_wait() {
    let contested = || Incident { conflict: true, ..incident("Tetris", "kiosk-17") };
    let words = Words::new(&message(Kind::Opening, 15_000, vec![contested()]), &zone());
    assert!(words.text().ends_with("errors. Repairs wait: two answer to its name.\n"), "{}", words.text());
    assert_eq!(words.json()["incidents"][0]["conflict"], true);
    let over = Incident { until: Some(SINCE + 1_080_000), ..contested() };
    let words = Words::new(&message(Kind::Closing, 1_081_000, vec![over]), &zone());
    assert_eq!(words.json()["incidents"][0]["conflict"], false);
    assert!(!words.text().contains("Repairs"));
}

#[test]
fn a_closing_says_how_long_it_was() {
    let over = Incident { until: Some(SINCE + 1_080_000), ..incident("Tetris", "kiosk-17") };
    assert_eq!(
        text(&message(Kind::Closing, 1_081_000, vec![over])),
        "Tetris on kiosk-17 works again\nIt did not from 14:02 to 14:20, for 18 min.\n"
    );
}

#[test]
fn what_is_no_longer_expected_is_not_said_to_work_again() {
    let over = |ending: Ending, app| Incident {
        until: Some(SINCE + 1_080_000),
        ending: Some(ending.word().into()),
        ..incident(app, "kiosk-17")
    };
    let (gone, back) = (|| over(Ending::Removed, "Tetris"), || over(Ending::Back, "Map"));
    let digest = |incidents| Message::digest(SINCE + 1_081_000, &[message(Kind::Closing, 0, incidents)]);
    for (message, wanted) in [
        (
            message(Kind::Closing, 1_081_000, vec![gone()]),
            "Tetris on kiosk-17 is no longer expected\nIt did not work from 14:02 to 14:20, for 18 min.\n",
        ),
        (
            message(Kind::Closing, 1_081_000, vec![back()]),
            "Map on kiosk-17 works again\nIt did not from 14:02 to 14:20, for 18 min.\n",
        ),
        (
            message(Kind::Closing, 1_081_000, vec![over(Ending::Goodbye, "Quiz")]),
            "Quiz on kiosk-17 was switched off or said goodbye\n\
             It did not work from 14:02 to 14:20, for 18 min.\n",
        ),
        (
            message(Kind::Closing, 1_081_000, vec![gone(), gone()]),
            "2 screens are no longer expected\n\
             Tetris on kiosk-17: is no longer expected; did not work from 14:02 to 14:20, for 18 min\n\
             Tetris on kiosk-17: is no longer expected; did not work from 14:02 to 14:20, for 18 min\n",
        ),
        (
            message(Kind::Closing, 1_081_000, vec![gone(), back()]),
            "2 incidents are over\n\
             Tetris on kiosk-17: is no longer expected; did not work from 14:02 to 14:20, for 18 min\n\
             Map on kiosk-17: works again; did not from 14:02 to 14:20, for 18 min\n",
        ),
        (
            digest(vec![gone()]),
            "While you could not be reached: 1 incident, all over\n\
             Tetris on kiosk-17: is no longer expected; did not work from 14:02 to 14:20, for 18 min\n",
        ),
    ] {
        assert_eq!(text(&message), wanted);
    }
}

#[test]
fn the_other_kinds_read_well() {
    let two = || vec![incident("Tetris", "kiosk-17"), incident("Map", "kiosk-22")];
    let mut group = incident("x", "y");
    group = Incident { screens: Some(12), ..hall(group.since) };
    let over = Incident { until: Some(SINCE + 1_080_000), ..incident("Tetris", "kiosk-17") };
    let digest = Message::digest(
        SINCE + 7_200_000,
        &[message(Kind::Opening, 0, two()), message(Kind::Closing, 0, vec![over])],
    );
    let report =
        |ready, incidents| Message { ready: Some((ready, 60)), ..message(Kind::Report, 300_000, incidents) };
    for (message, wanted) in [
        (
            message(Kind::Opening, 15_000, vec![group.clone()]),
            "hall 3 does not work\n12 screens are silent, since 14:02, for 15 s. \
             Look first at what they have in common: power, switch, network.\n",
        ),
        (
            message(Kind::Reminder, 90_000_000, two()),
            "2 screens still do not work\n\
             Tetris on kiosk-17: the picture is frozen: nothing new is drawn, since 14 Jul 14:02, for 25 h\n\
             Map on kiosk-22: the picture is frozen: nothing new is drawn, since 14 Jul 14:02, for 25 h\n",
        ),
        (Message::test(SINCE), "This is a test: hb reaches you here\n"),
        (report(60, Vec::new()), "All 60 screens are ready\n"),
        (
            report(59, vec![incident("Tetris", "kiosk-17")]),
            "59 of 60 screens are ready\n\
             Tetris on kiosk-17: the picture is frozen: nothing new is drawn, since 14:02, for 5 min\n",
        ),
        (
            digest,
            "While you could not be reached: 2 incidents, 1 still open\n\
             Tetris on kiosk-17: works again; did not from 14:02 to 14:20, for 18 min\n\
             Map on kiosk-22: the picture is frozen: nothing new is drawn, since 14:02, for 2 h\n",
        ),
    ] {
        assert_eq!(text(&message), wanted);
    }
}

#[test]
fn sixty_screens_are_twenty_lines() {
    let all = (0..60).map(|at| incident("Tetris", &format!("kiosk-{at}"))).collect();
    let text = text(&message(Kind::Opening, 0, all));
    assert!(text.starts_with("60 screens do not work\n") && text.ends_with("\nand 40 more\n"), "{text}");
    assert_eq!(text.lines().count(), 22);
}

#[test]
fn of_more_than_anybody_reads_it_says_how_many_there_are_in_each_hall() {
    let screen = |n: u32| {
        let hall = ["hall 3", "hall 1", "hall 3", ""][(n % 4) as usize];
        incident("Tetris", &format!("kiosk-{n:02}")).in_hall(Some(hall))
    };
    let words = |count| Words::new(&message(Kind::Opening, 0, (0..count).map(screen).collect()), &zone());
    assert!(
        words(40).text().ends_with("\nand 20 more; of all: 20 in hall 3, 10 in hall 1\n"),
        "{}",
        words(40).text()
    );
    assert_eq!(words(20).json()["halls"], serde_json::json!([]), "each is named");
}

#[test]
fn a_groups_incident_names_the_screens_it_is_about() {
    assert_eq!(
        text(&message(Kind::Opening, 15_000, vec![dark(3)])),
        "hall 3 does not work\n\
         3 screens are silent, since 14:02, for 15 s: \
         Tetris on kiosk-00; Tetris on kiosk-01; Tetris on kiosk-02. \
         Look first at what they have in common: power, switch, network.\n"
    );
    // Among others, and no more than twenty of them.
    for (count, end) in [(20, "; Tetris on kiosk-19\n"), (25, "; Tetris on kiosk-19; and 5 more\n")] {
        let two = vec![incident("Map", "desk"), dark(count)];
        let text = text(&message(Kind::Reminder, 0, two));
        assert!(text.contains("silent, since 14:02, for 0 s: Tetris on kiosk-00; "), "{text}");
        assert!(text.ends_with(end), "{text}");
        assert_eq!(text.lines().count(), 3, "{text}");
    }
    // Once it is over, who was part of it is of no interest.
    let over = Incident { until: Some(SINCE + 60_000), ..dark(25) };
    let over = Words::new(&message(Kind::Closing, 60_000, vec![over]), &zone());
    assert_eq!(over.text(), "hall 3 works again\nIt did not from 14:02 to 14:03, for 60 s.\n");
    assert_eq!((over.incidents[0].covers.len(), over.incidents[0].more), (0, 0));
}

#[test]
fn chats_mails_and_programs_are_told_which_screens() {
    let words = Words::new(&message(Kind::Opening, 0, vec![dark(25)]), &zone());
    let bodies =
        [chat::slack(&words), chat::mattermost(&words), chat::teams(&words), chat::ntfy(&words, "t")];
    let mut forms: Vec<String> = bodies.iter().map(Value::to_string).collect();
    forms.push(mail::html(&words));
    for form in forms {
        assert!(form.contains("Tetris on kiosk-19; and 5 more") && !form.contains("kiosk-20"), "{form}");
    }
    let facts = &words.json()["incidents"][0];
    let covers = facts["covers"].as_array().unwrap();
    assert_eq!((covers.len(), &covers[0], &facts["more"]), (20, &"Tetris on kiosk-00".into(), &5.into()));
}

#[test]
fn what_an_older_version_kept_names_nobody() {
    let mut kept = serde_json::to_value(dark(25)).unwrap();
    kept.as_object_mut().unwrap().remove("covers").unwrap();
    let old: Incident = serde_json::from_value(kept).unwrap();
    assert_eq!((old.screens, old.covers.len(), old.unnamed()), (Some(25), 0, 0));
    let text = text(&message(Kind::Opening, 0, vec![old]));
    assert!(text.contains("\n25 screens are silent, since 14:02, for 0 s. Look "), "{text}");
}

/// A name that says something in every language that it will be written in.
const HOSTILE: &str =
    r#"<b>"x"'</b> & <!channel> @all **b** [c](http://e.vil) `d` {{ 7*7 }} {{DATE(1)}} \" \n ${e} %0A"#;

#[test]
fn no_name_is_an_address_where_chats_look_for_some() {
    for (name, safe) in [
        ("http://e.vil", r"http：\/\/e.vil"),
        ("HTTPS://e.vil", r"HTTPS：\/\/e.vil"),
        ("ftp://e.vil", r"ftp：\/\/e.vil"),
        ("www.e.vil", "www．e.vil"),
        ("see WWW2.e.vil", "see WWW2．e.vil"),
        ("Größe: 7.5", "Größe: 7.5"),
    ] {
        let words = Words::new(&message(Kind::Opening, 0, vec![incident(name, "h")]), &zone());
        let text = chat::mattermost(&words)["text"].to_string();
        let text: String = serde_json::from_str(&text).unwrap();
        assert!(text.contains(&format!(" {safe} on h does not work**")), "{name}: {text}");
    }
}

#[test]
fn a_hostile_name_is_only_a_name_in_every_form() {
    let words = Words::new(&message(Kind::Opening, 0, vec![incident(HOSTILE, "h")]), &zone());
    let title = format!("{HOSTILE} on h does not work");
    assert_eq!(words.title, title);
    // Plain text of Slack, and its notification, in which nothing opens.
    let slack = chat::slack(&words);
    assert_eq!(slack["blocks"][0]["text"]["type"], "plain_text");
    assert!(slack["blocks"][0]["text"]["text"].as_str().unwrap().contains(HOSTILE));
    assert!(!slack["text"].as_str().unwrap().contains(['<', '>']), "{slack}");
    // Markdown of Mattermost: each mark stands behind its backslash, and nobody is called.
    let mattermost = chat::mattermost(&words);
    let text = mattermost["text"].as_str().unwrap();
    let name = text.strip_prefix("**").unwrap().split("**\n").next().unwrap();
    let mut before = ' ';
    for c in name.chars() {
        assert!(!"*_[]()<>`~!#|{}\"&".contains(c) || before == '\\', "{c} in {name}");
        assert_ne!(c, '@');
        before = if before == '\\' { ' ' } else { c };
    }
    assert!(!name.contains("http:"), "{name}");
    // Text runs of Teams, without the only thing that is read in them.
    let teams = chat::teams(&words);
    let run = &teams["attachments"][0]["content"]["body"][0]["inlines"][0];
    assert_eq!(run["type"], "TextRun");
    assert!(!run["text"].as_str().unwrap().contains("{{"));
    // ntfy reads no markup unless asked.
    let ntfy = chat::ntfy(&words, "hall3");
    assert_eq!((&ntfy["title"], ntfy.get("markdown")), (&Value::from(title.clone()), None));
    // Mail.
    let html = mail::html(&words);
    assert!(html.contains("&lt;b&gt;") && !html.contains("<b>") && html.contains("{{ 7*7 }}"), "{html}");
    assert_eq!(mail::subject(&words).lines().count(), 1);
    // Programs.
    assert_eq!(words.json()["incidents"][0]["app"], HOSTILE);
    // Templates: a name is never read as one, and JSON stays JSON.
    let json = Template::new(r#"{"m": {{ title }}, "t": {{ text }}}"#, Form::Json).unwrap();
    let made: Value = serde_json::from_str(&json.render(&words).unwrap()).unwrap();
    assert_eq!(made["m"], title);
    let html = Template::new("<p>{{ incidents[0].app }}</p>", Form::Html).unwrap().render(&words).unwrap();
    assert!(!html.contains("<b>"), "{html}");
    let plain = Template::new("{{ title }}", Form::Text).unwrap().render(&words).unwrap();
    assert_eq!(plain, title);
}

#[test]
fn what_cannot_be_seen_ends_no_line_even_if_a_store_kept_it() {
    let mut screen = incident("a", "h");
    screen.app = "a\r\nBcc: all@example.org\u{202E}".into();
    let words = Words::new(&message(Kind::Opening, 0, vec![screen]), &zone());
    assert_eq!(mail::subject(&words), "a  Bcc: all@example.org  on h does not work");
    let hall = Incident { covers: vec!["a\r\nb".into()], ..dark(1) };
    assert_eq!(text(&message(Kind::Opening, 0, vec![hall])).lines().count(), 2);
}

#[test]
fn a_template_that_is_wrong_says_where() {
    let wrong = Template::new("a\n{{ title", Form::Text).unwrap_err().to_string();
    assert!(wrong.starts_with("the template, line 2: "), "{wrong}");
    let words = Words::new(&message(Kind::Opening, 0, Vec::new()), &zone());
    let wrong = Template::new("x", Form::Json).unwrap().render(&words).unwrap_err().to_string();
    assert!(wrong.contains("it makes no JSON"), "{wrong}");
    let wrong = Template::new("{{ titel }}", Form::Text).unwrap().render(&words).unwrap_err().to_string();
    assert!(wrong.contains("undefined"), "{wrong}");
}

#[test]
fn where_repairs_end_a_person_is_sent() {
    let words = text(&message(Kind::GaveUp, 600_000, vec![incident("Tetris", "kiosk-17")]));
    assert!(
        words.starts_with("Tetris on kiosk-17 could not be repaired: somebody must go there\n"),
        "{words}"
    );
}
