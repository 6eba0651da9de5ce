//! A hierarchical timing wheel, exact to the millisecond, whose links live in the caller's own records.
//!
//! Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (1987): eleven levels of 64 lists. A record stands on the
//! level of the highest bit in which its time differs from the wheel's, and moves down as that time comes near.
//! Linking and unlinking are O(1); each record is moved at most once per level. Not here: keys, values and leases
//! ([`crate::lease`]).

use crate::time::Time;

const BITS: u32 = 6;
const LISTS: usize = 1 << BITS;
/// Enough for all 64 bits of a time, so that no deadline is out of reach.
const LEVELS: usize = 11;
/// The list of those whose time has come.
const DUE: u16 = (LEVELS * LISTS) as u16;
/// In no list.
const LOOSE: u16 = DUE + 1;
/// No record.
const NIL: u32 = u32::MAX;

/// What a record lends to the wheel: its deadline and its place in a list. 24 bytes.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    deadline: Time,
    prev: u32,
    next: u32,
    list: u16,
}

impl Default for Node {
    fn default() -> Self {
        Self { deadline: Time::MAX, prev: NIL, next: NIL, list: LOOSE }
    }
}

impl Node {
    /// The deadline in force; [`Time::MAX`] for never.
    #[must_use]
    pub fn deadline(&self) -> Time {
        self.deadline
    }
}

/// Where the wheel finds the nodes.
pub trait Nodes {
    /// The node of record `index`. The wheel asks only for indexes it was given.
    fn node(&mut self, index: u32) -> &mut Node;
}

/// The lists. Holds no records itself: about 3 KiB, whatever it schedules.
#[derive(Clone, Debug)]
pub struct Wheel {
    now: u64,
    occupied: [u64; LEVELS],
    heads: [u32; LEVELS * LISTS],
    due_head: u32,
    due_tail: u32,
}

impl Default for Wheel {
    fn default() -> Self {
        Self { now: 0, occupied: [0; LEVELS], heads: [NIL; LEVELS * LISTS], due_head: NIL, due_tail: NIL }
    }
}

impl Wheel {
    /// Gives record `index` a deadline, in place of the one it has. O(1).
    ///
    /// While the new deadline does not come before its list is dealt out, only the node is touched: it finds its place
    /// then (lazy re-arming).
    pub fn schedule(&mut self, nodes: &mut impl Nodes, index: u32, deadline: Time) {
        let node = nodes.node(index);
        node.deadline = deadline;
        if self.moment(node.list).is_some_and(|at| at <= deadline.as_millis()) {
            return;
        }
        self.unlink(nodes, index);
        if deadline != Time::MAX {
            self.link(nodes, index);
        }
    }

    /// Takes record `index` out of its list, if it is in one. O(1).
    pub fn unlink(&mut self, nodes: &mut impl Nodes, index: u32) {
        let node = nodes.node(index);
        let Node { prev, next, list, .. } = *node;
        *node = Node { deadline: node.deadline, ..Node::default() };
        if list == LOOSE {
            return;
        }
        if prev != NIL {
            nodes.node(prev).next = next;
        }
        if next != NIL {
            nodes.node(next).prev = prev;
        }
        if list == DUE {
            if prev == NIL {
                self.due_head = next;
            }
            if next == NIL {
                self.due_tail = prev;
            }
        } else if prev == NIL {
            let list = usize::from(list);
            self.heads[list] = next;
            if next == NIL {
                self.occupied[list / LISTS] &= !(1 << (list % LISTS));
            }
        }
    }

    /// The next record whose deadline is not after `now`, in order of deadlines; it is then in no list.
    ///
    /// Between records of the same millisecond the order is not defined. Amortised O(1).
    pub fn pop(&mut self, nodes: &mut impl Nodes, now: Time) -> Option<u32> {
        let now = now.as_millis();
        loop {
            if self.due_head != NIL {
                let index = self.due_head;
                self.unlink(nodes, index);
                let deadline = nodes.node(index).deadline;
                if deadline.as_millis() <= self.now {
                    return Some(index);
                }
                // It moved away while it waited here.
                self.schedule(nodes, index, deadline);
                continue;
            }
            let Some((list, at)) = self.first_list().filter(|&(_, at)| at <= now) else {
                self.now = self.now.max(now);
                return None;
            };
            self.now = at;
            self.spread(nodes, list);
        }
    }

    /// When [`Wheel::pop`] is worth a call: never after the earliest record, possibly before it.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Time> {
        if self.due_head != NIL {
            return Some(Time::from_millis(self.now));
        }
        self.first_list().map(|(_, at)| Time::from_millis(at))
    }

    /// Puts a loose record where its deadline belongs.
    fn link(&mut self, nodes: &mut impl Nodes, index: u32) {
        let deadline = nodes.node(index).deadline;
        let at = deadline.as_millis();
        if at <= self.now {
            let prev = core::mem::replace(&mut self.due_tail, index);
            *nodes.node(index) = Node { deadline, prev, next: NIL, list: DUE };
            if prev == NIL {
                self.due_head = index;
            } else {
                nodes.node(prev).next = index;
            }
            return;
        }
        let level = (63 - (at ^ self.now).leading_zeros()) / BITS;
        let list = level as usize * LISTS + ((at >> (level * BITS)) as usize & (LISTS - 1));
        let next = core::mem::replace(&mut self.heads[list], index);
        *nodes.node(index) = Node { deadline, prev: NIL, next, list: list as u16 };
        if next != NIL {
            nodes.node(next).prev = index;
        }
        self.occupied[level as usize] |= 1 << (list & (LISTS - 1));
    }

    /// When a list is dealt out; `None` for no list.
    fn moment(&self, list: u16) -> Option<u64> {
        match list {
            LOOSE => None,
            DUE => Some(self.now),
            list => Some(self.beginning(usize::from(list))),
        }
    }

    /// The moment at which a list of the levels begins.
    fn beginning(&self, list: usize) -> u64 {
        let shift = (list / LISTS) as u32 * BITS;
        let turn = self.now >> shift >> BITS << BITS << shift;
        turn | ((list % LISTS) as u64) << shift
    }

    /// The list that comes first, and the moment at which it begins.
    ///
    /// Every list lies ahead within its level's current turn, and every list of a level lies before those of the next
    /// one: the lowest set bit of the lowest occupied level is the first.
    fn first_list(&self) -> Option<(usize, u64)> {
        let level = self.occupied.iter().position(|&lists| lists != 0)?;
        let list = level * LISTS + self.occupied[level].trailing_zeros() as usize;
        Some((list, self.beginning(list)))
    }

    /// Deals a list out to the levels below, as seen from the wheel's new time.
    fn spread(&mut self, nodes: &mut impl Nodes, list: usize) {
        let mut index = core::mem::replace(&mut self.heads[list], NIL);
        self.occupied[list / LISTS] &= !(1 << (list % LISTS));
        while index != NIL {
            let node = nodes.node(index);
            let next = node.next;
            *node = Node { deadline: node.deadline, ..Node::default() };
            if node.deadline != Time::MAX {
                self.link(nodes, index);
            }
            index = next;
        }
    }
}

#[cfg(test)]
mod tests;
