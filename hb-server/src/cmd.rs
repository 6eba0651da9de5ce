//! The subcommands of `hb`, one file each: typed arguments, and what they mean.

pub(crate) mod serve;
