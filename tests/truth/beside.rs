//! `hb run` beside the page of a cell, as on a kiosk: it takes pictures of the screen, or asks whether the display is lit. What
//! it starts is no browser: that one is broken, and this one is not. Not here: what is looked for ([`super::cases`]).

use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::case::Look;
use super::screen::Screen;
use super::stage::APP;
use crate::harness::family;
use crate::harness::server::{HB, Server};

pub(crate) struct Beside {
    supervisor: Child,
    /// What the kernel would say of graphics cards.
    cards: TempDir,
}

impl Beside {
    pub(crate) fn start(looks: &[Look], server: &Server, screen: Option<&Screen>) -> Self {
        let cards = tempfile::tempdir().unwrap();
        let card = cards.path().join("card0-HDMI-A-1");
        std::fs::create_dir(&card).unwrap();
        std::fs::write(card.join("status"), "connected\n").unwrap();
        std::fs::write(card.join("enabled"), "enabled\n").unwrap();
        std::fs::write(card.join("dpms"), "On\n").unwrap();
        let mut command = Command::new(HB);
        command.args(["run", "--app", APP, "--no-ping"]);
        for look in looks {
            match look {
                Look::Capture => command.args(["--capture", "700ms", "--still-after", "3"]),
                Look::Display => command.arg(format!("--watch-display={}", cards.path().display())),
            };
        }
        let supervisor = command
            .args(["--", "sleep", "infinity"])
            .env("HB_URL", server.url(""))
            .env("DISPLAY", screen.map_or("", Screen::name))
            .env_remove("HB_HOST")
            .env_remove("HB_PORT")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("hb was built");
        Self { supervisor, cards }
    }

    /// Switches the display on or off.
    pub(crate) fn light(&self, on: bool) {
        let word = if on { "On\n" } else { "Off\n" };
        std::fs::write(self.cards.path().join("card0-HDMI-A-1/dpms"), word).unwrap();
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        family::end(&mut self.supervisor);
    }
}
