//! What an agent does when it is asked, one thing at a time, and never anything that its own command line does not name.
//!
//! Not here: who asks.

use std::ffi::OsString;

use hb_core::repair::{Action, Failure};
use hb_server::exec::{Config, Executor, Order};
use hb_server::watch::agent::{Answer, Asked, Stopped};
use hb_server::watch::repairs::Report;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::Asker;

/// What a program needs, besides what the executor gives it, to speak to the desktop on which the kiosk runs.
const DESKTOP: [&str; 5] =
    ["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];

/// What this agent may do.
pub(super) struct Work {
    app: String,
    command: Option<OsString>,
    reboot: bool,
    restarts: mpsc::Sender<Asker>,
    executor: Executor,
    one: Semaphore,
}

impl Work {
    pub(super) fn new(
        app: String,
        command: Option<OsString>,
        reboot: bool,
        restarts: mpsc::Sender<Asker>,
    ) -> Self {
        let mut config = Config::default();
        let desktop = DESKTOP.iter().filter_map(|name| Some(((*name).into(), std::env::var_os(name)?)));
        config.environment.extend(desktop);
        Self { app, command, reboot, restarts, executor: Executor::new(config), one: Semaphore::new(1) }
    }

    /// Does what was asked, and says how it went.
    pub(super) async fn carry_out(&self, action: Action, asked: &[u8]) -> Answer {
        let Ok(asked) = serde_json::from_slice::<Asked>(asked) else {
            return refused("I do not understand: are server and agent of one release?");
        };
        let Some(step) = asked.step(action) else {
            return refused("I do not know these words: are server and agent of one release?");
        };
        // A reboot is asked of whoever may, for any app of the host.
        if action != Action::Reboot && step.id.borrow().app() != self.app {
            return refused(&format!("I supervise {}", self.app));
        }
        let Ok(_one) = self.one.try_acquire() else { return refused("another repair is under way here") };
        eprintln!(
            "hb: the server asks for {} ({}, attempt {})",
            action.word(),
            step.why.word(),
            step.attempt
        );
        let order = match (action, &self.command) {
            (Action::Restart, _) => return self.restart().await,
            (Action::Command, Some(program)) => Order::Command(vec![program.clone()]),
            (Action::Reboot, _) if self.reboot => Order::Reboot,
            (Action::Command, None) => return refused("I was given no --repair-command"),
            (Action::Reboot, _) => return refused("I was not told --allow-reboot"),
            (Action::Reload, _) => return refused("a page is asked by its own link"),
        };
        let Report { failure, said, .. } = self.executor.carry_out(&order, &step).await.into();
        let stopped = failure.map(|failure| match failure {
            Failure::NobodyListening | Failure::Refused => Stopped::Refused,
            Failure::TimedOut => Stopped::TimedOut,
            Failure::Exit(code) => Stopped::Exit(code),
        });
        Answer { stopped, said }
    }

    async fn restart(&self) -> Answer {
        let (answer, done) = oneshot::channel();
        // An error in either means that the supervisor is about to end.
        match self.restarts.send(Asker(answer)).await {
            Ok(()) => done.await.unwrap_or_else(|_| refused("hb run ends")),
            Err(_) => refused("hb run ends"),
        }
    }
}

fn refused(why: &str) -> Answer {
    Answer { stopped: Some(Stopped::Refused), said: why.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(app: &str) -> Vec<u8> {
        format!(r#"{{"host":"h","app":"{app}","ticket":1,"attempt":1,"why":"gpu-stuck"}}"#).into_bytes()
    }

    fn work(command: Option<&str>, reboot: bool) -> (Work, mpsc::Receiver<Asker>) {
        let (restarts, asked) = mpsc::channel(1);
        (Work::new("x".into(), command.map(OsString::from), reboot, restarts), asked)
    }

    #[tokio::test]
    async fn nothing_is_done_that_the_command_line_does_not_name() {
        let (work, _asked) = work(None, false);
        for (action, said) in [
            (Action::Command, "I was given no --repair-command"),
            (Action::Reboot, "I was not told --allow-reboot"),
            (Action::Reload, "a page is asked by its own link"),
        ] {
            assert_eq!(work.carry_out(action, &asked("x")).await, refused(said));
        }
        for odd in
            [&b"{}"[..], b"restart", br#"{"host":"h","app":"x","ticket":1,"attempt":1,"why":"silence"}"#]
        {
            assert_eq!(work.carry_out(Action::Restart, odd).await.stopped, Some(Stopped::Refused));
        }
        assert_eq!(work.carry_out(Action::Restart, &asked("y")).await, refused("I supervise x"));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_named_program_runs_and_what_comes_over_the_wire_is_no_argument() {
        let (work, _asked) = work(Some("env"), false);
        let wire = br#"{"host":"h","app":"x","ticket":1,"attempt":3,"why":"gpu-stuck","argv":["rm"],"command":"rm"}"#;
        let answer = work.carry_out(Action::Command, wire).await;
        assert_eq!(answer.stopped, None, "{answer:?}");
        let (work, _asked) = self::work(Some("false"), false);
        assert_eq!(work.carry_out(Action::Command, wire).await.stopped, Some(Stopped::Exit(1)));
    }

    #[tokio::test]
    async fn one_repair_at_a_time() {
        let (work, mut asks) = work(None, false);
        let question = asked("x");
        let first = work.carry_out(Action::Restart, &question);
        tokio::pin!(first);
        let asker = tokio::select! {
            biased;
            answer = &mut first => panic!("{answer:?}"),
            asker = asks.recv() => asker.unwrap(),
        };
        let second = work.carry_out(Action::Restart, &question).await;
        assert_eq!(second, refused("another repair is under way here"));
        asker.refuse("no");
        assert_eq!(first.await, refused("no"));
        drop(asks);
        assert_eq!(work.carry_out(Action::Restart, &question).await, refused("hb run ends"));
    }
}
