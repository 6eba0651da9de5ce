//! A screen that nobody sees, for a browser with windows, and somebody who minimises them. Each cell has its own: it can be
//! photographed. Not here: the browsers ([`super::browser`]).

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask};
use x11rb::rust_connection::RustConnection;

pub(crate) struct Screen {
    server: Child,
    manager: Option<Child>,
    name: String,
}

impl Screen {
    pub(crate) fn start() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed");
        let mut name = String::new();
        let mut said = BufReader::new(server.stdout.take().expect("stdout is piped"));
        said.read_line(&mut name).expect("Xvfb names its display");
        let name = format!(":{}", name.trim());
        let manager = Command::new("openbox")
            .env("DISPLAY", &name)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok();
        Self { server, manager, name }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Minimises all windows, or shows them again, as a task bar does: browsers' drivers have orders for it that not all of
    /// them follow.
    pub(crate) fn minimise(&self, away: bool) {
        self.order(away).expect("the X server answers");
    }

    fn order(&self, away: bool) -> Result<(), Box<dyn std::error::Error>> {
        let (x, screen) = RustConnection::connect(Some(&self.name))?;
        let root = x.setup().roots[screen].root;
        let atom = |name: &str| -> Result<u32, Box<dyn std::error::Error>> {
            Ok(x.intern_atom(false, name.as_bytes())?.reply()?.atom)
        };
        let list =
            x.get_property(false, root, atom("_NET_CLIENT_LIST")?, AtomEnum::WINDOW, 0, 1024)?.reply()?;
        // How ICCCM calls a window that is an icon.
        let (change, icon) = (atom("WM_CHANGE_STATE")?, 3);
        for window in list.value32().into_iter().flatten() {
            if away {
                let order = ClientMessageEvent::new(32, window, change, [icon, 0, 0, 0, 0]);
                let manager = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
                x.send_event(false, root, manager, order)?.check()?;
            } else {
                x.map_window(window)?.check()?;
            }
        }
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        for child in self.manager.iter_mut().chain([&mut self.server]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
