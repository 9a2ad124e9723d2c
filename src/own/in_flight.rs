//! How much memory bodies may take together.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A budget of bytes that are being received or decoded.
///
/// Bytes and not bodies: LiteLLM may push 512 bodies of 15 KB at once, which is little, and three of 64 MiB, which is much.
#[derive(Debug)]
pub struct InFlight {
    limit: u64,
    used: AtomicU64,
}

/// Bytes taken from the budget, until this is dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: Arc<InFlight>,
    bytes: u64,
}

impl InFlight {
    /// A budget of so many bytes, of which none is used.
    #[must_use]
    pub fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicU64::new(0) })
    }

    /// An empty reservation, to grow as bytes arrive.
    #[must_use]
    pub fn reserve(self: &Arc<Self>) -> Reservation {
        Reservation { budget: Arc::clone(self), bytes: 0 }
    }

    /// The bytes that are in use now.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// The most bytes that may be.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        self.limit
    }
}

impl Reservation {
    /// Takes this many more bytes; `false` when they are not left.
    #[must_use]
    pub fn grow(&mut self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        let fits = |used: u64| used.checked_add(bytes).filter(|total| *total <= self.budget.limit);
        let is_granted = self.budget.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok();
        if is_granted {
            self.bytes += bytes;
        }
        is_granted
    }

    /// Takes this many more bytes, also where they are not left: then nobody else gets any until they are given back.
    pub fn take(&mut self, bytes: usize) {
        let bytes = bytes as u64;
        self.budget.used.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_left_is_not_granted_and_what_is_dropped_comes_back() {
        let budget = InFlight::new(10);
        let mut first = budget.reserve();
        assert!(first.grow(6));
        let mut second = budget.reserve();
        assert!(!second.grow(5));
        assert!(second.grow(4));
        drop(first);
        assert!(second.grow(6));
    }

    #[test]
    fn what_is_taken_beyond_the_limit_is_counted_and_comes_back() {
        let budget = InFlight::new(10);
        let mut received = budget.reserve();
        assert!(received.grow(8));
        let mut unpacked = budget.reserve();
        unpacked.take(10);
        assert_eq!(budget.used(), 18);
        assert!(!received.grow(1));
        drop(unpacked);
        assert!(received.grow(2));
    }
}
