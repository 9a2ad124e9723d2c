//! The attempts that were seen lately.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use crate::event::AttemptKey;

/// Whether an attempt is one of those that another source is likely to tell, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// It is, and takes the place of the oldest.
    Recent,
    /// It is not. Somebody reads what is years old, and must not push out what was told just now and is still to be read.
    LongAgo,
}

/// The latest attempts, in a bounded ring.
///
/// A full window of a million takes 27 MB: 8 for the ring and 19 for the set. It grows as it fills.
#[derive(Debug)]
pub(super) struct Window {
    capacity: usize,
    ring: Vec<u64>,
    /// Where the oldest stands, once the ring is full.
    oldest: usize,
    members: HashSet<u64, BuildHasherDefault<AlreadyHashed>>,
}

impl Window {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), ring: Vec::new(), oldest: 0, members: HashSet::default() }
    }

    /// Adds an attempt; `false` if it is in the window already. One of long ago is left out where there is no room.
    pub(super) fn insert(&mut self, attempt: AttemptKey, age: Age) -> bool {
        let key = attempt.as_u64();
        if age == Age::LongAgo && self.ring.len() >= self.capacity {
            return !self.members.contains(&key);
        }
        if !self.members.insert(key) {
            return false;
        }
        if self.ring.len() < self.capacity {
            self.ring.push(key);
        } else {
            let leaving = std::mem::replace(&mut self.ring[self.oldest], key);
            self.members.remove(&leaving);
            self.oldest = (self.oldest + 1) % self.capacity;
        }
        true
    }
}

/// Keys are hashes: hashing them again gains nothing.
#[derive(Debug, Default)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> AttemptKey {
        AttemptKey::of(&[name])
    }

    #[test]
    fn an_attempt_is_new_once_and_again_after_it_left_the_window() {
        let mut window = Window::new(2);
        assert!(window.insert(key("a"), Age::Recent));
        assert!(!window.insert(key("a"), Age::Recent));
        assert!(window.insert(key("b"), Age::Recent));
        assert!(window.insert(key("c"), Age::Recent), "c pushes a out");
        assert!(!window.insert(key("b"), Age::Recent));
        assert!(window.insert(key("a"), Age::Recent));
        assert_eq!(window.members.len(), 2);
        assert_eq!(window.ring.len(), 2);
    }

    #[test]
    fn what_is_of_long_ago_pushes_nothing_out() {
        let mut window = Window::new(2);
        assert!(window.insert(key("old"), Age::LongAgo));
        assert!(!window.insert(key("old"), Age::LongAgo), "there was room");
        assert!(window.insert(key("new"), Age::Recent));
        assert!(window.insert(key("older"), Age::LongAgo));
        assert!(!window.insert(key("old"), Age::LongAgo) && !window.insert(key("new"), Age::LongAgo));
    }
}
