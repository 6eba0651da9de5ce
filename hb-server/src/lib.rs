//! The host: `hb serve` and everything it stands on.

pub mod engine;
