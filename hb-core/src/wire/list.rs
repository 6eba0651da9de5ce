//! The answer to `list`: who is tracked, one per line.

use alloc::string::String;
use core::fmt::{Display, Write};

/// One line for each label, each ended by `\n`. Labels hold no control characters ([`Identity`](crate::id::Identity)
/// sees to it), so nothing can forge a line.
///
/// ```
/// assert_eq!(hb_core::wire::list::text(["a @ 127.0.0.1", "b @ 127.0.0.1"]), "a @ 127.0.0.1\nb @ 127.0.0.1\n");
/// ```
pub fn text(labels: impl IntoIterator<Item: Display>) -> String {
    let mut out = String::new();
    for label in labels {
        writeln!(out, "{label}").expect("a String takes all that is written");
    }
    out
}
