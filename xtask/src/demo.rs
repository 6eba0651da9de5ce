//! The demo: everything built, the server started, the addresses said.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::build;
use crate::workspace::Workspace;

const PAGES: [(&str, &str); 5] = [
    ("dashboard", ""),
    ("a moving shader", "demo/webgl/"),
    ("three.js", "demo/three/"),
    ("a kiosk page to copy", "demo/kiosk/"),
    ("lab: break it and watch", "demo/lab/"),
];

/// Builds, then becomes the server, so that Ctrl-C reaches it and nothing else.
pub(crate) fn run(workspace: &Workspace, port: u16) -> Result<()> {
    let hb = build::all(workspace)?;
    let port = free_port(port)?;
    println!();
    for (what, path) in PAGES {
        println!("  {what:<24} http://localhost:{port}/{path}");
    }
    println!("\n  Ctrl-C ends it.\n");
    let mut server = Command::new(hb);
    server.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--listen", &format!("[::1]:{port}")]);
    become_server(&mut server)
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
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => return Ok(port),
            Err(_) => println!("port {port} is taken; trying the next one"),
        }
    }
    bail!("no free port between {wanted} and {}: choose another with --port", wanted.saturating_add(100))
}
