//! A network of this run's own: addresses on the loopback interface of a name space in which the whole run lives, so that the
//! way from one browser to its server can be cut, and the browser's machine renumbered, beside other cells; and a folder of
//! its own for the names of its screens. Not here: the cells that do so ([`super::cases`]).

use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicU8, Ordering};

/// Says that this process lives in such a name space already.
const INSIDE: &str = "HB_TRUTH_INSIDE";
const ALLOW: &str = "the matrix cuts cables in a network name space of its own, which needs `unshare`, `ip` and `nft`: allow it (sysctl \
                     kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0) or run as root";
/// X servers see in their own network alone whether a name is taken, and their clients find them in a folder that all share: so each
/// run has a folder of its own, else it would minimise the windows of another run.
const LAY: &str = "mkdir -p /tmp/.X11-unix && mount -t tmpfs -o mode=1777 screens /tmp/.X11-unix && \
                   ip link set lo up && nft add table inet truth && \
                   nft 'add set inet truth cut { type ipv4_addr; }' && \
                   nft 'add chain inet truth out { type filter hook output priority 0; }' && \
                   nft add rule inet truth out ip daddr @cut drop";

/// Plays this very run in a name space; `None` where this is the one inside.
pub(crate) fn enter() -> Option<ExitCode> {
    if std::env::var_os(INSIDE).is_some() {
        return None;
    }
    let program = std::env::current_exe().expect("this program has a path");
    // Who is root already stays it: browsers have name spaces of their own inside.
    let how = if rustix::process::geteuid().is_root() { "-mn" } else { "-rmn" };
    let unshare = |args: &[&str]| {
        let mut command = Command::new("unshare");
        command.arg(how).args(args).env(INSIDE, "1");
        command
    };
    let laid = unshare(&["sh", "-c", LAY]).status();
    if !laid.is_ok_and(|status| status.success()) {
        eprintln!("{ALLOW}");
        return Some(ExitCode::FAILURE);
    }
    let again = format!(r#"{LAY} && exec "$0" "$@""#);
    let played = unshare(&["sh", "-c", &again]).arg(program).args(std::env::args_os().skip(1)).status();
    Some(if played.is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Two addresses: the server's, and that from which the browser reaches it.
pub(crate) struct Way {
    net: u8,
    browser: u8,
}

impl Way {
    pub(crate) fn lay() -> Self {
        static NEXT: AtomicU8 = AtomicU8::new(0);
        let way = Self { net: NEXT.fetch_add(1, Ordering::Relaxed), browser: 2 };
        way.ip(&["addr", "add", &way.cidr(1), "dev", "lo"]);
        way.ip(&["addr", "add", &way.cidr(2), "dev", "lo"]);
        way.route();
        way
    }

    pub(crate) fn server(&self) -> String {
        self.addr(1)
    }

    pub(crate) fn cut(&self, cut: bool) {
        let verb = if cut { "add" } else { "delete" };
        run("nft", &[&format!("{verb} element inet truth cut {{ {} }}", self.server())]);
    }

    pub(crate) fn renumber(&mut self) {
        let before = self.cidr(self.browser);
        self.browser += 1;
        self.ip(&["addr", "add", &self.cidr(self.browser), "dev", "lo"]);
        self.route();
        self.ip(&["addr", "del", &before, "dev", "lo"]);
    }

    /// Whoever talks to the server does so from the browser's address.
    fn route(&self) {
        let (to, from) = (self.server(), self.addr(self.browser));
        self.ip(&["route", "replace", "local", &to, "dev", "lo", "src", &from, "table", "local"]);
    }

    fn addr(&self, end: u8) -> String {
        format!("10.77.{}.{end}", self.net)
    }

    fn cidr(&self, end: u8) -> String {
        self.addr(end) + "/32"
    }

    fn ip(&self, args: &[&str]) {
        run("ip", args);
    }
}

fn run(program: &str, args: &[&str]) {
    let said = Command::new(program).args(args).output().expect("iproute2 and nftables are installed");
    assert!(said.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&said.stderr));
}
