//! Keys with deadlines: the mechanism under every promise that hb holds somebody to.
//!
//! Nothing here reads a clock: `now` is always an argument, so every user of this crate can be tested in
//! virtual time. Not here: what a missed deadline *means* (that is `hb-core`'s).
//!
//! ```
//! use hb_lease::lease::Table;
//! use hb_lease::time::Time;
//!
//! let ms = Time::from_millis;
//! let mut leases: Table<&str, u32, std::hash::RandomState> = Table::default();
//! let lamp = leases.insert("lamp", 1, ms(1_000));
//! leases.insert("door", 2, ms(500));
//!
//! leases.renew(lamp, ms(2_000));
//! let (slot, at) = leases.pop_expired(ms(600)).unwrap();
//! assert_eq!((leases.key(slot), at), (&"door", ms(500)));
//! assert_eq!(leases.pop_expired(ms(1_999)), None);
//! ```
#![no_std]

extern crate alloc;

mod index;
pub mod lease;
pub mod time;
pub mod wheel;
