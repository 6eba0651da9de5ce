//! The table as a person sees it: words and keys in, the characters of a terminal out.

use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;
use serde_json::{Value, json};

use super::feed::{Feed, Name};
use super::list::{Choice, Group};
use super::machine::{Input, Key, Mode, Output, Top};
use super::story;
use super::view::Painter;
use crate::cmd::when::Now;

const AT: &str = "2026-11-21T19:00:00.000Z";

/// A table, its terminal and its time.
struct Desk {
    top: Top,
    painter: Painter,
    terminal: Terminal<TestBackend>,
    now: Duration,
}

impl Desk {
    fn new(width: u16, height: u16) -> Self {
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let top = Top::new("http://127.0.0.1:8888".into(), Choice::default());
        Self { top, painter: Painter::new(true), terminal, now: Duration::ZERO }
    }

    fn with(width: u16, height: u16, apps: &Value) -> Self {
        let mut desk = Self::new(width, height);
        desk.say("snapshot", &json!({ "at": AT, "apps": apps }));
        desk
    }

    /// What the server says, as it says it.
    fn say(&mut self, event: &str, data: &Value) -> Vec<Output> {
        let mut feed = Feed::default();
        let lines = [format!("event: {event}"), format!("data: {data}"), String::new()];
        let word = lines.iter().find_map(|line| feed.line(line)).unwrap();
        let out = self.input(Input::Word(word));
        self.top.settle(self.now);
        out
    }

    fn input(&mut self, input: Input) -> Vec<Output> {
        let mut out = Vec::new();
        self.top.handle(self.now, 10, input, &mut out);
        out
    }

    fn press(&mut self, keys: &[Key]) -> Vec<Output> {
        keys.iter().flat_map(|key| self.input(Input::Key(*key))).collect()
    }

    fn typed(&mut self, text: &str) -> Vec<Output> {
        text.chars().flat_map(|c| self.input(Input::Key(Key::Char(c)))).collect()
    }

    /// What stands on the terminal, without blanks at the ends of lines.
    fn seen(&mut self) -> String {
        let wall = Now::at(AT, "Europe/Berlin");
        self.top.settle(self.now);
        let (top, now) = (&self.top, self.now);
        self.terminal.draw(|frame| self.painter.draw(frame, top, now, &wall)).unwrap();
        let buffer = self.terminal.backend().buffer();
        let width = usize::from(buffer.area.width);
        let lines = buffer.content.chunks(width).map(|row| {
            let line: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
            line.trim_end().to_owned() + "\n"
        });
        lines.collect()
    }

    /// The names of the screens, from above.
    fn order(&mut self) -> Vec<String> {
        self.top.settle(self.now);
        let (lines, _) = self.top.lines();
        let name = |line: &super::list::Line| match line {
            super::list::Line::Screen(Name { app, .. }) => app.clone(),
            super::list::Line::Head { name, .. } => format!("[{name}]"),
        };
        lines.iter().map(name).collect()
    }
}

fn app(name: &str, host: &str, state: &str, more: &Value) -> Value {
    let mut view = json!({
        "app": name, "host": host, "slot": "", "state": state, "cause": "none", "sentence": "works", "nagios": "OK",
        "since": "2026-11-21T18:56:40.000Z", "last_beat_age_ms": 1200, "promise_ms": 9000, "granted_ms": 9000,
        "overdue": 0.1, "fps": 60.0, "muted": false, "sessions": 1, "vitals": {}, "groups": ["hall 3"],
    });
    for (key, value) in more.as_object().unwrap() {
        view[key] = value.clone();
    }
    view
}

fn hall() -> Value {
    json!([
        app("attract", "hall3-02", "up", &json!({})),
        app(
            "tetris",
            "hall3-01",
            "stalled",
            &json!({
                "cause": "no-frames", "sentence": "the picture is frozen: nothing new is drawn", "nagios": "CRITICAL", "fps": 12.0,
                "incident": { "number": 12, "since": AT, "acknowledged": null, "snoozed_until": null },
            })
        ),
        app(
            "quiz",
            "hall3-10",
            "down",
            &json!({
                "sentence": "is silent", "nagios": "CRITICAL", "last_beat_age_ms": 240_000,
                "incident": { "number": 11, "since": AT, "acknowledged": { "by": "ada", "from": "10.0.0.4" }, "snoozed_until": null },
            })
        ),
        app(
            "lamp",
            "hall3-09",
            "late",
            &json!({
                "sentence": "has not been heard for longer than it promised", "muted": true, "groups": [],
                "mute": { "id": 3, "kind": "snooze", "for": "lamp", "by": "ada", "reason": "new bulb", "until": "2026-11-21T20:30:00.000Z" },
            })
        ),
    ])
}

#[test]
fn a_technician_sees_at_a_glance_what_needs_a_look() {
    let mut desk = Desk::with(80, 12, &hall());
    let seen = desk.seen();
    let expected = "\
1 needs a look, 1 taken, 1 muted, 1 fine  20:00:00  127.0.0.1:8888
by urgency
  STATE     SINCE APP           HOST          FPS  BEAT  PROM  WHY, OR WHO
! stalled   3m    tetris        hall3-01      0    1.2s  9s    no new frames
* down      3m    quiz          hall3-10      -    4m    9s    ada cares
- late      3m    lamp          hall3-09      60   1.2s  9s    muted until 21:30
  up        3m    attract       hall3-02      60   1.2s  9s



tetris: stalled for 3m20s, the picture is frozen: nothing new is drawn
Enter all  / find  w wrong  s sort  g group  a ack  z quiet  ? help  q quit
";
    assert_eq!(seen, expected, "\n{seen}");
}

#[test]
fn on_a_narrow_terminal_figures_go_and_names_stay_whole() {
    for (width, expected) in [
        (60, "! stalled 3m tetris hall3-01 no new frames"),
        (50, "! stalled 3m tetris hall3-01 no new frame"),
        (40, "! stalled tetris hall3-01"),
    ] {
        let seen = Desk::with(width, 12, &hall()).seen();
        // How what is left over is shared between columns is the layout's.
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(seen.lines().any(|line| words(line) == expected), "{width}\n{seen}");
        assert!(seen.contains("q quit"), "{width}\n{seen}");
    }
}

#[test]
fn screens_whose_names_begin_alike_are_told_apart() {
    let screens: Vec<Value> = (1..=3)
        .map(|at| app(&format!("hall-3-planetarium-dome-projector-{at}"), "10.0.0.7", "up", &json!({})))
        .collect();
    for width in [40, 50, 60, 72, 80, 109, 110, 132, 200] {
        let seen = Desk::with(width, 9, &json!(screens)).seen();
        let rows: Vec<&str> = seen.lines().filter(|line| line.contains("10.0.0.7")).collect();
        let tells = |at: usize| rows[at].contains("hall-") && rows[at].contains(&format!("-{}", at + 1));
        assert!(rows.len() == 3 && (0..3).all(tells), "{width}\n{seen}");
    }
    let seen = Desk::with(200, 9, &json!(screens)).seen();
    assert!(seen.contains("hall-3-planetarium-dome-projector-1 "), "\n{seen}");
}

#[test]
fn red_for_another_reason_says_nothing_of_the_frames() {
    for (cause, fps, said) in [
        ("no-frames", json!(60.0), "0 "),
        ("picture-stuck", json!(60.0), "60 "),
        ("display-off", json!(60.0), "60 "),
        ("unproven", Value::Null, "- "),
    ] {
        let screen = app("tetris", "kiosk", "stalled", &json!({ "cause": cause, "fps": fps }));
        let seen = Desk::with(80, 9, &json!([screen])).seen();
        let row = seen.lines().find(|line| line.contains("tetris")).unwrap();
        assert!(row.split("kiosk").nth(1).unwrap().trim_start().starts_with(said), "{cause}\n{seen}");
    }
}

#[test]
fn of_a_screen_that_somebody_wants_quiet_about_it_is_not_said_that_people_are_told() {
    let quiet =
        json!({ "number": 3, "since": AT, "acknowledged": null, "snoozed_until": "2026-11-21T19:30:00Z" });
    for (more, told) in
        [(json!({}), true), (json!({ "incident": quiet }), false), (json!({ "new": true }), false)]
    {
        let mut view = json!({ "cause": "display-off", "holds": ["display-off"] });
        view.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut desk = Desk::with(110, 20, &json!([app("tetris", "kiosk", "stalled", &view)]));
        desk.press(&[Key::Enter]);
        let seen = desk.seen();
        assert!(
            seen.contains("its display is off") && seen.contains("people are told") == told,
            "{more}\n{seen}"
        );
    }
}

#[test]
fn that_a_screen_is_new_is_said_once() {
    let screen = app("tetris", "kiosk", "down", &json!({ "new": true, "holds": ["new", "grace"] }));
    let mut desk = Desk::with(110, 20, &json!([screen]));
    desk.press(&[Key::Enter]);
    let seen = desk.seen();
    assert!(!seen.contains("it is new") && seen.contains("New: nobody is told"), "\n{seen}");
    assert!(seen.contains("wait: it was just switched on"), "\n{seen}");
}

#[test]
fn a_wide_terminal_says_what_it_means_and_who_cares() {
    let mut desk = Desk::with(132, 10, &hall());
    let seen = desk.seen();
    for part in
        ["WHAT IT MEANS", "the picture is frozen: nothing new is drawn", "ada cares", "muted until 21:30"]
    {
        assert!(seen.contains(part), "{part}\n{seen}");
    }
}

#[test]
fn it_is_red_where_somebody_must_look_and_never_where_no_colour_is_wanted() {
    let mut desk = Desk::with(80, 12, &hall());
    desk.press(&[Key::End]);
    desk.seen();
    let colour = |desk: &Desk, row: u16| desk.terminal.backend().buffer()[(2, row)].fg;
    assert_eq!(
        [3, 4, 5, 6].map(|row| colour(&desk, row)),
        [Color::Red, Color::Red, Color::Reset, Color::Green]
    );
    desk.painter.colours = false;
    desk.seen();
    let buffer = desk.terminal.backend().buffer();
    assert!(buffer.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
}

#[test]
fn keys_sort_group_and_choose() {
    let mut desk = Desk::with(80, 12, &hall());
    assert_eq!(desk.order(), ["tetris", "quiz", "lamp", "attract"], "by urgency");
    desk.typed("w");
    assert_eq!(desk.order(), ["tetris", "quiz"], "only what is wrong, and not what is muted");
    desk.typed("wsss");
    assert_eq!(desk.order(), ["tetris", "attract", "lamp", "quiz"], "by host, as a person counts");
    desk.typed("r");
    assert_eq!(desk.order(), ["quiz", "lamp", "attract", "tetris"], "turned round");
    desk.press(&[Key::Escape]);
    desk.typed("g");
    assert_eq!(desk.top.choice.group, Group::Name);
    assert_eq!(desk.order(), ["[hall 3]", "tetris", "quiz", "attract", "[in no group]", "lamp"]);
    assert!(desk.seen().contains("\n  hall 3: 3, 1 to look at\n"), "{}", desk.seen());
    desk.typed("/HALL3 up");
    desk.press(&[Key::Enter]);
    assert_eq!(desk.order(), ["[hall 3]", "attract"], "all words must be there");
    desk.typed("/x");
    assert_eq!(desk.order(), [""; 0]);
    assert!(desk.seen().contains("/HALL3 upx_"));
    desk.press(&[Key::Escape]);
    assert_eq!(desk.order(), ["[hall 3]", "attract"], "as before");
}

#[test]
fn the_chosen_screen_stays_chosen_when_others_move() {
    let mut desk = Desk::with(80, 12, &hall());
    desk.press(&[Key::Down]);
    assert_eq!(desk.top.chosen().unwrap().app, "quiz");
    let up = app("tetris", "hall3-01", "up", &json!({}));
    desk.say(
        "transition",
        &json!({ "at": AT, "app": "tetris", "host": "hall3-01", "slot": "", "to": "up", "view": up }),
    );
    assert_eq!((desk.order()[0].as_str(), desk.top.chosen().unwrap().app.as_str()), ("quiz", "quiz"));
    desk.say("event", &json!({ "at": AT, "kind": "removed", "app": "quiz", "host": "hall3-10", "slot": "" }));
    assert_eq!(desk.top.chosen().unwrap().app, "attract", "whoever stands there now");
    desk.press(&[Key::PageDown, Key::PageDown, Key::Up, Key::Home, Key::Up]);
    assert_eq!(desk.top.chosen().unwrap().app, "lamp");
}

#[test]
fn all_about_one_screen_says_what_to_do_and_what_happened() {
    let mut desk = Desk::with(80, 24, &hall());
    let asked = desk.press(&[Key::Enter]);
    let name = Name { app: "tetris".into(), host: "hall3-01".into(), slot: String::new() };
    assert_eq!(asked, [Output::Story(name.clone())]);
    assert!(desk.seen().contains("asking ..."));
    let line = story::Line { at: "20:00".into(), what: "repair: reload: no-help".into() };
    desk.input(Input::Story(name.clone(), Ok(vec![line])));
    let seen = desk.seen();
    for part in [
        "tetris @ hall3-01\n",
        "stalled for 3m20s: the picture is frozen: nothing new is drawn\n",
        "Do: Reload the page; if it freezes again",
        "Incident #12: nobody has taken it on yet (a)\n",
        "Last beat  1.2s ago, 0.10 of what was granted\n",
        "           20:00  repair: reload: no-help\n",
        "Esc back",
    ] {
        assert!(seen.contains(part), "{part}\n{seen}");
    }
    // It is asked for again, and not before there is an answer.
    assert_eq!(desk.input(Input::Tick), []);
    desk.now += Duration::from_secs(2);
    assert_eq!(desk.input(Input::Tick), [Output::Story(name)]);
    desk.now += Duration::from_secs(60);
    assert_eq!(desk.input(Input::Tick), []);
    let turn = json!({ "at": "2026-11-21T19:01:02Z", "app": "tetris", "host": "hall3-01", "slot": "", "to": "down", "cause": "none",
        "sentence": "is silent", "view": null });
    desk.say("transition", &turn);
    assert!(desk.seen().contains("down for 0s: is silent"));
    desk.press(&[Key::Escape]);
    assert_eq!(desk.top.mode, Mode::Table);
}

#[test]
fn an_incident_is_taken_on_or_put_off_and_what_became_of_it_is_said() {
    let mut desk = Desk::with(80, 12, &hall());
    assert_eq!(desk.typed("a"), [Output::Acknowledge(12)]);
    desk.input(Input::Said("not done: this needs a token".into()));
    assert!(desk.seen().contains("not done: this needs a token"));
    desk.now += Duration::from_secs(9);
    assert!(!desk.seen().contains("not done"), "for a while");
    assert_eq!(desk.typed("z"), []);
    assert!(desk.seen().contains("#12: quiet for how long? 1h_"));
    desk.press(&[Key::Backspace, Key::Backspace]);
    desk.typed("soon");
    assert_eq!(desk.press(&[Key::Enter]), []);
    assert!(desk.seen().contains("expected a number and a unit"));
    desk.press(&[Key::Backspace; 4]);
    desk.typed("2h");
    assert_eq!(desk.press(&[Key::Enter]), [Output::Snooze(12, Duration::from_secs(7200))]);
    assert_eq!(desk.top.mode, Mode::Table);
    desk.press(&[Key::End]);
    assert_eq!(desk.typed("az"), [], "attract is well");
    assert!(desk.seen().contains("attract has no open incident"));
}

#[test]
fn a_server_that_is_away_or_silent_is_never_shown_as_good() {
    let mut desk = Desk::new(80, 12);
    assert!(desk.seen().contains("connecting ..."));
    desk.say("snapshot", &json!({ "at": AT, "apps": [] }));
    assert!(desk.seen().contains("No screen has been heard yet."));
    desk.say("snapshot", &json!({ "at": AT, "apps": hall() }));
    desk.now += Duration::from_secs(5);
    let seen = desk.seen();
    assert!(seen.contains("THE SERVER IS SILENT for 5s"), "{seen}");
    assert!(
        seen.contains("  up        3m    attract       hall3-02      60   4.2s"),
        "ages do not run on\n{seen}"
    );
    let dim = |desk: &Desk| {
        desk.terminal.backend().buffer()[(2, 6)].modifier.contains(ratatui::style::Modifier::DIM)
    };
    assert!(dim(&desk));
    desk.input(Input::Lost("connection refused; is `hb serve` running?".into()));
    desk.now += Duration::from_secs(65);
    desk.input(Input::Lost("connection refused; is `hb serve` running?".into()));
    assert!(
        desk.seen()
            .contains("NOT CONNECTED for 1m5s, trying again: connection refused; is `hb serve` running?")
    );
    desk.say("snapshot", &json!({ "at": AT, "apps": [app("new", "h", "up", &json!({}))] }));
    assert!(!desk.seen().contains("CONNECTED") && !dim(&desk));
    assert_eq!(desk.order(), ["new"], "a snapshot holds all there are");
}

#[test]
fn no_name_moves_the_cursor_or_looks_like_another() {
    let nasty = "a\u{1b}[2J\u{202e}b\r\n\u{200b}c";
    let more = json!({ "sentence": nasty, "cause": nasty, "groups": [nasty], "vitals": { "errs": 1, "lasterr": nasty } });
    for (width, keys) in [(80, &[][..]), (132, &[]), (80, &[Key::Enter]), (80, &[Key::Char('g')])] {
        let mut desk = Desk::with(width, 24, &json!([app(nasty, nasty, "down", &more)]));
        desk.press(keys);
        let seen = desk.seen();
        assert!(seen.contains("a?[2J?b???c"), "{seen}");
        assert!(
            seen.chars().all(|c| c == '\n' || (!c.is_control() && c != '\u{202e}' && c != '\u{200b}')),
            "{seen:?}"
        );
    }
}

#[test]
fn any_size_of_terminal_is_good_enough_not_to_fail() {
    let many: Vec<Value> = (0..200).map(|n| app(&format!("kiosk-{n}"), "host", "up", &json!({}))).collect();
    for (width, height) in [(1, 1), (10, 3), (40, 6), (80, 24), (109, 9), (110, 9), (300, 100)] {
        let mut desk = Desk::with(width, height, &json!(many));
        for keys in [&[][..], &[Key::End], &[Key::Home], &[Key::Char('?')], &[Key::Escape, Key::Enter]] {
            desk.press(keys);
            desk.seen();
        }
    }
    // The chosen one is always to be seen, and the page moves no further than it must.
    let mut desk = Desk::with(80, 24, &json!(many));
    desk.press(&[Key::End]);
    let seen = desk.seen();
    assert!(
        seen.contains("kiosk-199 ") && seen.contains("kiosk-181 ") && !seen.contains("kiosk-180 "),
        "{seen}"
    );
    desk.press(&[Key::Up, Key::Up]);
    assert!(desk.seen().contains("kiosk-199 "));
    desk.press(&[Key::Home]);
    assert!(desk.seen().contains("kiosk-0 "));
}

#[test]
fn it_is_left_by_q_and_by_ctrl_c_wherever_one_is() {
    for keys in [&[][..], &[Key::Char('?')], &[Key::Enter], &[Key::Char('/')], &[Key::Char('z')]] {
        let mut desk = Desk::with(80, 24, &hall());
        desk.press(keys);
        assert_eq!(desk.press(&[Key::Interrupt]), [Output::Quit]);
    }
    let mut desk = Desk::with(80, 24, &hall());
    assert_eq!(desk.typed("q"), [Output::Quit]);
}

#[test]
fn a_snooze_ends_by_itself() {
    let more = json!({ "incident": { "number": 3, "since": AT, "acknowledged": null, "snoozed_until": "2026-11-21T19:00:05Z" } });
    let mut desk = Desk::with(80, 12, &json!([app("a", "h", "down", &more)]));
    assert!(desk.seen().contains("quiet until 20:00"));
    desk.say("vitals", &json!({ "at": "2026-11-21T19:00:06Z", "apps": [] }));
    assert!(!desk.seen().contains("quiet until"));
    assert!(matches!(desk.top.link, super::machine::Link::Live));
}
