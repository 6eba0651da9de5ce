//! Placeholder until the first machine moves in.
