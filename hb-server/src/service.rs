//! The service manager that started this process, systemd as a rule: what it is told (ready, alive, stopping), and the
//! sockets that it opened before and passes on.
//!
//! Where none did, all of this says nothing and does nothing. Not here: what is done on the sockets (`server`), who is alive
//! (`engine`'s detector, whose loop feeds the [`Watchdog`]), the units themselves (`packaging/systemd`).

mod sockets;
mod watchdog;

use std::io;
use std::time::Duration;

pub use sockets::{Sockets, SocketsError};
pub use watchdog::Watchdog;

use imp::Line;

/// Something a service manager is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word<'a> {
    /// It works from now on; and a line for whoever asks how it is.
    Ready(&'a str),
    /// It was told to end, and does.
    Stopping,
}

/// The service manager, if there is one that wants to be told.
#[derive(Clone, Debug, Default)]
pub struct Manager {
    /// Its address as it says it: a path, or behind `@` an abstract name.
    address: Option<String>,
    /// How soon it gives up on who is silent.
    patience: Option<Duration>,
}

impl Manager {
    /// The one that the environment names. `pid` is who we are: the watchdog of a parent is none of ours.
    #[must_use]
    pub fn read(env: &dyn Fn(&str) -> Option<String>, pid: u32) -> Self {
        let number = |name: &str| env(name).and_then(|text| text.parse::<u64>().ok());
        let is_ours = env("WATCHDOG_PID").is_none_or(|text| text == pid.to_string());
        let patience = number("WATCHDOG_USEC").filter(|usec| *usec > 0 && is_ours);
        let address = env("NOTIFY_SOCKET").filter(|address| !address.is_empty());
        Self { address, patience: patience.map(Duration::from_micros) }
    }

    /// Tells it. Waits until it is told: who is never known to be ready is ended.
    ///
    /// # Errors
    /// Its socket is not there, or not for us.
    pub fn tell(&self, word: Word<'_>) -> io::Result<()> {
        let Some(address) = &self.address else { return Ok(()) };
        Line::open(address)?.send(&match word {
            // A second line would be a second word.
            Word::Ready(status) => {
                format!("READY=1\nSTATUS={}\n", status.replace(|c: char| c.is_control(), " "))
            }
            Word::Stopping => "STOPPING=1\n".to_owned(),
        })
    }

    /// What has to be fed if it gives up on who is silent; `None` if it does not.
    ///
    /// # Errors
    /// As [`tell`](Self::tell).
    pub fn watchdog(&self) -> io::Result<Option<Watchdog>> {
        let (Some(address), Some(patience)) = (&self.address, self.patience) else { return Ok(None) };
        let line = Line::open(address)?;
        line.never_wait()?;
        Ok(Some(Watchdog::new(line, patience)))
    }
}

#[cfg(target_os = "linux")]
mod imp {
    use std::io;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    /// A socket that leads to it.
    #[derive(Debug)]
    pub(super) struct Line(UnixDatagram);

    impl Line {
        pub(super) fn open(address: &str) -> io::Result<Self> {
            let address = match address.strip_prefix('@') {
                Some(name) => SocketAddr::from_abstract_name(name)?,
                None => SocketAddr::from_pathname(address)?,
            };
            let socket = UnixDatagram::unbound()?;
            socket.connect_addr(&address)?;
            Ok(Self(socket))
        }

        /// From now on what it cannot take at once is refused.
        pub(super) fn never_wait(&self) -> io::Result<()> {
            self.0.set_nonblocking(true)
        }

        pub(super) fn send(&self, text: &str) -> io::Result<()> {
            self.0.send(text.as_bytes()).map(drop)
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    //! Nobody here speaks of `NOTIFY_SOCKET`.

    use std::io;

    #[derive(Debug)]
    pub(super) struct Line;

    impl Line {
        pub(super) fn open(_: &str) -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) fn never_wait(&self) -> io::Result<()> {
            Ok(())
        }

        pub(super) fn send(&self, _: &str) -> io::Result<()> {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manager(variables: &[(&str, &str)]) -> Manager {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Manager::read(&|name| find(name).map(|(_, value)| (*value).to_owned()), 7)
    }

    #[test]
    fn the_watchdog_of_another_process_is_none_of_ours() {
        for (variables, patience) in [
            (&[][..], None),
            (&[("WATCHDOG_USEC", "3000000")][..], Some(Duration::from_secs(3))),
            (&[("WATCHDOG_USEC", "3000000"), ("WATCHDOG_PID", "7")], Some(Duration::from_secs(3))),
            (&[("WATCHDOG_USEC", "3000000"), ("WATCHDOG_PID", "8")], None),
            (&[("WATCHDOG_USEC", "0")], None),
            (&[("WATCHDOG_USEC", "soon")], None),
        ] {
            assert_eq!(manager(variables).patience, patience, "{variables:?}");
        }
    }

    #[test]
    fn without_a_manager_nothing_is_said() {
        let manager = manager(&[("WATCHDOG_USEC", "3000000"), ("NOTIFY_SOCKET", "")]);
        manager.tell(Word::Stopping).unwrap();
        assert!(manager.watchdog().unwrap().is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn it_is_told_at_a_path_and_at_an_abstract_name() {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::net::{SocketAddr, UnixDatagram};

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        // No two tests share the folder, so none shares the name either.
        let name = path.display().to_string();
        for (address, socket) in [
            (name.clone(), UnixDatagram::bind(&path).unwrap()),
            (
                format!("@{name}"),
                UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap(),
            ),
        ] {
            let manager = manager(&[("NOTIFY_SOCKET", &address)]);
            let mut heard = [0; 64];
            for (word, said) in [
                (Word::Ready("one\nMAINPID=1"), "READY=1\nSTATUS=one MAINPID=1\n"),
                (Word::Stopping, "STOPPING=1\n"),
            ] {
                manager.tell(word).unwrap();
                let length = socket.recv(&mut heard).unwrap();
                assert_eq!(&heard[..length], said.as_bytes(), "{address}");
            }
        }
        assert!(manager(&[("NOTIFY_SOCKET", "/nowhere/at/all")]).tell(Word::Stopping).is_err());
    }
}
