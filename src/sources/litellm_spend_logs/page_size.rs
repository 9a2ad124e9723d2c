//! How many rows are asked for at once.

use std::time::Duration;

const FIRST: usize = 1_000;
const SMALLEST: usize = 50;
const LARGEST: usize = 10_000;
/// A full page that comes sooner than this could be larger.
const QUICK: Duration = Duration::from_millis(250);
/// A page that takes longer than this should be smaller.
const SLOW: Duration = Duration::from_secs(1);

/// How many rows are asked for at once: as many as the database gives in half a second or so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageSize(usize);

impl Default for PageSize {
    fn default() -> Self {
        Self(FIRST)
    }
}

impl PageSize {
    pub(super) fn rows(self) -> usize {
        self.0
    }

    /// Learns from a page of so many rows.
    pub(super) fn note(&mut self, rows: usize, took: Duration) {
        if took > SLOW {
            self.shrink();
        } else if rows >= self.0 && took < QUICK {
            self.0 = (self.0 * 2).min(LARGEST);
        }
    }

    /// Learns from a page that never came.
    pub(super) fn shrink(&mut self) {
        self.0 = (self.0 / 2).max(SMALLEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_pages_that_come_quickly_grow_and_slow_ones_shrink() {
        let mut size = PageSize::default();
        size.note(999, Duration::ZERO);
        assert_eq!(size.rows(), FIRST, "that was all there is");
        (0..9).for_each(|_| size.note(size.rows(), Duration::ZERO));
        assert_eq!(size.rows(), LARGEST);
        size.note(LARGEST, Duration::from_millis(500));
        assert_eq!(size.rows(), LARGEST);
        (0..20).for_each(|_| size.note(10, Duration::from_secs(2)));
        assert_eq!(size.rows(), SMALLEST);
    }
}
