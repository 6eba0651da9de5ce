//! Who sends too many wrong tokens: some may come at once, then one every few seconds, from each address.
//!
//! Pure: `now` is an argument. What is held is bounded. Not here: whom this spares.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use hb_lease::time::Time;

/// What one wrong token costs, in ms.
const EACH: u64 = 6_000;
/// What may be owed: ten at once, then one every six seconds.
const MOST_OWED: u64 = 10 * EACH;
/// Addresses that are remembered.
const ADDRESSES: usize = 4096;

/// By address, when it owes nothing any more.
#[derive(Debug, Default)]
pub(super) struct Tries(HashMap<IpAddr, Time>);

impl Tries {
    /// Whether one more may come from there; else after how long.
    pub(super) fn allow(&self, from: IpAddr, now: Time) -> Result<(), Duration> {
        let owed = self.0.get(&from).map_or(0, |free| free.since(now).as_millis());
        let over = (u64::try_from(owed).unwrap_or(u64::MAX) + EACH).saturating_sub(MOST_OWED);
        if over == 0 { Ok(()) } else { Err(Duration::from_millis(over)) }
    }

    /// A wrong one came.
    pub(super) fn failed(&mut self, from: IpAddr, now: Time) {
        if !self.0.contains_key(&from) && self.0.len() >= ADDRESSES {
            self.0.retain(|_, free| now < *free);
            // Who owes least is forgotten: it is the cheapest to be forgotten, and the slowest to gain by it.
            if self.0.len() >= ADDRESSES
                && let Some(least) = self.0.iter().min_by_key(|(_, free)| **free).map(|(from, _)| *from)
            {
                self.0.remove(&least);
            }
        }
        let free = self.0.entry(from).or_insert(now);
        *free = Time::from_millis((*free).max(now).as_millis() + EACH);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::from_millis(1_000_000 + seconds * 1000)
    }

    #[test]
    fn ten_at_once_then_one_every_six_seconds() {
        let (one, other) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let mut tries = Tries::default();
        for _ in 0..10 {
            assert_eq!(tries.allow(one, at(0)), Ok(()));
            tries.failed(one, at(0));
        }
        assert_eq!(tries.allow(one, at(0)), Err(Duration::from_secs(6)));
        assert_eq!(tries.allow(other, at(0)), Ok(()));
        assert_eq!(tries.allow(one, at(5)), Err(Duration::from_secs(1)));
        assert_eq!(tries.allow(one, at(6)), Ok(()));
        tries.failed(one, at(6));
        assert_eq!(tries.allow(one, at(6)), Err(Duration::from_secs(6)));
        assert_eq!(tries.allow(one, at(600)), Ok(()));
    }

    #[test]
    fn no_crowd_of_addresses_fills_the_table_nor_frees_the_worst() {
        let mut tries = Tries::default();
        let worst = [10, 0, 0, 1].into();
        for _ in 0..10 {
            tries.failed(worst, at(0));
        }
        for n in 0..20_000_u32 {
            tries.failed(IpAddr::from(std::net::Ipv4Addr::from_bits(0xC000_0000 + n)), at(0));
        }
        assert!(tries.0.len() <= ADDRESSES);
        assert!(tries.allow(worst, at(0)).is_err());
    }
}
