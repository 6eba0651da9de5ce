//! The task that beats for an app by its own frames: reports go to `app`, its beats to the voice, its answers back, for one
//! life after the other.
//!
//! Not here: what is said, and when (`app`), how the app reports (`frames`).

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use hb_bus::runtime;
use hb_core::beat::Beat;
use hb_core::id::Boot;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::app::{App, Config, Input, Report};
use super::heart::other_than;
use super::seen::Seen;

/// Beats for each life until its token is cancelled; when no more can come, says goodbye.
pub(super) async fn beat<F>(
    runtime: runtime::Handle,
    config: Config,
    boot: impl Fn() -> Boot,
    mut lives: UnboundedReceiver<CancellationToken>,
    mut frames: watch::Receiver<Option<Report>>,
    seen: watch::Receiver<Seen>,
    say: impl Fn(Beat<'static>) -> F,
) where
    F: Future<Output = Option<Duration>>,
{
    let mut last = None;
    while let Some(died) = lives.recv().await {
        // What the one before drew proves nothing of this one.
        let known = *frames.borrow_and_update();
        let mut app = App::new(runtime.now(), config, boot(), known);
        live(&runtime, &mut app, &died, (&mut frames, &seen), &say).await;
        last = Some(app);
    }
    if let Some(goodbye) = last.filter(|_| config.done).and_then(|app| app.end(runtime.now())) {
        say(goodbye).await;
    }
}

async fn live<F>(
    runtime: &runtime::Handle,
    app: &mut App,
    died: &CancellationToken,
    (frames, seen): (&mut watch::Receiver<Option<Report>>, &watch::Receiver<Seen>),
    say: impl Fn(Beat<'static>) -> F,
) where
    F: Future<Output = Option<Duration>>,
{
    let mut under_way: Option<Pin<Box<F>>> = None;
    let mut is_heard = true;
    let mut told = Seen::default();
    loop {
        let now = runtime.now();
        let wait = app.next_timeout().map_or(Duration::MAX, |at| at.since(now));
        let input = tokio::select! {
            biased;
            () = died.cancelled() => break,
            answer = answered(&mut under_way) => {
                under_way = None;
                if answer.is_some() { Input::Answered } else { Input::Failed }
            }
            changed = frames.changed(), if is_heard => match (changed, *frames.borrow_and_update()) {
                (Ok(()), Some(report)) => Input::Frames(report),
                (Ok(()), None) => Input::Tick,
                (Err(_), _) => {
                    // Whoever counted has ended: then there are no more frames, and that is the news.
                    is_heard = false;
                    Input::Tick
                }
            },
            now = other_than(seen, told) => {
                told = now;
                Input::Seen(now)
            }
            () = runtime.sleep(wait) => Input::Tick,
        };
        if let Some(beat) = app.handle(runtime.now(), input) {
            under_way = Some(Box::pin(say(beat)));
        }
    }
    // So that none is under way when the goodbye leaves.
    if let Some(beat) = under_way {
        beat.await;
    }
}

async fn answered<F: Future>(under_way: &mut Option<Pin<Box<F>>>) -> F::Output {
    match under_way {
        Some(beat) => beat.await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use hb_bus::runtime::{Runtime, Simulation};
    use hb_core::beat::{Diagnosis, Verb};
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    #[test]
    fn each_life_is_a_boot_and_only_the_last_says_goodbye() {
        let seconds = Duration::from_secs;
        let config = Config { interval: seconds(3), stall: seconds(3), grace: seconds(5), done: true };
        let world = Simulation::new(1);
        let said = Mutex::new(Vec::new());
        let boots = Mutex::new(0);
        let boot = || {
            let mut boots = boots.lock().unwrap();
            *boots += 1;
            Boot::new(&format!("b{boots}")).unwrap()
        };
        let say = |beat: Beat<'static>| {
            let vitals = beat.vitals;
            let boot = vitals.boot.unwrap().as_str().to_owned();
            said.lock().unwrap().push((world.now().as_millis(), boot, beat.verb, vitals.diagnosis));
            let answer = world.sleep(Duration::from_millis(20));
            async move {
                answer.await;
                Some(Duration::from_secs(4))
            }
        };
        let (lives, born) = unbounded_channel();
        let (told, frames) = watch::channel(Some(Report::Count(9)));
        let play = async {
            let first = CancellationToken::new();
            lives.send(first.clone()).unwrap();
            for count in 1..=20 {
                world.sleep(Duration::from_millis(100)).await;
                told.send_replace(Some(Report::Count(count)));
            }
            world.sleep(seconds(5)).await;
            first.cancel();
            world.sleep(seconds(60)).await;
            let second = CancellationToken::new();
            lives.send(second.clone()).unwrap();
            // Whoever counted is gone, and the second life never draws.
            drop(told);
            world.sleep(seconds(6)).await;
            second.cancel();
            drop(lives);
        };
        let (_, seen) = watch::channel(Seen::default());
        let beat = beat(world.handle(), config, boot, born, frames, seen, say);
        world.run(async { tokio::join!(play, beat) });
        let said = said.into_inner().unwrap();
        let of = |boot: &str| -> Vec<_> {
            said.iter().filter(|it| it.1 == boot).map(|it| (it.0, it.2, it.3)).collect()
        };
        let (first, second) = (of("b1"), of("b2"));
        assert_eq!(first[0], (0, Verb::Init, Some(Diagnosis::Starting)));
        assert!(first.contains(&(5_000, Verb::State, Some(Diagnosis::NoFrames))), "{first:?}");
        assert!(first.iter().all(|it| it.0 <= 7_000 && it.1 != Verb::Done), "{first:?}");
        assert_eq!(second[0], (67_000, Verb::Init, Some(Diagnosis::Starting)));
        assert!(second.contains(&(72_000, Verb::State, Some(Diagnosis::NoFrames))), "{second:?}");
        assert_eq!(
            second.last().map(|it| (it.0, it.1)),
            Some((73_020, Verb::Done)),
            "after the word under way"
        );
    }
}
