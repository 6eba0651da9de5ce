//! The terminal, the keys and the connections around the machine.
//!
//! Whatever blocks has a thread of its own, and says what it has to say over one channel; they end with the process. Not
//! here: what any of it means (`machine`).

use std::io::{BufRead, Read};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use serde_json::json;

use super::feed::{Feed, LONGEST, Name};
use super::list::Choice;
use super::machine::{Input, Key, Output, Top};
use super::story::Told;
use super::view::{self, Painter};
use crate::cmd::api::{self, Api};
use crate::cmd::when::Now;

/// Ages tick.
const TICK: Duration = Duration::from_millis(500);
/// What is said faster than it is drawn waits here, and then in the network.
const QUEUE: usize = 256;
/// Until the server is tried again, each time longer.
const RETRIES: [Duration; 4] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
/// Lines of a story.
const STORY: u32 = 50;

/// What comes over the channel.
enum Said {
    Input(Input),
    /// The terminal has another size: it is drawn anew.
    Resized,
}

/// Shows the table until it is left.
pub(super) fn run(api: Api, choice: Choice) -> anyhow::Result<()> {
    let api = Arc::new(api);
    let (say, said) = mpsc::sync_channel(QUEUE);
    let mut terminal = ratatui::try_init().context("cannot take the terminal over")?;
    // Not again where a panic has done it: it is the same either way.
    let _restored = Restored;
    spawn(&say, keys);
    spawn(&say, signals);
    let server = api.server();
    spawn(&say, {
        let api = Arc::clone(&api);
        move |say| follow(&api, say)
    });

    let begun = Instant::now();
    let (mut top, mut painter) = (Top::new(server, choice), Painter::new(has_colours()));
    let mut out = Vec::new();
    loop {
        terminal.draw(|frame| painter.draw(frame, &top, begun.elapsed(), &Now::here()))?;
        let page = view::page(terminal.size()?.height);
        let mut next = said.recv_timeout(TICK);
        // All that waits, before it is drawn again.
        for _ in 0..QUEUE {
            match next {
                Ok(Said::Input(input)) => top.handle(begun.elapsed(), page, input, &mut out),
                Ok(Said::Resized) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            next = said.try_recv().map_err(|_| RecvTimeoutError::Timeout);
        }
        top.handle(begun.elapsed(), page, Input::Tick, &mut out);
        for wish in out.drain(..) {
            if wish == Output::Quit {
                return Ok(());
            }
            let api = Arc::clone(&api);
            spawn(&say, move |say| drop(say.send(Said::Input(carry_out(&api, wish)))));
        }
    }
}

/// Gives the terminal back, however we leave.
struct Restored;

impl Drop for Restored {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

fn spawn(say: &SyncSender<Said>, work: impl FnOnce(&SyncSender<Said>) + Send + 'static) {
    let say = say.clone();
    thread::spawn(move || work(&say));
}

/// Colours, unless somebody wants none or the terminal is too old for them.
fn has_colours() -> bool {
    let env = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let plain = env("TERM").is_some_and(|term| term == "dumb" || term.to_string_lossy().starts_with("vt"));
    env("NO_COLOR").is_none() && !plain
}

fn keys(say: &SyncSender<Said>) {
    loop {
        let said = match event::read() {
            Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => match meant(key) {
                Some(key) => Said::Input(Input::Key(key)),
                None => continue,
            },
            Ok(Event::Resize(..)) => Said::Resized,
            Ok(_) => continue,
            // The terminal is gone.
            Err(_) => Said::Input(Input::Key(Key::Interrupt)),
        };
        let is_over = matches!(said, Said::Input(Input::Key(Key::Interrupt)));
        if say.send(said).is_err() || is_over {
            return;
        }
    }
}

fn meant(key: KeyEvent) -> Option<Key> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char('c' | 'd') if control => Key::Interrupt,
        KeyCode::Char(_) if control || key.modifiers.contains(KeyModifiers::ALT) => return None,
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Backspace => Key::Backspace,
        _ => return None,
    })
}

/// Whoever asks us to end gets the terminal back as it was.
fn signals(say: &SyncSender<Said>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let (Ok(mut end), Ok(mut gone)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup()))
            else {
                return;
            };
            tokio::select! { _ = end.recv() => {} _ = gone.recv() => {} }
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    });
    let _ = say.send(Said::Input(Input::Key(Key::Interrupt)));
}

/// Reads what happens, and begins again where it ended whenever the line breaks.
fn follow(api: &Api, say: &SyncSender<Said>) {
    let mut feed = Feed::default();
    let mut failures = 0;
    loop {
        feed.again();
        let why = match api.events(feed.last()) {
            Err(why) => why.to_string(),
            Ok(lines) => match read(lines, &mut feed, &mut failures, say) {
                Some(why) => why,
                None => return,
            },
        };
        if say.send(Said::Input(Input::Lost(why))).is_err() {
            return;
        }
        thread::sleep(RETRIES[failures.min(RETRIES.len() - 1)]);
        failures += 1;
    }
}

/// Why it ended; `None` where nobody listens any more.
fn read(
    mut lines: impl BufRead,
    feed: &mut Feed,
    failures: &mut usize,
    say: &SyncSender<Said>,
) -> Option<String> {
    let mut line = Vec::new();
    loop {
        line.clear();
        match lines.by_ref().take(LONGEST as u64).read_until(b'\n', &mut line) {
            Ok(0) => return Some("the server ended the stream; is it stopping?".into()),
            Ok(_) if line.len() == LONGEST => {
                return Some("what answers there speaks without end: it is no hb".into());
            }
            Ok(_) => {}
            Err(why) => return Some(format!("the line broke: {why}")),
        }
        if let Some(word) = feed.line(&String::from_utf8_lossy(&line)) {
            *failures = 0;
            say.send(Said::Input(Input::Word(word))).ok()?;
        }
    }
}

fn carry_out(api: &Api, wish: Output) -> Input {
    match wish {
        Output::Quit => Input::Key(Key::Interrupt),
        Output::Story(name) => {
            let story = story(api, &name).map_err(|why| why.to_string());
            Input::Story(name, story)
        }
        Output::Acknowledge(number) => {
            let done = api.post(&format!("incidents/{number}/acknowledge"), &json!({}));
            Input::Said(became(done, || format!("#{number} is yours: nobody is reminded of it")))
        }
        Output::Snooze(number, lasts) => {
            let wanted = json!({ "for_s": lasts.as_secs() });
            let done = api.post(&format!("incidents/{number}/snooze"), &wanted);
            let until = || Now::here().after(lasts).map(|until| Now::here().end(until)).unwrap_or_default();
            Input::Said(became(done, || format!("#{number}: nobody is reminded of it until {}", until())))
        }
    }
}

fn became<T>(done: anyhow::Result<T>, well: impl FnOnce() -> String) -> String {
    match done {
        Ok(_) => well(),
        Err(why) => format!("not done: {}", of_a_line(&format!("{why:#}"))),
    }
}

/// What the server says of tokens, in what fits on a line and is of use at a terminal.
fn of_a_line(why: &str) -> &str {
    if why.contains("needs a token") {
        "that needs a token: set HB_TOKEN (hb token new NAME --role operator)"
    } else {
        why
    }
}

fn story(api: &Api, Name { app, host, slot }: &Name) -> anyhow::Result<Vec<super::story::Line>> {
    let slot = if slot.is_empty() { String::new() } else { format!("&slot={}", api::part(slot)) };
    let path = format!("apps/{}/{}/history?limit={STORY}{slot}", api::part(host), api::part(app));
    Ok(api.get(&path)?.read::<Told>()?.lines(&Now::here()))
}
