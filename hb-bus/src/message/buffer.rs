//! The last few messages, each once.

use std::collections::VecDeque;

use super::Message;

/// Keeps the last messages up to a limit, oldest first, and walks over them in a circle.
///
/// ```
/// use hb_bus::message::{Buffer, Message, Topic};
///
/// let mut buffer = Buffer::new(2);
/// assert_eq!(buffer.step(), None);
/// for text in ["1", "2", "3"] {
///     buffer.push(Message::new(Topic::DEFAULT, text));
/// }
/// let walked: Vec<_> = (0..3).filter_map(|_| buffer.step()).map(|m| m.data().clone()).collect();
/// assert_eq!(walked, ["2", "3", "2"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Buffer {
    messages: VecDeque<Message>,
    limit: usize,
    next: usize,
}

impl Buffer {
    /// A buffer for `limit` messages; 0 keeps none.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { messages: VecDeque::new(), limit, next: 0 }
    }

    /// Adds a message; the oldest goes if there are too many. One that is there already, by its id, is not added
    /// again: `false`. O(limit).
    pub fn push(&mut self, message: Message) -> bool {
        let known = !message.id().is_nil() && self.messages.iter().any(|kept| kept.id() == message.id());
        if known || self.limit == 0 {
            return false;
        }
        if self.messages.len() == self.limit {
            self.messages.pop_front();
            self.next = self.next.saturating_sub(1);
        }
        self.messages.push_back(message);
        true
    }

    /// The next message of an endless walk in a circle; `None` if there is none at all.
    pub fn step(&mut self) -> Option<Message> {
        let message = self.messages.get(self.next)?.clone();
        self.next = (self.next + 1) % self.messages.len();
        Some(message)
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter()
    }

    /// Takes all of them out, oldest first.
    pub fn take(&mut self) -> impl Iterator<Item = Message> + use<> {
        self.next = 0;
        std::mem::take(&mut self.messages).into_iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use hb_lease::time::Wall;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::super::{Ids, Topic};
    use super::*;

    #[wasm_bindgen_test(unsupported = test)]
    fn g20_a_buffer_walks_in_a_circle_and_holds_each_once() {
        let mut ids = Ids::new(0);
        let mut numbered = |n: u8| {
            let mut message = Message::new(Topic::DEFAULT, vec![n]);
            message.stamp(&mut ids, || Wall::from_unix_millis(0));
            message
        };
        let mut buffer = Buffer::new(3);
        assert_eq!(buffer.step(), None);
        let messages: Vec<Message> = (0..=3).map(&mut numbered).collect();
        for message in &messages {
            assert!(buffer.push(message.clone()));
        }
        let data = |m: &Message| m.data()[0];
        assert_eq!(buffer.iter().map(data).collect::<Vec<_>>(), [1, 2, 3]);
        let walked: Vec<u8> = (0..4).filter_map(|_| buffer.step()).map(|m| data(&m)).collect();
        assert_eq!(walked, [1, 2, 3, 1]);
        assert!(!buffer.push(messages[2].clone()), "it is there already");
        assert_eq!(buffer.len(), 3);
        let mut nothing = Buffer::new(0);
        assert!(!nothing.push(messages[0].clone()) && nothing.is_empty() && nothing.step().is_none());
        assert_eq!(buffer.take().count(), 3);
        assert!(buffer.is_empty() && buffer.step().is_none());
    }
}
