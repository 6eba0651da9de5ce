//! Looks at the screen from outside (`--capture`): takes a picture at a steady pace, in a thread of its own, and tells
//! whether it stands still. The only proof against what covers a page that lives.
//!
//! A picture that cannot be taken proves nothing, and is said once. Not here: who says it to the server (`heart`,
//! `native`), and who shows the picture there (`agent`).

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::bail;
use hb_server::watch::agent::Caption;
use tokio::sync::watch;

use super::seen::Seen;
use crate::cmd::ask::printable;
use crate::cmd::when;

mod camera;
#[cfg(windows)]
mod desktop;
mod picture;
mod still;
#[cfg(unix)]
pub(super) mod x11;

use camera::{Camera, Reader};
use picture::{jpeg, luma};
use still::{Look, Still};

/// What was typed for it.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Flags {
    /// Take a picture of the screen this often, such as 60s, and say picture-stuck where it stands still
    #[arg(long, value_name = "TIME", value_parser = when::span, help_heading = "Proof of pictures")]
    capture: Option<Duration>,

    /// How many pictures in a row must show no change
    #[arg(
        long,
        value_name = "N",
        default_value = "5",
        requires = "capture",
        help_heading = "Proof of pictures"
    )]
    still_after: NonZeroU32,

    /// How much of the picture may change and it still stands, in percent: a clock, a cursor
    #[arg(
        long,
        value_name = "PERCENT",
        value_parser = percent,
        default_value = "0.5",
        requires = "capture",
        help_heading = "Proof of pictures"
    )]
    capture_ignore: f32,

    /// Program that writes the picture (PNG, JPEG or PPM) [default: the X server of DISPLAY; on Wayland `grim -t ppm -`; the desktop of Windows]
    #[arg(long, value_name = "COMMAND", requires = "capture", help_heading = "Proof of pictures")]
    capture_with: Option<String>,

    /// Show small pictures on the server's page of the screen, to whoever may look there; needs --agent
    #[arg(long, requires = "capture", requires = "agent", help_heading = "Proof of pictures")]
    send_pictures: bool,
}

fn percent(text: &str) -> Result<f32, &'static str> {
    let expected = "expected a number from 0 to 99";
    let number: f32 = text.parse().map_err(|_| expected)?;
    if (0.0..=99.0).contains(&number) { Ok(number) } else { Err(expected) }
}

/// A picture for the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shot {
    pub(super) caption: Caption,
    pub(super) jpeg: Vec<u8>,
}

/// The latest picture, for the agent.
pub(super) type Shots = watch::Receiver<Option<Arc<Shot>>>;

/// An eye to be.
#[derive(Debug)]
pub(super) struct Plan {
    pace: Duration,
    still: Still,
    camera: Camera,
    sends: bool,
}

impl Plan {
    /// What the flags mean; `None` where nobody is to look.
    pub(super) fn read(flags: &Flags) -> anyhow::Result<Option<Self>> {
        let Some(pace) = flags.capture else { return Ok(None) };
        if pace < Duration::from_millis(100) {
            bail!("--capture is too often: expected 100ms or more");
        }
        let camera = Camera::choose(flags.capture_with.as_deref(), &|name| std::env::var_os(name).is_some())?;
        let still = Still::new(flags.still_after.get(), flags.capture_ignore);
        Ok(Some(Self { pace, still, camera, sends: flags.send_pictures }))
    }

    /// Opens it.
    pub(super) fn start(self, seen: watch::Sender<Seen>) -> std::io::Result<Eye> {
        let (lives, born) = channel();
        let (shown, shots) = watch::channel(None);
        let shots = self.sends.then_some(shots);
        let looker = Looker { plan: self, seen, shown, reader: None, is_blind: false };
        thread::Builder::new().name("eye".into()).spawn(move || looker.look(&born))?;
        Ok(Eye { lives, shots })
    }
}

/// An open eye; dropped, it looks no more.
pub(super) struct Eye {
    lives: Sender<()>,
    shots: Option<Shots>,
}

impl Eye {
    /// The child was started: what it shows must stand still anew.
    pub(super) fn born(&self) {
        // An error means that the thread has ended: the child still matters more.
        let _ = self.lives.send(());
    }

    /// What the server may be shown.
    pub(super) fn shots(&self) -> Option<Shots> {
        self.shots.clone()
    }
}

struct Looker {
    plan: Plan,
    seen: watch::Sender<Seen>,
    shown: watch::Sender<Option<Arc<Shot>>>,
    reader: Reader,
    /// The last picture could not be taken.
    is_blind: bool,
}

impl Looker {
    /// Until the eye is dropped.
    fn look(mut self, born: &Receiver<()>) {
        let mut next = Instant::now() + self.plan.pace;
        loop {
            match born.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(()) => {
                    self.plan.still.begin();
                    self.tell(false);
                    next = Instant::now() + self.plan.pace;
                }
                Err(RecvTimeoutError::Timeout) => {
                    next = Instant::now() + self.plan.pace;
                    self.take();
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn take(&mut self) {
        let picture = match self.plan.camera.take(&mut self.reader) {
            Ok(picture) => picture,
            Err(error) => {
                if !self.is_blind {
                    let why = printable(&format!("{error:#}"));
                    eprintln!("hb: no picture of the screen: {why} (still trying)");
                }
                self.is_blind = true;
                // Whether it still stands nobody knows.
                self.plan.still.begin();
                return self.tell(false);
            }
        };
        if self.is_blind {
            eprintln!("hb: the screen is seen again");
            self.is_blind = false;
        }
        let Look { stuck, black, same } = self.plan.still.look(luma(&picture));
        if stuck != self.seen.borrow().stuck {
            let told = match (stuck, black) {
                (false, _) => "moves again",
                (true, true) => "is black, and stays so",
                (true, false) => "stands still",
            };
            eprintln!("hb: the picture on the screen {told}");
        }
        self.tell(stuck);
        if self.plan.sends {
            let still_ms = (self.plan.pace * same).as_millis().try_into().unwrap_or(u64::MAX);
            let caption = Caption { stuck, black, still_ms };
            let shot = jpeg(&picture, Caption::LARGEST).map(|jpeg| Arc::new(Shot { caption, jpeg }));
            self.shown.send_replace(shot);
        }
    }

    fn tell(&self, stuck: bool) {
        self.seen.send_if_modified(|seen| std::mem::replace(&mut seen.stuck, stuck) != stuck);
    }
}
