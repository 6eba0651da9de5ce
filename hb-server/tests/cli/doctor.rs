//! `hb doctor` with a server, without one, and with somebody else at its port. Not here: the verdicts, as tables (`cmd/doctor`).

use std::path::Path;

use serde_json::Value;

use crate::hb::{Ended, Hb, hb};
use crate::kill::Serve;
use crate::stub::Stub;

/// What it finds: (check, level, what it says).
fn found(command: Hb) -> (Option<i32>, Vec<(String, String, String)>) {
    let Ended { code, out, err } = command.end();
    let told: Value = serde_json::from_str(&out).unwrap_or_else(|why| panic!("{why}: {out}{err}"));
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let findings = told["findings"].as_array().unwrap().iter();
    let found = findings.map(|one| (text(one, "check"), text(one, "level"), text(one, "says"))).collect();
    (code, found)
}

fn of<'a>(found: &'a [(String, String, String)], check: &str) -> Vec<(&'a str, &'a str)> {
    let of = found.iter().filter(|(of, ..)| of == check);
    of.map(|(_, level, says)| (level.as_str(), says.as_str())).collect()
}

fn at(home: &Path, url: &str, text: &str) -> Hb {
    let (config, state) = (home.join("hb.toml"), home.join("state"));
    std::fs::write(&config, text).unwrap();
    let [config, state] = [&config, &state].map(|path| path.to_str().unwrap());
    hb(&["doctor", "--json", "--config", config, "--state", state]).env("HB_URL", url)
}

#[test]
fn a_server_that_is_well_is_found_well() {
    let home = tempfile::tempdir().unwrap();
    let serve = Serve::with(home.path(), "");
    let (code, all) = found(at(home.path(), &serve.url(), ""));
    let server = of(&all, "server");
    let version = format!("version {}, 0 screens", env!("CARGO_PKG_VERSION"));
    assert!(matches!(server[..], [("ok", says)] if says.ends_with(&version)), "{all:?}");
    let port = of(&all, "port");
    let who = if cfg!(target_os = "linux") { "hb (process " } else { "hb listens" };
    assert!(matches!(port[..], [("ok", says)] if says.starts_with(who)), "{all:?}");
    let state = home.path().join("state");
    let used = format!("{}, which the server uses, can be written to", state.display());
    assert_eq!(of(&all, "memory")[0], ("ok", &*used), "{all:?}");
    assert_ne!(code, Some(2), "{all:?}");
    assert!(
        !std::fs::read_dir(home.path().join("state"))
            .unwrap()
            .any(|file| { file.unwrap().file_name().to_string_lossy().contains("doctor") })
    );
}

#[test]
fn the_memory_that_is_looked_at_is_the_servers_own() {
    let [home, elsewhere] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let serve = Serve::with(home.path(), "");
    let mine = |folder: &Path| folder.join("state").display().to_string();
    // Typed, it is looked at, and said to be no folder of that server.
    let (code, all) = found(at(elsewhere.path(), &serve.url(), ""));
    let memory = of(&all, "memory");
    let says = format!("{} is not used by the server that answers", mine(elsewhere.path()));
    assert!(memory[0].0 == "look" && memory[0].1.starts_with(&says), "{all:?}");
    assert_ne!(code, Some(0), "{all:?}");
    // So it is where another server uses it.
    let _other = Serve::with(elsewhere.path(), "");
    let (code, all) = found(at(elsewhere.path(), &serve.url(), ""));
    if cfg!(target_os = "linux") {
        let [says, than] = [&mine(elsewhere.path()), "than the server that answers"];
        let memory = of(&all, "memory")[0];
        assert!(memory.0 == "look" && memory.1.starts_with(says) && memory.1.ends_with(than), "{all:?}");
        assert_ne!(code, Some(0), "{all:?}");
    }
    // Else it is found by what that process has open, whatever this account would use itself.
    let config = elsewhere.path().join("hb.toml");
    let doctor = hb(&["doctor", "--json", "--config", config.to_str().unwrap()]);
    let (_, all) = found(doctor.env("HB_URL", &serve.url()).env("XDG_STATE_HOME", &mine(elsewhere.path())));
    let memory = of(&all, "memory");
    if cfg!(target_os = "linux") {
        let says = format!("{}, which the server uses, can be written to", mine(home.path()));
        assert_eq!(memory[0], ("ok", &*says), "{all:?}");
    }
}

#[test]
fn somebody_else_at_the_port_is_named() {
    let home = tempfile::tempdir().unwrap();
    let stub = Stub::new(|_| (200, "hello".into()));
    let (code, all) = found(at(home.path(), stub.url(), ""));
    assert_eq!(code, Some(2));
    assert_eq!(of(&all, "server"), [("wrong", "something answers there (200), and it is no hb server")]);
    let port = of(&all, "port");
    assert!(matches!(port[..], [("wrong", says)] if says.contains("listens on 127.0.0.1:")), "{all:?}");
    if cfg!(target_os = "linux") {
        let who = format!("(process {}) listens on", std::process::id());
        assert!(port[0].1.contains(&who), "{all:?}");
    }
    assert!(!home.path().join("state").exists(), "it makes nothing");
}

#[test]
fn who_was_not_asked_is_not_said_to_be_silent() {
    let home = tempfile::tempdir().unwrap();
    let serve = Serve::with(home.path(), "");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let place = serve.url().replace("http://", "");
    let config = home.path().join("asks.toml");
    std::fs::write(&config, format!("listen = \"{place}\"\n")).unwrap();
    let asked = format!("http://{free}");
    let (_, all) = found(hb(&["doctor", "--json", "--config", config.to_str().unwrap(), "--url", &asked]));
    let port = of(&all, "port");
    assert!(matches!(port[..], [("look", says), ("ok", _)] if says.ends_with("was not asked")), "{all:?}");
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let text = "[[channel]]\nname = \"guards\"\ntype = \"command\"\nargv = [\"/nowhere/sms\"]\n";
    let (code, all) = found(at(home.path(), &url, text));
    assert_eq!(code, Some(2));
    assert!(of(&all, "server")[0].1.contains("connection refused"), "{all:?}");
    assert_eq!(of(&all, "port"), [("ok", &*format!("{free} is free"))]);
    let channel = "guards: /nowhere/sms cannot be reached: there is no such program here";
    assert_eq!(of(&all, "channel"), [("wrong", channel)]);

    let (code, all) = found(at(home.path(), &url, "polcy = \"auto\"\n"));
    assert_eq!(code, Some(2));
    let of = of(&all, "configuration");
    assert!(matches!(of[..], [("wrong", says)] if says.contains("did you mean `policy`?")), "{all:?}");

    // For people, with what to do beneath.
    let config = home.path().join("hb.toml");
    let ended = hb(&["doctor", "--config", config.to_str().unwrap()]).env("HB_URL", &url).end();
    assert!(
        ended.out.contains("\n                      start it: hb serve") && ended.out.contains(" wrong, "),
        "{ended:?}"
    );
}
