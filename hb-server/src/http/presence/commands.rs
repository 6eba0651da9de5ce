//! Commands over a presence socket: what one page takes, is told, and answers.
//!
//! Not here: the socket.

use std::collections::VecDeque;
use std::future::pending;

use hb_bus::bus::{Filter, Received, Subscription};
use hb_bus::message::Message;
use hb_core::id::{Boot, OwnedIdentity};
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::engine::ears::Ear;
use crate::http::code;
use crate::screen;

/// Commands that wait for a page's answer; when another comes, the oldest gets none.
const UNDER_WAY: usize = 8;

/// A command, as the page is told.
#[derive(Debug, Serialize)]
struct Told<'a> {
    nr: u32,
    name: &'a str,
    /// Its name here, to be shown.
    text: &'a str,
    /// Where the picture is that leads to its page, seen from where the socket is.
    code: &'a str,
}

/// What the page says to it.
#[derive(Debug, Deserialize)]
struct Said {
    nr: u32,
    ok: bool,
    #[serde(default)]
    error: String,
}

/// The commands that one page takes over its socket.
pub(super) struct Commands {
    /// Its name here, to be shown.
    shown: String,
    /// Its code.
    code: String,
    heard: Option<(Subscription, Ear)>,
    count: u32,
    /// Those it has not answered.
    under_way: VecDeque<(u32, Message)>,
}

impl Commands {
    /// What `accepts` names, as far as a socket carries it.
    pub(super) fn of(engine: &Engine, id: &OwnedIdentity, boot: Boot, accepts: &str) -> Self {
        let id = id.borrow();
        let words = screen::WORDS.into_iter().filter(|word| accepts.split(',').any(|wanted| wanted == *word));
        let topics: Option<Vec<_>> = words.clone().map(|word| screen::presence(id, word)).collect();
        let heard = topics.filter(|topics| !topics.is_empty()).map(|topics| {
            let subscription = engine.screens().subscribe(Filter::only(topics).queue(UNDER_WAY));
            (subscription, engine.ears().open_page(id, boot, words.map(str::to_owned)))
        });
        Self { shown: id.to_string(), code: code::path(id), heard, count: 0, under_way: VecDeque::new() }
    }

    /// What the page is told next, of what comes while it `may` be asked. Never, if it takes nothing.
    pub(super) async fn next(&mut self, may: impl Fn() -> bool) -> String {
        let Some((subscription, _)) = &mut self.heard else { return pending().await };
        loop {
            match subscription.recv().await {
                // Another page is asked, or whoever asked waits in vain.
                Received::Message { .. } if !may() => {}
                Received::Message { message, .. } => {
                    let name = message.topic().as_str().rsplit('/').next().unwrap_or_default();
                    self.count += 1;
                    let told = Told { nr: self.count, name, text: &self.shown, code: &self.code };
                    let told = serde_json::to_string(&told).expect("a command is always JSON");
                    if self.under_way.len() == UNDER_WAY {
                        self.under_way.pop_front();
                    }
                    self.under_way.push_back((self.count, message));
                    return told;
                }
                // Whoever asked waits in vain, and is told so.
                Received::Missed(_) => {}
                Received::Closed => return pending().await,
            }
        }
    }

    /// The page said something: the answer to a command that it was told, or nothing that counts.
    pub(super) fn answer(&mut self, engine: &Engine, said: &str) {
        let Ok(Said { nr, ok, error }) = serde_json::from_str(said) else { return };
        let Some(at) = self.under_way.iter().position(|(asked, _)| *asked == nr) else { return };
        let Some((_, asked)) = self.under_way.remove(at) else { return };
        let answer = if ok {
            serde_json::json!({ "ok": true })
        } else {
            serde_json::json!({ "ok": false, "error": error })
        };
        let answer = Message::new(asked.topic().clone(), answer.to_string());
        // A closed bus has nobody left to tell.
        let _ = engine.screens().publish(answer.in_reply_to(&asked));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use hb_bus::bus::ReplyError;
    use hb_core::id::Identity;

    use super::*;
    use crate::engine::clock::Clock;

    #[tokio::test(start_paused = true)]
    async fn of_more_commands_than_wait_the_oldest_gets_no_answer() {
        let (clock, _hand) = Clock::manual();
        let runtime = Arc::new(hb_bus::runtime::Native::current());
        let engine = Engine::new(crate::engine::Config::default(), clock, runtime);
        let id = Identity::new("h", "", "x").unwrap().to_owned();
        let mut commands = Commands::of(&engine, &id, Boot::new("b1").unwrap(), "reload");
        let topic = screen::presence(id.borrow(), "reload").unwrap();
        let mut asked = Vec::new();
        for _ in 0..=UNDER_WAY {
            asked.push(engine.screens().request(Message::new(topic.clone(), "")).unwrap());
            commands.next(|| true).await;
            assert!(commands.under_way.len() <= UNDER_WAY);
        }
        for nr in 1..=asked.len() {
            commands.answer(&engine, &format!(r#"{{"nr":{nr},"ok":true}}"#));
        }
        for (n, receipt) in asked.into_iter().enumerate() {
            let reply = receipt.reply(Some(Duration::from_secs(1))).await;
            assert_eq!(matches!(reply, Err(ReplyError::Timeout)), n == 0, "{n}: {reply:?}");
        }
    }
}
