//! The clients of the command line against a server that speaks TLS.

use std::io::{BufRead, BufReader};
use std::process::Child;

use crate::authority::Authority;
use crate::hb::{Ended, hb};

/// A server; ends with the test.
struct Hall {
    child: Child,
    url: String,
}

impl Drop for Hall {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn hall(authority: &Authority) -> Hall {
    let files = authority.write(&["127.0.0.1"]);
    let [certificate, key] = files.each_ref().map(|path| path.to_str().expect("UTF-8"));
    serve(&["--tls-cert", certificate, "--tls-key", key])
}

fn serve(args: &[&str]) -> Hall {
    // Of the machine's own memory there is one, and another server may have it.
    let memory: &[&str] = if args.contains(&"--state") { &[] } else { &["--memory"] };
    let args = [&["serve", "--listen", "127.0.0.1:0"], args, memory].concat();
    let mut child = hb(&args).command().spawn().expect("the binary was built");
    let first = BufReader::new(child.stdout.take().expect("piped")).lines().next();
    let first = first.expect("it says where").expect("in UTF-8");
    let url = first.trim_start_matches("hb listens on http://").trim_end_matches('/');
    Hall { child, url: format!("https://{url}") }
}

#[test]
fn who_believes_the_authority_of_a_server_is_answered_by_tls() {
    let authority = Authority::new();
    let hall = hall(&authority);
    let (url, ca) = (&*hall.url, authority.ca());
    let ca = ca.to_str().unwrap();
    let typed = hb(&["ping", "--app", "x", "--url", url, "--ca", ca, "5000"]).end();
    assert_eq!(typed, Ended::of(0, "6000\n", ""));
    let said = |args: &[&str]| hb(args).env("HB_URL", url).env("HB_CA", ca).end();
    assert_eq!(said(&["ping", "--app", "x", "5000"]), Ended::of(0, "6000\n", ""));
    assert_eq!(said(&["list"]), Ended::of(0, "x @ 127.0.0.1\n", ""));
    for args in [&["check", "x"][..], &["check"], &["status", "x"]] {
        let ended = said(args);
        assert!(ended.code == Some(0) && ended.out.starts_with("OK - "), "{args:?}: {ended:?}");
    }
    let told = said(&["cmd", "x", "reload"]);
    assert!(told.code == Some(1) && told.err.contains("needs a token"), "its own answer arrives: {told:?}");
    assert_eq!(said(&["run", "--app", "y", "--", "true"]), Ended::of(0, "", ""));
    assert_eq!(
        hb(&["ping", "--app", "x", "5000"]).env("HB_URL", &url.replace("https", "http")).end().code,
        Some(0)
    );
}

#[test]
fn tokens_are_made_listed_and_taken_back_by_tls() {
    let (authority, memory) = (Authority::new(), tempfile::tempdir().expect("a place"));
    let state = memory.path().to_str().expect("UTF-8");
    let files = authority.write(&["127.0.0.1"]);
    let [certificate, key] = files.each_ref().map(|path| path.to_str().expect("UTF-8"));
    let hall = serve(&["--tls-cert", certificate, "--tls-key", key, "--state", state]);
    let root = hb(&["token", "new", "root", "--role", "admin", "--state", state]).end();
    let (root, ca) = (root.out.trim(), authority.ca());
    let over = |args: &[&str]| {
        let args = [&["token"], args, &["--url", &hall.url, "--ca", ca.to_str().expect("UTF-8")]].concat();
        hb(&args).env("HB_TOKEN", root).end()
    };
    let made = over(&["new", "desk", "--role", "operator"]);
    assert!(made.code == Some(0) && made.out.starts_with("hb_"), "{made:?}");
    assert!(over(&["list"]).out.contains("desk\toperator\t"));
    assert_eq!(over(&["revoke", "desk"]), Ended::of(0, "the token desk is taken back\n", ""));
    let login = hb(&["login", "--state", state, "--url", &hall.url]).end();
    assert!(login.out.starts_with(&format!("{}/login#hb_", hall.url)), "{login:?}");
}

#[test]
fn who_is_not_believed_is_told_nothing_and_why_is_said() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let hall = hall(&authority);
    let url = &*hall.url;
    let plain = serve(&[]);
    let elsewhere = url.replace("127.0.0.1", "localhost");
    let nobody = "nobody whom this machine trusts signed its certificate; if it is signed by an authority of your own, \
                  name the file of that one (HB_CA, or `ca`)";
    for (url, ca, why) in [
        (url, &stranger, nobody),
        (
            &elsewhere,
            &authority,
            "its certificate is for other names; expected the address to be one of these",
        ),
        (&plain.url, &authority, "it speaks no TLS there; is it http:// that was meant?"),
    ] {
        let ended =
            hb(&["ping", "--app", "x"]).env("HB_URL", url).env("HB_CA", ca.ca().to_str().unwrap()).end();
        assert_eq!(ended, Ended::of(1, "", &format!("hb: cannot reach {url}: {why}\n")));
    }
    let ended = hb(&["check", "--url", url, "--ca", "/nowhere/ca.pem"]).end();
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.out.starts_with("UNKNOWN - cannot read the certificates /nowhere/ca.pem: "), "{ended:?}");
    assert_eq!(hb(&["list", "--url", url, "--ca", authority.ca().to_str().unwrap()]).end().out, "");
}

#[test]
fn who_opens_it_to_the_network_without_tls_is_told_what_that_means() {
    let authority = Authority::new();
    let files = authority.write(&["127.0.0.1"]);
    let [certificate, key] = files.each_ref().map(|path| path.to_str().expect("UTF-8"));
    let proxies = authority.folder().join("hb.toml");
    std::fs::write(&proxies, "trusted_proxies = [\"127.0.0.1\"]\n").expect("it is ours");
    let proxies = proxies.to_str().expect("UTF-8");
    for (args, open) in [
        (&["--listen", "0.0.0.0:0"][..], true),
        (&["--listen", "127.0.0.1:0"], false),
        (&["--listen", "0.0.0.0:0", "--config", proxies], false),
        (&["--listen", "0.0.0.0:0", "--tls-cert", certificate, "--tls-key", key], false),
    ] {
        let mut child =
            hb(&[&["serve", "--memory"], args].concat()).command().spawn().expect("the binary was built");
        // What there is to warn of was told before.
        let first = BufReader::new(child.stdout.take().expect("piped")).lines().next();
        child.kill().expect("it runs");
        let told = child.wait_with_output().expect("started");
        let told = String::from_utf8(told.stderr).expect("hb writes UTF-8");
        assert_eq!(
            told.contains("is open to the network without TLS: whoever is on the way can"),
            open,
            "{told}"
        );
        let first = first.expect("it says where").expect("in UTF-8");
        let secure = args.contains(&"--tls-cert");
        assert!(first.starts_with(if secure {
            "hb listens on https://0.0.0.0:"
        } else {
            "hb listens on http://"
        }));
    }
}
