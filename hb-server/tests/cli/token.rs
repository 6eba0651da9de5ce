//! `hb token` and `hb login`, on the folder of a running server and over its API; and what other commands show.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Child;

use tempfile::TempDir;

use crate::hb::{Ended, Hb, hb};
use crate::stub::Stub;

/// A server with a folder of its own; killed on drop.
struct Server {
    child: Child,
    url: String,
    home: TempDir,
}

impl Server {
    fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let state = home.path().to_str().unwrap();
        let mut child =
            hb(&["serve", "--listen", "127.0.0.1:0", "--state", state]).command().spawn().expect("built");
        let mut out = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let url =
            out.find_map(|line| line.strip_prefix("dashboard: ").map(String::from)).expect("an address");
        std::thread::spawn(move || out.for_each(drop));
        Self { child, url: url.trim_end_matches('/').into(), home }
    }

    fn state(&self) -> &str {
        self.home.path().to_str().unwrap()
    }

    /// On the folder.
    fn token(&self, args: &[&str]) -> Ended {
        hb(&[&["token"], args, &["--state", self.state()]].concat()).end()
    }

    fn made(&self, name: &str, role: &str) -> String {
        let ended = self.token(&["new", name, "--role", role]);
        assert_eq!((ended.code, &*ended.err), (Some(0), "hb: it is shown this once\n"));
        ended.out.trim().to_owned()
    }

    /// To the server.
    fn ask(&self, args: &[&str]) -> Hb {
        hb(args).env("HB_URL", &self.url)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_help_says_what_every_role_may() {
    let ended = hb(&["token", "--help"]).end();
    for role in ["agent", "viewer", "operator", "admin"] {
        assert!(ended.out.contains(&format!("\n  {role} ")), "{role}: {ended:?}");
    }
}

#[test]
fn a_token_made_on_the_folder_is_good_at_once_and_taken_back_it_is_not() {
    let server = Server::start();
    let reload = &["cmd", "x", "reload"];
    let nobody = server.ask(reload).end();
    assert!(nobody.code == Some(1) && nobody.err.contains("hb token new NAME --role operator"), "{nobody:?}");
    // What a program sends in a header, a person does otherwise.
    for words in [&reload[..], &["adopt", "x"], &["mute", "x", "--for", "1h"]] {
        let nobody = server.ask(words).end();
        let said = ["by --token-file FILE or HB_TOKEN, or keep one with --save", "`hb login`"];
        assert!(said.iter().all(|it| nobody.err.contains(it)), "{nobody:?}");
        assert!(!nobody.err.contains("Authorization"), "{nobody:?}");
    }
    let (desk, wall) = (server.made("desk", "operator"), server.made("wall", "viewer"));
    let known = server.ask(reload).env("HB_TOKEN", &desk).end();
    assert!(known.err.contains("no app of that name has beaten here"), "it came in: {known:?}");
    let viewer = server.ask(reload).env("HB_TOKEN", &wall).end();
    assert!(
        viewer.err.contains("`wall` has the role viewer, and asking a screen needs operator"),
        "{viewer:?}"
    );

    let listed = server.token(&["list"]).out;
    let first: Vec<_> = listed.lines().next().unwrap_or_default().split('\t').collect();
    assert!(matches!(first[..], ["desk", "operator", "for good", by] if by.contains("(cli)")), "{listed}");
    assert!(!listed.contains("hb_") && !listed.contains("login"), "{listed}");

    assert_eq!(server.token(&["revoke", "desk"]), Ended::of(0, "the token desk is taken back\n", ""));
    let deadline = std::time::Instant::now() + crate::stub::DEADLINE;
    // It may be believed for a second more.
    while !server.ask(reload).env("HB_TOKEN", &desk).end().err.contains("this token is not in force") {
        assert!(std::time::Instant::now() < deadline, "a token that was taken back is still good");
    }
    assert_eq!(server.token(&["revoke", "desk"]).code, Some(1));
}

#[test]
fn an_admin_works_with_tokens_over_the_api() {
    let server = Server::start();
    let admin = server.made("root", "admin");
    let over = |args: &[&str]| server.ask(&[&["token"], args].concat()).env("HB_TOKEN", &admin).end();
    let made = over(&["new", "ada", "--role", "operator", "--expires", "30d"]);
    assert!(made.code == Some(0) && made.out.starts_with("hb_") && made.out.len() == 68, "{made:?}");
    let listed = over(&["list"]).out;
    assert!(
        listed.contains("ada\toperator\tuntil 2") && listed.contains("by root (api 127.0.0.1)"),
        "{listed}"
    );
    let ada = server.ask(&["token", "list"]).env("HB_TOKEN", made.out.trim()).end();
    assert!(
        ada.code == Some(1)
            && ada.err.contains("`ada` has the role operator, and working with tokens needs admin"),
        "{ada:?}"
    );
    assert_eq!(over(&["revoke", "ada"]), Ended::of(0, "the token ada is taken back\n", ""));
    assert!(over(&["revoke", "ada"]).err.contains("there is no token `ada` in force"));
}

#[test]
fn a_token_is_kept_for_this_account_only_and_never_stands_on_a_command_line() {
    let server = Server::start();
    let account = server.home.path().join("account");
    let mine = |command: Hb| command.env("XDG_CONFIG_HOME", account.to_str().unwrap());
    let new = ["token", "new", "ada", "--role", "operator", "--save", "--state", server.state()];
    let saved = mine(hb(&new)).end();
    let file = account.join("hb/token");
    assert_eq!(saved, Ended::of(0, "", &format!("hb: kept in {}\n", file.display())));
    assert!(is_private(&file));
    let known = mine(server.ask(&["cmd", "x", "reload"])).end();
    assert!(known.err.contains("no app of that name has beaten here"), "{known:?}");
    let named = server.ask(&["cmd", "x", "reload", "--token-file", file.to_str().unwrap()]).end();
    assert_eq!(named, known);
    for wrong in ["--token", "--token=hb_1"] {
        assert_eq!(server.ask(&["cmd", "x", "reload", wrong]).end().code, Some(2), "{wrong}");
    }
    let garbled = server.ask(&["cmd", "x", "reload"]).env("HB_TOKEN", "hb_sesame").end();
    assert!(garbled.err.starts_with("hb: HB_TOKEN holds no token") && !garbled.err.contains("sesame"));
}

#[test]
fn a_login_is_written_for_nobody_else_and_another_one_is_printed() {
    let server = Server::start();
    let file = server.home.path().join("login");
    let deadline = std::time::Instant::now() + crate::stub::DEADLINE;
    let first = loop {
        match std::fs::read_to_string(&file) {
            Ok(text) if text.ends_with('\n') => break text,
            _ => assert!(std::time::Instant::now() < deadline, "no login in {}", file.display()),
        }
    };
    assert!(first.starts_with(&format!("{}/login#hb_", server.url)), "{first}");
    assert!(is_private(&file));
    let second = server.ask(&["login", "--state", server.state()]).end();
    assert!(
        second.out.starts_with(&format!("{}/login#hb_", server.url)) && second.out != first,
        "{second:?}"
    );
    let nowhere = hb(&["login", "--state", "/nowhere/at/all"]).end();
    assert!(
        nowhere.err.starts_with("hb: there is no memory in /nowhere/at/all: start hb serve"),
        "{nowhere:?}"
    );
}

/// As `hb doctor` finds it.
#[cfg(target_os = "linux")]
#[test]
fn the_folder_of_a_server_that_is_named_by_its_port_is_found() {
    let server = Server::start();
    let (_, port) = server.url.rsplit_once(':').unwrap();
    let login = hb(&["login", "--port", port]).end();
    assert!(login.out.starts_with(&format!("{}/login#hb_", server.url)), "{login:?}");
    assert!(login.err.contains(&format!("hb: in {}; --state names another", server.state())), "{login:?}");
    let made = server.ask(&["token", "new", "desk", "--role", "viewer"]).end();
    assert_eq!(made.code, Some(0), "{made:?}");
    assert_eq!(names(&server), ["desk"]);
}

/// What is in force in the folder of `server`, by name.
fn names(server: &Server) -> Vec<String> {
    let listed = server.token(&["list"]).out;
    listed.lines().filter_map(|line| Some(line.split('\t').next()?.to_owned())).collect()
}

#[test]
fn a_server_that_has_another_memory_is_told_of_before_anything_is_changed() {
    let (server, other) = (Server::start(), Server::start());
    server.made("desk", "operator");
    let new = ["token", "new", "wall", "--role", "viewer"];
    for words in [&new[..], &["token", "revoke", "desk"], &["login"]] {
        let on_folder = [words, &["--state", server.state()]].concat();
        let wrong = hb(&[&on_folder[..], &["--url", other.url.as_str()]].concat()).end();
        assert_eq!((wrong.code, &*wrong.out), (Some(1), ""), "{wrong:?}");
        let said =
            format!("hb: the server at {} has another memory than the one in {}", other.url, server.state());
        assert!(wrong.err.starts_with(&said) && wrong.err.contains("--state"), "{wrong:?}");
        assert_eq!(other.ask(&on_folder).end(), wrong, "the environment names it as well");
        assert_eq!(names(&server), ["desk"], "{words:?} changed nothing, and leaves nothing behind");
        let right = server.ask(&on_folder).end();
        assert_eq!(right.code, Some(0), "{right:?}");
        if words == new {
            assert_eq!(server.token(&["revoke", "wall"]).code, Some(0));
        } else if words[0] == "token" {
            server.made("desk", "operator");
        }
    }
}

#[test]
fn a_server_that_is_named_and_not_there_is_no_leave_to_work_on_any_folder() {
    let server = Server::start();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    // The folder that would be guessed is one that somebody has.
    let guessed = |words: &[&str]| hb(words).env("STATE_DIRECTORY", server.state());
    let refused = guessed(&["token", "new", "a", "--role", "viewer", "--port", &nobody]).end();
    assert_eq!((refused.code, &*refused.out), (Some(1), ""), "{refused:?}");
    let said = format!("cannot reach http://127.0.0.1:{nobody}: connection refused");
    assert!(refused.err.contains(&said) && refused.err.contains("nothing was changed"), "{refused:?}");
    assert_eq!(names(&server), [""; 0]);
    // Who names the folder knows what they do; that nobody could be asked is said.
    let chosen = ["token", "new", "a", "--role", "viewer", "--state", server.state(), "--port", &nobody];
    let made = hb(&chosen).end();
    assert!(
        made.code == Some(0) && made.err.contains(&said) && made.err.contains("is not known"),
        "{made:?}"
    );
}

#[test]
fn who_is_asked_whose_memory_it_is_learns_no_token_that_stays_and_cannot_pretend() {
    let server = Server::start();
    for (status, body) in [(403, "{}"), (200, "[]"), (502, "")] {
        let stranger = Stub::new(move |_| (status, body.into()));
        let named = ["--state", server.state(), "--url", stranger.url()];
        for words in [&["token", "new", "desk", "--role", "admin"][..], &["login"]] {
            let refused = hb(&[words, &named].concat()).end();
            assert_eq!((refused.code, &*refused.out), (Some(1), ""), "{refused:?}");
            let said = format!("hb: whoever answers at {} does not know the memory in ", stranger.url());
            assert!(refused.err.starts_with(&said) && refused.err.contains("by --url"), "{refused:?}");
            assert!(stranger.head().contains("Bearer hb_"));
            assert_eq!(names(&server), [""; 0], "what was shown is good for nothing any more");
        }
    }
}

#[test]
fn by_what_is_shown_to_who_is_asked_nothing_can_be_changed() {
    let server = Server::start();
    let folder = server.state().to_owned();
    let (told, roles) = std::sync::mpsc::channel();
    let stranger = Stub::new(move |_| {
        let listed = hb(&["token", "list", "--state", &folder]).end().out;
        let role = listed.lines().find_map(|line| line.split('\t').nth(1)).unwrap_or_default();
        let _ = told.send(role.to_owned());
        (403, "{}".into())
    });
    hb(&["login", "--state", server.state(), "--url", stranger.url()]).end();
    // An agent's word has screens repaired.
    assert_eq!(roles.recv().unwrap(), "viewer");
}

#[test]
fn what_is_wrong_with_a_token_is_said_before_anything_is_made() {
    for (args, said) in [
        (&["new", "a", "--role", "king"][..], "expected agent, viewer, operator, admin"),
        (&["new", "a"], "--role"),
        (&["new", "a", "--role", "viewer", "--expires", "soon"], "a number and a unit, such as 15m, 8h"),
    ] {
        let ended = hb(&[&["token"], args].concat()).end();
        assert!(ended.code == Some(2) && ended.err.contains(said), "{args:?}: {ended:?}");
    }
    let server = Server::start();
    server.made("a", "viewer");
    let again = server.token(&["new", "a", "--role", "viewer"]);
    assert!(again.code == Some(1) && again.err.contains("there is a token `a` already"), "{again:?}");
}

#[test]
fn a_beat_shows_no_token() {
    let stub = Stub::new(|_| (200, "6000".into()));
    let token = format!("hb_{}", "1".repeat(64));
    let beat = hb(&["ping", "--app", "x"]).env("HB_URL", stub.url()).env("HB_TOKEN", &token).end();
    assert_eq!(beat, Ended::of(0, "6000\n", ""));
    assert!(!stub.head().contains("Bearer"));
    hb(&["list"]).env("HB_URL", stub.url()).env("HB_TOKEN", &token).end();
    assert!(stub.head().contains(&format!("Bearer {token}")), "who reads does");
}

fn is_private(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).unwrap().permissions().mode() & 0o777 == 0o600
}
