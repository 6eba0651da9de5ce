//! The numbers that the module and its shell say to each other; `npm/src/link/words.ts` has the same.
//!
//! Not here: what comes of them.

/// What is said, by number.
pub mod say {
    /// Who it is.
    pub const HELLO: u32 = 0;
    /// A message.
    pub const PUBLISH: u32 = 1;
    /// A request.
    pub const REQUEST: u32 = 2;
    /// An answer; `text` is the id.
    pub const ANSWER: u32 = 3;
    /// A subscription ends.
    pub const UNSUBSCRIBE: u32 = 4;
}

/// What a subscription hears, by number.
pub mod heard {
    /// `message`, whose place is `number`.
    pub const MESSAGE: u32 = 0;
    /// It stands; nothing is missing if `number` is 1.
    pub const CONNECTED: u32 = 1;
    /// So many are lost.
    pub const MISSED: u32 = 2;
    /// It is refused, as `text` says.
    pub const REFUSED: u32 = 3;
    /// The link is closed.
    pub const CLOSED: u32 = 4;
}

/// How a request ends, by number.
pub mod replied {
    /// By its reply.
    pub const REPLY: u32 = 0;
    /// `text` says why not.
    pub const FAILED: u32 = 1;
    /// None came in time.
    pub const LATE: u32 = 2;
    /// There is no connection.
    pub const OFFLINE: u32 = 3;
    /// The link is closed.
    pub const CLOSED: u32 = 4;
}

/// What becomes of the connection, by number.
pub mod happened {
    /// Connected; `text` is the epoch.
    pub const ONLINE: u32 = 0;
    /// Not, for the reason `text`; the next attempt comes `after` ms.
    pub const OFFLINE: u32 = 1;
    /// It may not say that, for the reason `text`.
    pub const DENIED: u32 = 2;
}

/// What the host says, by number.
pub mod told {
    /// `text` is the epoch, `prefix` the own place.
    pub const WELCOME: u32 = 0;
    /// `text` says why.
    pub const REFUSED: u32 = 1;
    /// Whole if `number` is 1.
    pub const SUBSCRIBED: u32 = 2;
    /// `message`, whose place is `number`.
    pub const MESSAGE: u32 = 3;
    /// `number` of them.
    pub const MISSED: u32 = 4;
    /// `message`.
    pub const REPLY: u32 = 5;
    /// `text` says why.
    pub const FAILED: u32 = 6;
    /// `text` says why.
    pub const DENIED: u32 = 7;
}

#[cfg(test)]
mod tests {
    #[test]
    fn shell_and_module_say_the_same_numbers() {
        let ours = numbers(include_str!("words.rs"), "pub mod ", |line| {
            line.strip_prefix("pub const ")?.strip_suffix(';')?.split_once(": u32 = ")
        });
        let theirs = numbers(include_str!("../../npm/src/link/words.ts"), "export const enum ", |line| {
            line.strip_suffix(',')?.split_once(" = ")
        });
        assert!(ours.len() > 20 && ours == theirs, "{ours:?}\n{theirs:?}");
    }

    /// Of each block the numbers and their names.
    fn numbers<'a>(
        text: &'a str,
        block: &str,
        read: impl Fn(&'a str) -> Option<(&'a str, &'a str)>,
    ) -> Vec<(String, String, u32)> {
        let (mut found, mut inside) = (Vec::new(), String::new());
        for line in text.lines() {
            if let Some(name) = line.strip_prefix(block) {
                inside = name.trim_end_matches(" {").to_lowercase();
            } else if let Some((name, value)) = read(line.trim()) {
                found.push((inside.clone(), name.to_lowercase(), value.parse().expect("a number")));
            }
        }
        found
    }
}
