//! A process and all that it started, so that a stopped one of them does not outlive it, and all can be stopped at once. Not a
//! group: it would be out of reach of whoever ends the tests.

use std::collections::BTreeMap;
use std::process::Child;

/// `first` and what descends from it, children after their parents; `first` alone where the system does not tell.
pub(crate) fn of(first: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let parent = std::fs::read_to_string(entry.path().join("stat")).ok().and_then(|stat| parent(&stat));
        children.entry(parent.unwrap_or(0)).or_default().push(pid);
    }
    let mut family = vec![first];
    let mut at = 0;
    while let Some(pid) = family.get(at) {
        family.extend(children.remove(pid).unwrap_or_default());
        at += 1;
    }
    family
}

/// The second field after the name, which may hold blanks and brackets itself.
fn parent(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Kills `child` and what descends from it, and waits for `child` alone.
pub(crate) fn end(child: &mut Child) {
    #[cfg(unix)]
    for pid in of(child.id()) {
        if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }
    let _ = child.kill();
    let _ = child.wait();
}
