//! The entries that were read lately.

use std::collections::{HashSet, VecDeque};

/// The entries that were read lately, so that none is taken twice: not when a stream is read again from its beginning, and not when
/// it was written twice because the first answer was lost.
#[derive(Debug)]
pub(super) struct Applied {
    capacity: usize,
    /// From the oldest on.
    order: VecDeque<u64>,
    members: HashSet<u64>,
}

impl Applied {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), order: VecDeque::new(), members: HashSet::new() }
    }

    /// Adds an entry by its key; `false` if it was read before.
    pub(super) fn insert(&mut self, key: u64) -> bool {
        if !self.members.insert(key) {
            return false;
        }
        if self.order.len() == self.capacity
            && let Some(oldest) = self.order.pop_front()
        {
            self.members.remove(&oldest);
        }
        self.order.push_back(key);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_latest_are_remembered() {
        let mut applied = Applied::new(2);
        for key in [1, 2, 3] {
            assert!(applied.insert(key));
        }
        assert!(!applied.insert(2));
        assert!(applied.insert(1), "it was pushed out");
        assert_eq!((applied.order.len(), applied.members.len()), (2, 2));
    }
}
