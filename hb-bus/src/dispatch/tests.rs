//! Scenarios D1 to D15, in virtual time.
