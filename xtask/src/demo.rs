//! The demo: everything built, the server started, the addresses said.

use std::io::{BufRead, BufReader, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::build::{self, Machine};
use crate::npm;
use crate::start::{Ended, answers};
use crate::workspace::Workspace;

const PAGES: [(&str, &str); 7] = [
    ("dashboard", ""),
    ("all demos", "demo/"),
    ("a moving shader", "demo/webgl/"),
    ("three.js", "demo/three/"),
    ("a kiosk page to copy", "demo/kiosk/"),
    ("two windows that talk", "demo/duet/"),
    ("lab: break it and watch", "demo/lab/"),
];

/// Builds, then becomes the server, so that Ctrl-C reaches it and nothing else. `quick`: what is built is no release.
pub(crate) fn run(workspace: &Workspace, port: u16, quick: bool) -> Result<()> {
    npm::build(workspace)?;
    let hb = build::server(workspace, Machine::HERE, !quick)?;
    let port = free_port(port)?;
    println!();
    for (what, path) in PAGES {
        println!("  {what:<24} http://localhost:{port}/{path}");
    }
    println!("\n  To press buttons, log in by the address below, or by what `hb login` prints.");
    println!("  Ctrl-C ends it.\n");
    let mut server = Command::new(hb);
    // By the variable, so that the server listens on loopback as it does by itself: also where there is no ::1.
    server
        .args(["serve", "--memory"])
        .env("HB_PORT", port.to_string())
        .env_remove("HB_HOST")
        .env_remove("HB_URL");
    become_server(&mut server)
}

/// Starts it as README.md says, but for the release, and asks for every page whose address it says.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    let mut demo = workspace.cargo(&["xtask", "demo", "--quick"]);
    let mut demo = Ended(demo.stdout(Stdio::piped()).spawn().context("start the demo")?);
    let mut said = BufReader::new(demo.0.stdout.take().context("it was piped")?).lines();
    let mut pages = Vec::new();
    loop {
        let line = said.next().context("the demo ended before it listened")??;
        if line.starts_with("hb listens on ") {
            break;
        }
        let named = PAGES.iter().any(|(what, _)| line.trim_start().starts_with(what));
        pages
            .extend(line.split_once("http://").filter(|_| named).map(|(_, place)| format!("http://{place}")));
    }
    ensure!(pages.len() == PAGES.len(), "the demo says other pages than it has: {pages:?}");
    pages.iter().try_for_each(|page| answers(page))
}

#[cfg(unix)]
fn become_server(server: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;

    Err(server.exec()).context("cannot start the server that was just built")
}

#[cfg(not(unix))]
fn become_server(server: &mut Command) -> Result<()> {
    let status = server.status().context("cannot start the server that was just built")?;
    if status.success() { Ok(()) } else { bail!("the server ended with {status}") }
}

/// The first free port from `wanted` on; says aloud which ones were taken.
fn free_port(wanted: u16) -> Result<u16> {
    for port in wanted..=wanted.saturating_add(100) {
        if is_free(port) {
            return Ok(port);
        }
        println!("port {port} is taken; trying the next one");
    }
    bail!("no free port between {wanted} and {}: choose another with --port", wanted.saturating_add(100))
}

/// Whether both loopback addresses can be had; a machine without IPv6 has only one.
fn is_free(port: u16) -> bool {
    let bind = |ip: IpAddr| TcpListener::bind((ip, port));
    let other = bind(Ipv6Addr::LOCALHOST.into()).err().map(|error| error.kind());
    bind(Ipv4Addr::LOCALHOST.into()).is_ok() && other != Some(ErrorKind::AddrInUse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_demo_is_said_and_every_page_that_is_said_exists() {
        let www = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../www");
        for (_, path) in PAGES {
            let file = match path {
                "" => "dashboard/index.html".to_owned(),
                "demo/" => "demo/index.html".to_owned(),
                path => format!("{}index.html", path.strip_prefix("demo/").expect("a demo")),
            };
            assert!(www.join(&file).is_file(), "{file}");
        }
        let index = std::fs::read_to_string(www.join("demo/index.html")).expect("there is an index");
        for line in index.lines().filter(|line| line.contains("<li><a href=")) {
            let said = PAGES.iter().any(|(_, path)| line.contains(&format!("\"/{path}\"")));
            assert!(said, "the index leads further than what is said: {line}");
        }
        assert!(PAGES.iter().any(|(_, path)| *path == "demo/"), "the index is said");
    }

    #[test]
    fn a_taken_port_is_passed_over() {
        for ip in [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()] {
            // A machine without IPv6 cannot have it taken.
            let Ok(taken) = TcpListener::bind((ip, 0)) else { continue };
            let port = taken.local_addr().expect("a bound socket has an address").port();
            assert!(!is_free(port), "{ip}");
            assert_ne!(free_port(port).ok(), Some(port), "{ip}");
        }
    }
}
