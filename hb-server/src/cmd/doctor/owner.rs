//! Which process listens at an address, as far as this account may know. Linux tells it in files, Windows by its programs;
//! elsewhere nobody is known.
//!
//! Not here: what follows (`port`).

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) name: String,
    pub(super) process: u32,
}

impl Owner {
    /// Whether it is one of ours, by its name or by that of our own file, which somebody may have renamed, or who holds a
    /// port for one of ours (`hb.socket`).
    pub(super) fn is_ours(&self) -> bool {
        matches!(self.name.as_str(), "hb" | "hb.exe" | "systemd")
            || own_name().is_some_and(|own| self.name == own)
    }
}

impl Owner {
    /// Where the file of this `name` lies that it has open, as far as this account may see it.
    #[cfg(target_os = "linux")]
    pub(super) fn opened(&self, name: &str) -> Option<PathBuf> {
        let mut links = linux::open_files(self.process);
        links.find(|path| path.file_name().is_some_and(|it| it == name))
    }

    /// Nobody tells.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn opened(&self, _: &str) -> Option<PathBuf> {
        None
    }
}

/// What the system calls this program: Linux keeps 15 bytes of its file's name.
fn own_name() -> Option<String> {
    let file = std::env::current_exe().ok()?;
    let name = file.file_name()?.to_string_lossy().into_owned();
    let kept = if cfg!(target_os = "linux") { name.floor_char_boundary(15) } else { name.len() };
    Some(name[..kept].to_owned())
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {})", self.name, self.process)
    }
}

#[cfg(not(any(target_os = "linux", windows)))]
pub(super) fn of(_: SocketAddr, _: SocketAddr) -> Vec<Owner> {
    Vec::new()
}

/// Who listens at `address`, or at `any`.
#[cfg(windows)]
pub(super) fn of(address: SocketAddr, any: SocketAddr) -> Vec<Owner> {
    let table = super::program::says("netstat", &["-ano"]).unwrap_or_default();
    let found = windows::listeners(&table).into_iter().filter(|(at, _)| *at == address || *at == any);
    let named = found.map(|(_, process)| {
        let wanted = format!("PID eq {process}");
        let row =
            super::program::says("tasklist", &["/FI", &wanted, "/FO", "CSV", "/NH"]).unwrap_or_default();
        Owner { name: windows::name(&row).unwrap_or("a program").to_owned(), process }
    });
    named.collect()
}

#[cfg(any(windows, test))]
mod windows {
    use std::net::SocketAddr;

    /// Addresses that are listened at, with their processes, as `netstat -ano` says it. Its words are those of the system's
    /// language, so it goes by the form: who listens speaks with nobody, at port 0.
    pub(super) fn listeners(table: &str) -> Vec<(SocketAddr, u32)> {
        let listener = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let ["TCP", local, peer, .., process] = words[..] else { return None };
            let at = local.parse().ok()?;
            peer.ends_with(":0").then_some((at, process.parse().ok()?))
        };
        table.lines().filter_map(listener).collect()
    }

    /// The first field of a row of `tasklist`.
    pub(super) fn name(row: &str) -> Option<&str> {
        let (name, _) = row.trim().strip_prefix('"')?.split_once('"')?;
        Some(name)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_the_programs_of_windows_say_is_read_in_any_language() {
            let table = "\r\nAktive Verbindungen\r\n\r\n  Proto  Lokale Adresse         Remoteadresse          Status           PID\r\n\
                         \x20 TCP    127.0.0.1:8888         0.0.0.0:0              ABH\u{d6}REN         4711\r\n\
                         \x20 TCP    127.0.0.1:8888         127.0.0.1:50112        HERGESTELLT     4711\r\n\
                         \x20 TCP    [::1]:8888             [::]:0                 LISTENING       4711\r\n\
                         \x20 UDP    0.0.0.0:5353           *:*                                    1200\r\n";
            let at = |text: &str| (text.parse().unwrap(), 4711);
            assert_eq!(listeners(table), [at("127.0.0.1:8888"), at("[::1]:8888")]);
            assert_eq!(
                name("\"jupyter.exe\",\"4711\",\"Console\",\"1\",\"12.345 K\"\r\n"),
                Some("jupyter.exe")
            );
            assert_eq!(name("INFO: No tasks are running\r\n"), None);
        }
    }
}

/// Who listens at `address`, or at `any`.
#[cfg(target_os = "linux")]
pub(super) fn of(address: SocketAddr, any: SocketAddr) -> Vec<Owner> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let mut sockets: Vec<u64> = Vec::new();
    for text in [read("/proc/net/tcp"), read("/proc/net/tcp6")] {
        // Who listens at [::] has the port of IPv4 too, as a rule.
        let found = linux::listeners(&text).into_iter();
        let is_it = |at: &SocketAddr| {
            *at == address
                || *at == any
                || (at.port() == address.port() && at.is_ipv6() && at.ip().is_unspecified())
        };
        sockets.extend(found.filter(|(at, _)| is_it(at)).map(|(_, socket)| socket));
    }
    linux::owners(&sockets)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
    use std::path::{Path, PathBuf};

    use super::Owner;

    /// Addresses that are listened at, with the numbers of their sockets, in a table of the kernel.
    pub(super) fn listeners(table: &str) -> Vec<(SocketAddr, u64)> {
        table.lines().skip(1).filter_map(listener).collect()
    }

    fn listener(line: &str) -> Option<(SocketAddr, u64)> {
        const LISTEN: &str = "0A";
        let mut words = line.split_whitespace();
        let local = words.nth(1)?;
        let state = words.nth(1)?;
        let socket = words.nth(5)?.parse().ok()?;
        let (ip, port) = local.split_once(':')?;
        let port = u16::from_str_radix(port, 16).ok()?;
        let word = |at: usize| u32::from_str_radix(ip.get(at * 8..at * 8 + 8)?, 16).ok();
        // Each group of four bytes stands as this machine holds a number.
        let ip = match ip.len() {
            8 => IpAddr::from(Ipv4Addr::from(word(0)?.to_ne_bytes())),
            32 => {
                let mut bytes = [0; 16];
                for (at, four) in bytes.chunks_mut(4).enumerate() {
                    four.copy_from_slice(&word(at)?.to_ne_bytes());
                }
                IpAddr::from(Ipv6Addr::from(bytes))
            }
            _ => return None,
        };
        (state == LISTEN).then_some((SocketAddr::new(ip, port), socket))
    }

    /// The processes that hold one of these sockets; those of other accounts only root sees.
    pub(super) fn owners(sockets: &[u64]) -> Vec<Owner> {
        if sockets.is_empty() {
            return Vec::new();
        }
        let wanted: Vec<String> = sockets.iter().map(|socket| format!("socket:[{socket}]")).collect();
        let Ok(all) = std::fs::read_dir("/proc") else { return Vec::new() };
        let ids = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        ids.filter(|id| holds(*id, &wanted))
            .map(|process| {
                let name = std::fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
                Owner { name: name.trim().to_owned(), process }
            })
            .collect()
    }

    fn holds(process: u32, wanted: &[String]) -> bool {
        open_files(process).any(|link| {
            let link = link.to_string_lossy();
            wanted.iter().any(|socket| *socket == link)
        })
    }

    /// What a process has open, sockets too; nothing of what this account may not see.
    pub(super) fn open_files(process: u32) -> impl Iterator<Item = PathBuf> {
        let files = std::fs::read_dir(Path::new("/proc").join(process.to_string()).join("fd"));
        files.into_iter().flatten().filter_map(|file| std::fs::read_link(file.ok()?.path()).ok())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_table_of_the_kernel_is_read() {
            let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
                 0: 0100007F:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 48213 1 0 100 0 0 10 0\n\
                 1: 0100007F:22B8 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1000        0 48214 1 0 20 4 30 10 -1\n\
                 2: nonsense\n";
            let expected = ("127.0.0.1:8888".parse().unwrap(), 48213);
            assert_eq!(
                listeners(table),
                if cfg!(target_endian = "little") { vec![expected] } else { listeners(table) }
            );
            let six = "head\n 0: 00000000000000000000000001000000:22B8 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 7 1\n";
            if cfg!(target_endian = "little") {
                assert_eq!(listeners(six), [("[::1]:8888".parse().unwrap(), 7)]);
            }
        }
    }
}
