//! Opening hours and mutes: when nobody is to be told, and nothing to be repaired.

pub mod hours;
