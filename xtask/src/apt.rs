//! Programs that tests need: installed where we may, named where we may not.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::step;

/// (program, Debian packages).
const NEEDED: &[(&str, &str)] = &[
    ("WebKitWebDriver", "webkit2gtk-driver"),
    // TLS and SQLite are C, which the steps `deb` and `windows` compile for the others.
    ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu libc6-dev-arm64-cross"),
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("curl", "curl"),
    ("firefox-esr", "firefox-esr"),
    ("icinga2", "icinga2-bin"),
    ("ip", "iproute2"),
    // The program that docs/alerts.md shows.
    ("jq", "jq"),
    // C#, for the snippet of docs/native.md.
    ("mcs", "mono-mcs"),
    ("mono", "mono-runtime"),
    ("mosquitto", "mosquitto"),
    ("mosquitto_sub", "mosquitto-clients"),
    ("nagios4", "nagios4-core monitoring-plugins-basic"),
    ("nats-server", "nats-server"),
    ("nft", "nftables"),
    ("openbox", "openbox"),
    ("prometheus", "prometheus"),
    ("python3", "python3"),
    ("qemu-aarch64", "qemu-user"),
    ("systemd-nspawn", "systemd-container"),
    ("systemd-socket-activate", "systemd"),
    // A screen that nobody sees, a window to cover it with, and somebody who minimises windows.
    ("Xvfb", "xvfb"),
    ("xterm", "xterm"),
    ("wget", "wget"),
    // Schemas of XML.
    ("xmllint", "libxml2-utils"),
    // 64 bit only: it takes three quarters of a minute.
    ("wine", "wine wine64"),
    ("x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64"),
];

/// On every PATH of root's, and on few others.
const ROOTS: [&str; 2] = ["/usr/sbin", "/sbin"];

/// Makes sure that every program is there.
///
/// # Errors
/// Names the packages that are missing and cannot be installed from here.
pub(crate) fn install() -> Result<()> {
    let mut missing: Vec<&str> =
        NEEDED.iter().filter(|(program, _)| !is_there(program)).map(|&(_, package)| package).collect();
    if !has_environments() {
        missing.push("python3-venv");
    }
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !is_there("apt-get") || !is_root() {
        bail!("the tests need packages that are not installed: {list}; as root: apt-get install {list}");
    }
    step::run("ask apt for its lists", Command::new("apt-get").args(["update", "-q"]))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "-q", "-y", "--no-install-recommends"]).args(list.split(' '));
    step::run(&format!("install {list}"), install.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Whether `program` stands on the PATH, or where Debian keeps what it thinks only root runs.
pub(crate) fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(ROOTS.map(PathBuf::from));
    folders.into_iter().any(|folder| folder.join(program).is_file())
}

/// Whether python makes virtual environments: Debian has that apart, and it is no program.
fn has_environments() -> bool {
    let asked = Command::new("python3").args(["-c", "import ensurepip, venv"]).output();
    asked.is_ok_and(|asked| asked.status.success())
}

pub(crate) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}
