//! Hosts and groups: who is under repair, so that of a group it is one host at a time, and on a host that reboots
//! nothing else.
//!
//! Not here: apps ([`super::unit`]).

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use hb_lease::time::Time;

use super::Action;

#[derive(Clone, Debug, Default)]
pub(super) struct Hosts {
    hosts: BTreeMap<Box<str>, Host>,
    /// Steps under way in each group, where there are any.
    held: BTreeMap<Box<str>, u32>,
}

#[derive(Clone, Debug, Default)]
struct Host {
    groups: Vec<Box<str>>,
    running: u32,
    reboots: u32,
    /// When its next reboot is allowed.
    reboot_free: Time,
}

impl Hosts {
    /// A host's groups, each once. Steps under way count for the new ones from now on.
    pub(super) fn place(&mut self, host: &str, groups: &[&str]) {
        let mut groups: Vec<Box<str>> = groups.iter().map(|&group| group.into()).collect();
        groups.sort_unstable();
        groups.dedup();
        let entry = self.hosts.entry(host.into()).or_default();
        let running = entry.running;
        let before = core::mem::replace(&mut entry.groups, groups.clone());
        for group in &before {
            hold(&mut self.held, group, 0, running);
        }
        for group in &groups {
            hold(&mut self.held, group, running, 0);
        }
        self.drop_blank(host);
    }

    /// Whether a step on this host must wait for others.
    pub(super) fn is_busy(&self, host: &str, action: Action) -> bool {
        let Some(host) = self.hosts.get(host) else { return false };
        let taken = |group: &str| self.held.get(group).copied().unwrap_or_default() > host.running;
        host.reboots > 0
            || (action == Action::Reboot && host.running > 0)
            || host.groups.iter().any(|group| taken(group))
    }

    pub(super) fn is_rebooting(&self, host: &str) -> bool {
        self.hosts.get(host).is_some_and(|host| host.reboots > 0)
    }

    pub(super) fn begin(&mut self, host: &str, action: Action) {
        let entry = self.hosts.entry(host.into()).or_default();
        entry.running += 1;
        entry.reboots += u32::from(action == Action::Reboot);
        for group in &entry.groups {
            hold(&mut self.held, group, 1, 0);
        }
    }

    pub(super) fn end(&mut self, host: &str, action: Action) {
        let Some(entry) = self.hosts.get_mut(host) else { return };
        entry.running = entry.running.saturating_sub(1);
        entry.reboots = entry.reboots.saturating_sub(u32::from(action == Action::Reboot));
        for group in &entry.groups {
            hold(&mut self.held, group, 0, 1);
        }
        self.drop_blank(host);
    }

    /// Forgets a host of which nothing is known, and of which nothing was.
    fn drop_blank(&mut self, host: &str) {
        let blank =
            |host: &Host| host.running == 0 && host.groups.is_empty() && host.reboot_free == Time::ZERO;
        if self.hosts.get(host).is_some_and(blank) {
            self.hosts.remove(host);
        }
    }

    /// When the next reboot of a host is allowed.
    pub(super) fn reboot_free(&self, host: &str) -> Time {
        self.hosts.get(host).map_or(Time::ZERO, |host| host.reboot_free)
    }

    /// No reboot of this host before `until`.
    pub(super) fn spare(&mut self, host: &str, until: Time) {
        let entry = self.hosts.entry(host.into()).or_default();
        entry.reboot_free = entry.reboot_free.max(until);
    }

    /// Hosts that may not be rebooted, and for how long.
    pub(super) fn reboots(&self, now: Time) -> impl Iterator<Item = (&str, Duration)> {
        let left = self.hosts.iter().map(move |(host, known)| (&**host, known.reboot_free.since(now)));
        left.filter(|(_, left)| !left.is_zero())
    }

    /// Forgets hosts of which nothing is known.
    pub(super) fn sweep(&mut self, now: Time) {
        self.hosts.retain(|_, host| host.running > 0 || !host.groups.is_empty() || now < host.reboot_free);
    }

    pub(super) fn len(&self) -> usize {
        self.hosts.len() + self.held.len()
    }
}

fn hold(held: &mut BTreeMap<Box<str>, u32>, group: &str, more: u32, less: u32) {
    let count = (held.get(group).copied().unwrap_or_default() + more).saturating_sub(less);
    if count == 0 {
        held.remove(group);
    } else {
        held.insert(group.into(), count);
    }
}
