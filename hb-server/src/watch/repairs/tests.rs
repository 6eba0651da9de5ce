//! Steps carried out over a real bus and by real programs; `systemctl` is a script on the `PATH` of the executor.
#![cfg(unix)]

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use hb_bus::bus::{Filter, Subscription};
use hb_bus::runtime::Native;
use hb_core::id::Pattern;
use hb_core::repair::{Evidence, Ladder};
use hb_lease::time::Time;
use tempfile::TempDir;
use tokio::time::timeout;

use super::*;
use crate::engine::clock::Clock;
use crate::engine::ears::Ear;
use crate::exec::Unit;

const SOON: Duration = Duration::from_secs(20);

/// A server's inside, and a folder in which `systemctl` says what it was told and ends as the test wants.
struct House {
    engine: Engine,
    folder: TempDir,
}

impl House {
    fn new() -> Self {
        Self::trusting(false)
    }

    fn trusting(declared_hosts: bool) -> Self {
        let (clock, _hand) = Clock::manual();
        let mut config = crate::engine::Config::default();
        config.trust.declared_hosts = declared_hosts;
        let engine = Engine::new(config, clock, Arc::new(Native::current()));
        Self { engine, folder: tempfile::tempdir().unwrap() }
    }

    fn systemctl(&self, script: &str) {
        let path = self.folder.path().join("systemctl");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn repairer(&self, plans: Vec<Plan>) -> Repairer {
        let path = format!("{}:/usr/bin:/bin", self.folder.path().display());
        let environment = vec![("PATH".into(), path.into())];
        let executor = Executor::new(exec::Config { environment, ..exec::Config::default() });
        Repairer::new(&self.engine, executor, plans, Some("kiosk-3"))
    }

    /// An agent of `x` on this host, and what it hears.
    fn agent(&self, host: &str, action: Action) -> (Ear, Subscription) {
        let id = Identity::new(host, "", "x").unwrap();
        let ear = self.engine.ears().open(id, Over::Agent, [action.word().into()]);
        (ear, self.heard(agent::topic(id, action.word()).unwrap()))
    }

    fn heard(&self, topic: hb_bus::message::Topic) -> Subscription {
        self.engine.screens().subscribe(Filter::only([topic]))
    }

    /// Answers the next question heard.
    async fn answer(&self, heard: &mut Subscription, answer: &str) -> Message {
        let (_, message) = timeout(SOON, heard.recv()).await.unwrap().message().unwrap();
        let reply = Message::new(message.topic().clone(), answer.to_owned()).in_reply_to(&message);
        self.engine.screens().publish(reply).unwrap();
        message
    }
}

fn step(host: &str, action: Action) -> Move {
    let id = Identity::new(host, "", "x").unwrap().to_owned();
    let (at, why) = (Time::ZERO, Evidence::NoFrames);
    Move { id, ticket: 1, at, step: 0, action, attempt: 1, why, since: at, who: None }
}

fn plan() -> Plan {
    let (apps, ladder) = (vec![Pattern::everything()], Arc::new(Ladder::default()));
    Plan { apps, ladder, command: None, unit: None, dry: false }
}

fn with_unit() -> Plan {
    Plan { unit: Some(Unit::new("kiosk.service").unwrap()), ..plan() }
}

fn report(failure: Option<Failure>, by: By, said: &str) -> Option<Report> {
    Some(Report { failure, by, said: said.into() })
}

async fn done(repairer: &Repairer, step: &Move) -> Option<Report> {
    timeout(SOON, repairer.carry_out(step)).await.unwrap()
}

#[tokio::test]
async fn a_page_is_asked_to_load_again_and_its_word_counts() {
    let house = House::new();
    let repairer = house.repairer(vec![plan()]);
    let step = step("h", Action::Reload);
    let unheard = done(&repairer, &step).await.unwrap();
    assert_eq!((unheard.failure, unheard.by), (Some(Failure::NobodyListening), By::Nobody));
    let mut page = house.heard(screen::commands(step.id.borrow()).unwrap());
    for (says, failure, said) in [
        (r#"{"ok":true}"#, None, ""),
        ("", None, ""),
        (
            r#"{"ok":false,"error":"a visitor\u001b[2J plays"}"#,
            Some(Failure::Refused),
            "a visitor\u{FFFD}[2J plays",
        ),
    ] {
        let (done, asked) = tokio::join!(done(&repairer, &step), house.answer(&mut page, says));
        assert_eq!(done, report(failure, By::Page, said), "{says}");
        assert_eq!(asked.data(), r#"{"name":"reload","data":null}"#);
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_or_an_agent_that_does_not_answer_is_waited_for_so_long() {
    let house = House::new();
    let repairer = house.repairer(vec![plan()]);
    let _page = house.heard(screen::commands(step("h", Action::Reload).id.borrow()).unwrap());
    let _agent = house.agent("h", Action::Restart);
    for (action, patience) in [(Action::Reload, PAGE), (Action::Restart, AGENT)] {
        let begun = tokio::time::Instant::now();
        let report = repairer.carry_out(&step("h", action)).await.unwrap();
        assert_eq!(report.failure, Some(Failure::TimedOut));
        assert!(begun.elapsed() >= patience && begun.elapsed() < patience + Duration::from_secs(1));
    }
}

#[tokio::test]
async fn a_unit_is_restarted_where_the_app_is_of_this_machine_and_nowhere_else() {
    let house = House::new();
    house.systemctl("echo \"$@\"");
    let repairer = house.repairer(vec![with_unit()]);
    for host in ["127.0.0.1", "kiosk-3"] {
        let said = "--no-ask-password restart kiosk.service";
        assert_eq!(
            done(&repairer, &step(host, Action::Restart)).await,
            report(None, By::Program, said),
            "{host}"
        );
    }
    let away = done(&repairer, &step("10.0.0.7", Action::Restart)).await.unwrap();
    assert_eq!((away.failure, away.by), (Some(Failure::NobodyListening), By::Nobody));
    house.systemctl("echo 'Unit kiosk.service not found.' >&2; exit 5");
    let failed = report(Some(Failure::Exit(5)), By::Program, "Unit kiosk.service not found.");
    assert_eq!(done(&repairer, &step("127.0.0.1", Action::Restart)).await, failed);
}

#[tokio::test]
async fn where_others_may_say_who_they_are_a_name_is_no_proof() {
    let house = House::trusting(true);
    house.systemctl("echo \"$@\"");
    let repairer = house.repairer(vec![with_unit()]);
    for action in [Action::Restart, Action::Reboot] {
        assert_eq!(done(&repairer, &step("kiosk-3", action)).await.unwrap().by, By::Nobody);
        assert_eq!(done(&repairer, &step("127.0.0.1", action)).await.unwrap().by, By::Program);
    }
}

#[tokio::test]
async fn a_command_is_the_plans_and_else_the_agents() {
    let house = House::new();
    let words = ["sh", "-c", "for n in 1 2 3 4 5 6 7 8 9; do echo $n $HB_REPAIR_APP; done"];
    let own = Plan { command: Some(words.map(OsString::from).to_vec()), ..plan() };
    let step = step("10.0.0.7", Action::Command);
    let ran = done(&house.repairer(vec![own, plan()]), &step).await.unwrap();
    assert_eq!((ran.failure, ran.by, ran.said.lines().count()), (None, By::Program, MOST_LINES));
    assert!(ran.said.starts_with("1 x\n2 x\n"), "{}", ran.said);
    let repairer = house.repairer(vec![plan()]);
    assert_eq!(done(&repairer, &step).await.unwrap().failure, Some(Failure::NobodyListening));
    let (_ear, mut agent) = house.agent("10.0.0.7", Action::Command);
    for (says, failure, said) in [
        (r#"{"said":"done"}"#, None, "done"),
        (r#"{"stopped":{"exit":3},"said":"no"}"#, Some(Failure::Exit(3)), "no"),
        (r#"{"stopped":"refused"}"#, Some(Failure::Refused), ""),
        (r#"{"stopped":"timed-out"}"#, Some(Failure::TimedOut), ""),
    ] {
        let (done, _) = tokio::join!(done(&repairer, &step), house.answer(&mut agent, says));
        assert_eq!(done, report(failure, By::Agent, said), "{says}");
    }
    let (odd, _) = tokio::join!(done(&repairer, &step), house.answer(&mut agent, "pardon?"));
    assert_eq!(odd.unwrap().failure, Some(Failure::Refused));
}

#[tokio::test]
async fn a_host_is_rebooted_by_an_agent_of_it_that_may_else_by_us_if_we_are_it() {
    let house = House::new();
    house.systemctl("echo \"$@\"");
    let repairer = house.repairer(vec![plan()]);
    let here = step("127.0.0.1", Action::Reboot);
    let said = "--no-ask-password reboot";
    assert_eq!(done(&repairer, &here).await, report(None, By::Program, said));
    let other = Identity::new("127.0.0.1", "", "y").unwrap();
    let _may_not = house.engine.ears().open(other, Over::Agent, ["restart".into()]);
    assert_eq!(done(&repairer, &here).await.unwrap().by, By::Program);
    let _may = house.engine.ears().open(other, Over::Agent, ["reboot".into()]);
    let mut agent = house.heard(agent::topic(other, "reboot").unwrap());
    let (report, asked) = tokio::join!(done(&repairer, &here), house.answer(&mut agent, "{}"));
    assert_eq!(report.unwrap().by, By::Agent);
    let asked: Asked = serde_json::from_slice(asked.data()).unwrap();
    assert_eq!(asked, Asked::of(&here), "for whom is told");
    let away = done(&repairer, &step("10.0.0.7", Action::Reboot)).await.unwrap();
    assert_eq!((away.failure, away.by), (Some(Failure::NobodyListening), By::Nobody));
}

#[tokio::test]
async fn an_agent_that_leaves_is_waited_for_no_longer() {
    let house = House::new();
    let repairer = house.repairer(vec![plan()]);
    let said = "the agent left before it answered";
    for (action, failure) in [(Action::Restart, Some(Failure::NobodyListening)), (Action::Reboot, None)] {
        let (ear, mut agent) = house.agent("h", action);
        let step = step("h", action);
        let (done, ()) = tokio::join!(done(&repairer, &step), async {
            timeout(SOON, agent.recv()).await.unwrap().message().unwrap();
            drop(ear);
        });
        assert_eq!(done, report(failure, By::Agent, said));
    }
}

#[tokio::test]
async fn one_step_is_carried_out_once_and_a_dry_one_not_at_all() {
    let house = House::new();
    let repairer = house.repairer(vec![plan()]);
    let reload = step("h", Action::Reload);
    let mut page = house.heard(screen::commands(reload.id.borrow()).unwrap());
    let first = done(&repairer, &reload);
    tokio::pin!(first);
    tokio::select! {
        biased;
        done = &mut first => panic!("{done:?}"),
        second = repairer.carry_out(&reload) => assert_eq!(second, None),
    }
    let (first, _) = tokio::join!(first, house.answer(&mut page, ""));
    assert_eq!(first, report(None, By::Page, ""));
    let dry = house.repairer(vec![Plan { dry: true, ..plan() }]);
    assert_eq!(
        done(&dry, &reload).await,
        report(Some(Failure::Refused), By::Nobody, "the plan says dry_run")
    );
    assert!(page.try_recv().is_none(), "nobody was asked");
    // What is given up begins anew.
    let given_up = timeout(Duration::from_millis(1), repairer.carry_out(&reload)).await;
    assert!(given_up.is_err());
    let (again, _) = tokio::join!(done(&repairer, &reload), async {
        house.answer(&mut page, "").await;
        house.answer(&mut page, "").await;
    });
    assert_eq!(again, report(None, By::Page, ""));
}
