//! The thread that says beats to the server, one after the other, and what was granted for each. Not here: when to say
//! what (`heart`, `pulse`, `app`).

use std::future::Future;
use std::thread;
use std::time::Duration;

use hb_core::beat::Beat;
use tokio::sync::{mpsc, oneshot};

use crate::cmd::address::Address;
use crate::cmd::ask::{Client, NoAnswer};
use crate::cmd::beat::Name;

/// The door to the thread, which ends with it.
pub(super) struct Voice(mpsc::Sender<Asked>);

/// A beat to say, and who waits for what is granted.
struct Asked {
    beat: Beat<'static>,
    answer: oneshot::Sender<Option<Duration>>,
}

impl Voice {
    pub(super) fn start(client: Client, address: Address, name: Name) -> std::io::Result<Self> {
        // One beat under way, one waiting.
        let (beats, mut receiver) = mpsc::channel::<Asked>(1);
        let mut speaker = Speaker { client, address, name, mute: false };
        thread::Builder::new().name("voice".into()).spawn(move || {
            while let Some(Asked { beat, answer }) = receiver.blocking_recv() {
                // Whoever asked may have stopped waiting.
                let _ = answer.send(speaker.say(beat));
            }
        })?;
        Ok(Self(beats))
    }

    /// Completes with what was granted; `None` without an answer that says it.
    pub(super) fn say(&self, beat: Beat<'static>) -> impl Future<Output = Option<Duration>> + use<> {
        let beats = self.0.clone();
        async move {
            let (answer, granted) = oneshot::channel();
            beats.send(Asked { beat, answer }).await.ok()?;
            granted.await.ok()?
        }
    }
}

/// Sends beats, and says so once when they begin to fail or to succeed again.
struct Speaker {
    client: Client,
    address: Address,
    name: Name,
    mute: bool,
}

impl Speaker {
    fn say(&mut self, beat: Beat<'static>) -> Option<Duration> {
        let promise = beat.promise;
        // What a template cannot say is withheld.
        let url = self.address.beat(&self.name.about(beat), self.name.key.as_ref())?;
        let answer = self.client.get_ok(&url);
        self.report(&answer);
        let body = answer.ok()?;
        // A foreign server behind a template may answer anything; then our own promise is what we go by.
        Some(body.trim().parse().map_or(promise.as_duration(), Duration::from_millis))
    }

    fn report(&mut self, answer: &Result<String, NoAnswer>) {
        match (answer, self.mute) {
            (Err(error), false) => eprintln!("hb: {error} (going on without heartbeats, still trying)"),
            (Ok(_), true) => eprintln!("hb: heartbeats arrive again"),
            _ => {}
        }
        self.mute = answer.is_err();
    }
}
