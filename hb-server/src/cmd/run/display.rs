//! Whether the display is lit (`--watch-display`), asked every few seconds in a thread of its own: of the X server, or of the
//! kernel. Not here: what it means (`hb_core::verdict`).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use hb_core::beat::Display;
use tokio::sync::watch;

use super::seen::Seen;

/// Between two looks.
const PACE: Duration = Duration::from_secs(2);
/// Where the kernel has a folder for each socket of a graphics card.
const CARDS: &str = "/sys/class/drm";

/// What is typed for whoever knows here.
const AUTO: &str = "auto";

/// Whom to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    #[cfg(unix)]
    X11,
    /// Folders as of [`CARDS`].
    Cards(PathBuf),
}

impl Source {
    /// The one that was typed, else that of this desktop.
    pub(super) fn choose(typed: &Path, is_set: &dyn Fn(&str) -> bool) -> Self {
        if typed != Path::new(AUTO) {
            return Self::Cards(typed.into());
        }
        #[cfg(unix)]
        if is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY") {
            return Self::X11;
        }
        let _ = is_set;
        Self::Cards(CARDS.into())
    }

    /// `None` where nobody knows.
    fn look(&self) -> Option<Display> {
        match self {
            #[cfg(unix)]
            Self::X11 => super::eye::x11::power().ok().flatten(),
            Self::Cards(folder) => cards(folder),
        }
    }
}

/// Looks for as long as it is kept.
pub(super) struct Watcher {
    _ends: Sender<()>,
}

impl Watcher {
    pub(super) fn start(source: Source, seen: watch::Sender<Seen>) -> std::io::Result<Self> {
        let (ends, end) = channel();
        thread::Builder::new().name("display".into()).spawn(move || {
            loop {
                let now = source.look();
                seen.send_if_modified(|seen| std::mem::replace(&mut seen.display, now) != now);
                if end.recv_timeout(PACE) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        })?;
        Ok(Self { _ends: ends })
    }
}

/// On where one that is connected is lit, off where none of them is; unknown without any.
fn cards(folder: &Path) -> Option<Display> {
    let reads = |socket: &Path, file: &str| fs::read_to_string(socket.join(file)).unwrap_or_default();
    let sockets = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let connected = sockets.filter(|socket| reads(socket, "status").trim() == "connected");
    let lit = connected.map(|socket| {
        let is_on = reads(&socket, "dpms").trim() == "On";
        if is_on && reads(&socket, "enabled").trim() != "disabled" { Display::On } else { Display::Off }
    });
    // On goes first.
    lit.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(folder: &Path, name: &str, [status, enabled, dpms]: [&str; 3]) {
        let socket = folder.join(name);
        fs::create_dir_all(&socket).unwrap();
        for (file, word) in [("status", status), ("enabled", enabled), ("dpms", dpms)] {
            fs::write(socket.join(file), format!("{word}\n")).unwrap();
        }
    }

    #[test]
    fn who_is_asked() {
        let set = |names: &'static [&str]| move |name: &str| names.contains(&name);
        let cards = |folder: &str| Source::Cards(folder.into());
        assert_eq!(Source::choose(Path::new("/x"), &set(&["DISPLAY"])), cards("/x"));
        assert_eq!(Source::choose(Path::new(AUTO), &set(&["DISPLAY", "WAYLAND_DISPLAY"])), cards(CARDS));
        assert_eq!(Source::choose(Path::new(AUTO), &set(&[])), cards(CARDS));
        #[cfg(unix)]
        assert_eq!(Source::choose(Path::new(AUTO), &set(&["DISPLAY"])), Source::X11);
    }

    #[test]
    fn one_that_is_lit_is_enough_and_none_that_is_connected_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        assert_eq!(cards(here), None);
        assert_eq!(cards(&here.join("none")), None);
        card(here, "card0-HDMI-A-2", ["disconnected", "disabled", "Off"]);
        fs::create_dir(here.join("card0")).unwrap();
        assert_eq!(cards(here), None);
        let on = ["connected", "enabled", "On"];
        for (first, second, lit) in [
            (["connected", "enabled", "Off"], None, Some(Display::Off)),
            (["connected", "enabled", "Standby"], None, Some(Display::Off)),
            (["connected", "disabled", "On"], None, Some(Display::Off)),
            (on, None, Some(Display::On)),
            (["connected", "enabled", "Off"], Some(on), Some(Display::On)),
        ] {
            card(here, "card0-HDMI-A-1", first);
            if let Some(second) = second {
                card(here, "card1-DP-1", second);
            }
            assert_eq!(cards(here), lit, "{first:?}");
        }
    }
}
