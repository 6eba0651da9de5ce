//! What the system says of this process, under the names that every Prometheus client gives it.
//!
//! Read from `/proc`; where there is none, these figures are left out. Not here: what hb counts itself.

use std::fmt::Error;
use std::fs;

use prometheus_client::encoding::DescriptorEncoder;

use super::family::{Family, Kind};

/// Ticks a second in which the kernel tells times to programs: the same on every machine that Linux runs on today.
const TICKS: f64 = 100.0;

const CPU: Family = Family {
    name: "process_cpu_seconds_total",
    kind: Kind::Counter,
    labels: &[],
    help: "Processor time of the server, in user and system mode",
};
const RESIDENT: Family = Family {
    name: "process_resident_memory_bytes",
    kind: Kind::Gauge,
    labels: &[],
    help: "Memory of the server that is in RAM",
};
const VIRTUAL: Family = Family {
    name: "process_virtual_memory_bytes",
    kind: Kind::Gauge,
    labels: &[],
    help: "Address space of the server",
};
const OPEN: Family = Family {
    name: "process_open_fds",
    kind: Kind::Gauge,
    labels: &[],
    help: "Files and sockets that the server holds open",
};
const MOST: Family = Family {
    name: "process_max_fds",
    kind: Kind::Gauge,
    labels: &[],
    help: "Files and sockets that it may hold open",
};
const START: Family = Family {
    name: "process_start_time_seconds",
    kind: Kind::Gauge,
    labels: &[],
    help: "When the server was started, in seconds since 1970",
};

/// Every family here.
#[cfg(test)]
pub(super) const FAMILIES: &[&Family] = &[&CPU, &RESIDENT, &VIRTUAL, &OPEN, &MOST, &START];

/// Writes what is known; `started` in seconds since 1970.
pub(super) fn write(to: &mut DescriptorEncoder<'_>, started: f64) -> Result<(), Error> {
    let read = |file: &str| fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
    let (stat, status, limits) = (read("stat"), read("status"), read("limits"));
    // The look itself holds one.
    let open = fs::read_dir("/proc/self/fd").ok().map(|found| found.count().saturating_sub(1) as f64);
    CPU.write_one(to, cpu(&stat))?;
    RESIDENT.write_one(to, kib(&status, "VmRSS:"))?;
    VIRTUAL.write_one(to, kib(&status, "VmSize:"))?;
    OPEN.write_one(to, open)?;
    MOST.write_one(to, most_open(&limits))?;
    START.write_one(to, Some(started))
}

/// Of the whole process, from its `stat`. Its name, which may hold anything, ends at the last parenthesis.
fn cpu(stat: &str) -> Option<f64> {
    let mut rest = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (rest.next()?.parse().ok()?, rest.next()?.parse().ok()?);
    Some((user + system) / TICKS)
}

/// A line of `status`, in bytes.
fn kib(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024.0)
}

/// The limit in force; none if it is unlimited.
fn most_open(limits: &str) -> Option<f64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_writes_is_read() {
        let stat = "7 (hb ) 1 2) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 100 1 2";
        assert_eq!(cpu(stat), Some(3.0));
        let status = "Name:\thb\nVmSize:\t  2048 kB\nVmRSS:\t     12 kB\n";
        assert_eq!((kib(status, "VmRSS:"), kib(status, "VmSize:")), (Some(12_288.0), Some(2_097_152.0)));
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max open files            1024                 524288               files\n";
        assert_eq!(most_open(limits), Some(1024.0));
        for nonsense in ["", "7 (hb", "VmRSS:\n", "Max open files  unlimited"] {
            assert_eq!((cpu(nonsense), kib(nonsense, "VmRSS:"), most_open(nonsense)), (None, None, None));
        }
    }
}
