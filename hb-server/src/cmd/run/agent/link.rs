//! The task of the agent's link: hears what is asked and has it done, tells how the child is, and says once when the
//! server does not let it in.
//!
//! Not here: what is done (`work`), when to connect again (`hb_bus::guest`).

use std::future::pending;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hb_bus::bus::Taken;
use hb_bus::guest::{Event, Guest, Heard, Subscription};
use hb_bus::message::{Message, Topic};
use hb_core::repair::Action;
use hb_server::watch::agent::Life;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::super::super::ask::printable;
use super::super::eye::{Shot, Shots};
use super::work::Work;

const LIFE: Topic = Topic::from_static("./life");
const PICTURE: Topic = Topic::from_static("./picture");
/// How long the server may take to say that it heard.
const PATIENCE: Duration = Duration::from_secs(10);

/// Attends the link until the agent is dropped; what is under way then ends.
pub(super) async fn attend(
    guest: Guest,
    mut heard: Subscription,
    work: Arc<Work>,
    mut life: watch::Receiver<Option<Life>>,
    told: watch::Sender<Option<Life>>,
    mut shots: Option<Shots>,
) {
    let mut events = guest.events(8);
    let mut tasks = JoinSet::new();
    let mut is_away = false;
    loop {
        let tell = tokio::select! {
            heard = heard.recv() => match heard {
                Heard::Message { message, .. } => {
                    let (work, guest) = (Arc::clone(&work), guest.clone());
                    tasks.spawn(async move { answer(&work, &guest, &message).await });
                    false
                }
                // A server that was away knows nothing any more.
                Heard::Connected { .. } => true,
                Heard::Refused(reason) => {
                    eprintln!("hb: the server lets no agent hear it: {}", printable(&reason));
                    false
                }
                Heard::Missed(_) => false,
                Heard::Closed => return,
            },
            changed = life.changed() => match changed {
                Ok(()) => true,
                Err(_) => return,
            },
            event = events.recv() => {
                is_away = report(event, is_away);
                false
            }
            Some(shot) = shown(&mut shots) => {
                // Where it does not arrive, the next one will.
                let _ = guest.publish(&Message::new(PICTURE, shot.caption.with(&shot.jpeg)));
                false
            }
            Some(_) = tasks.join_next(), if !tasks.is_empty() => false,
        };
        let Some(now) = tell.then(|| *life.borrow_and_update()).flatten() else { continue };
        let (guest, told) = (guest.clone(), told.clone());
        tasks.spawn(async move {
            let said = serde_json::to_vec(&now).expect("words and numbers are always JSON");
            // Where it fails, the next connection begins with how things are then.
            if guest.request(&Message::new(LIFE, said), PATIENCE).await.is_ok() {
                told.send_replace(Some(now));
            }
        });
    }
}

/// The next picture to show; none ever, where there is to be none.
async fn shown(shots: &mut Option<Shots>) -> Option<Arc<Shot>> {
    let Some(latest) = shots else { return pending().await };
    match latest.changed().await {
        Ok(()) => latest.borrow_and_update().clone(),
        Err(_) => {
            *shots = None;
            None
        }
    }
}

async fn answer(work: &Work, guest: &Guest, asked: &Message) {
    let word = asked.topic().as_str().rsplit('/').next().unwrap_or_default();
    let Some(action) = Action::from_word(word) else { return };
    let answer = serde_json::to_vec(&work.carry_out(action, asked.data()).await);
    let answer = answer.expect("words and numbers are always JSON");
    // An error means that the agent has left.
    let _ = guest.publish(&Message::new(asked.topic().clone(), answer).in_reply_to(asked));
}

/// Says once that the server is away or refuses, and once that it no longer does. Whether it is away.
fn report(event: Taken<Event>, was_away: bool) -> bool {
    match event {
        Taken::Item(Event::Offline { reason, .. }) => {
            if !was_away {
                eprintln!("hb: no agent's link: {} (still trying)", printable(&reason));
            }
            true
        }
        Taken::Item(Event::Online(_)) => {
            if was_away {
                eprintln!("hb: the agent's link stands again");
            }
            false
        }
        Taken::Item(Event::Denied(reason)) => {
            eprintln!("hb: the server denies the agent: {}", printable(&reason));
            was_away
        }
        Taken::Missed(_) | Taken::Closed => was_away,
    }
}

/// Where `endpoint` leads over a network in the clear; `None` if it does not.
pub(super) fn in_the_clear(endpoint: &str) -> Option<&str> {
    let place = endpoint.strip_prefix("ws://")?.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inside, _)) => inside,
        None => place.split(':').next().unwrap_or_default(),
    };
    let is_here = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.to_canonical().is_loopback());
    (!is_here).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_in_the_clear_is_noticed() {
        for (endpoint, place) in [
            ("ws://127.0.0.1:8888/hb_link", None),
            ("ws://[::1]:8888/hb_link", None),
            ("ws://localhost/hb_link", None),
            ("wss://hall.example/hb_link", None),
            ("ws://hall.example:8888/hb_link", Some("hall.example:8888")),
            ("ws://[fd00::1]:8888/hb_link", Some("[fd00::1]:8888")),
            ("ws://localhost.example/hb_link", Some("localhost.example")),
        ] {
            assert_eq!(in_the_clear(endpoint), place, "{endpoint}");
        }
    }
}
