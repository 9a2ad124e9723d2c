//! Attempts that two sources tell, each in its own way.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::window::Age;
use crate::event::{AttemptKey, Teller, Timestamp, Twin, Usd};

/// How far apart two sources may date the beginning of one attempt: LiteLLM's differ by some milliseconds, and by the time that it
/// took to choose a deployment. A client that names all its calls alike seldom fails twice within it, and then no more is lost than which
/// of them is which.
const TOLERANCE: Duration = Duration::from_secs(60);

/// The latest attempts that another source may tell differently, in a bounded ring.
///
/// Ordered by time within a key, so that the nearest is found at once however many a client has named alike.
#[derive(Debug)]
pub(super) struct Pairs {
    capacity: usize,
    /// Those that the other source has not told, with what they cost.
    waiting: BTreeMap<Half, Usd>,
    /// All of them, oldest first.
    order: VecDeque<Half>,
    /// Tells apart what one source dates alike.
    next_number: u64,
}

/// What one source told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Half {
    key: AttemptKey,
    teller: Teller,
    started_at: Timestamp,
    number: u64,
}

/// What is known of an attempt that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sought {
    /// Nothing.
    New,
    /// Another source told it, with this cost.
    Paired {
        /// What that one said it cost.
        booked: Usd,
    },
}

impl Pairs {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), waiting: BTreeMap::new(), order: VecDeque::new(), next_number: 0 }
    }

    /// Looks for what another source told of this attempt, the nearest in time; what is found is not found again. Where there is
    /// none, this half waits for the other; one of long ago only where there is room.
    pub(super) fn seek(&mut self, twin: &Twin, age: Age) -> Sought {
        if let Some(other) = self.nearest(twin)
            && let Some(booked) = self.waiting.remove(&other)
        {
            return Sought::Paired { booked };
        }
        if age == Age::Recent || self.order.len() < self.capacity {
            self.wait(twin);
        }
        Sought::New
    }

    fn nearest(&self, twin: &Twin) -> Option<Half> {
        let Twin { key, teller, started_at, booked: _ } = *twin;
        let half = |started_at, number| Half { key, teller: teller.other(), started_at, number };
        let (first, last) = (started_at.minus(TOLERANCE), started_at.plus(TOLERANCE));
        let before = self.waiting.range(half(first, 0)..half(started_at, 0)).next_back();
        let after = self.waiting.range(half(started_at, 0)..=half(last, u64::MAX)).next();
        let nearest = before.into_iter().chain(after).min_by_key(|(half, _)| half.started_at.distance(started_at));
        nearest.map(|(half, _)| *half)
    }

    fn wait(&mut self, twin: &Twin) {
        let Twin { key, teller, started_at, booked } = *twin;
        let half = Half { key, teller, started_at, number: self.next_number };
        self.next_number += 1;
        self.waiting.insert(half, booked);
        self.order.push_back(half);
        while self.order.len() > self.capacity {
            self.order.pop_front().and_then(|oldest| self.waiting.remove(&oldest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half(id: &str, teller: Teller, second: i64, picos: i64) -> Twin {
        let started_at = Timestamp::from_micros(second * 1_000_000);
        let booked = Usd::from_picos(picos).expect("an amount");
        Twin { key: AttemptKey::of(&[id]), teller, started_at, booked }
    }

    fn paired(picos: i64) -> Sought {
        Sought::Paired { booked: Usd::from_picos(picos).expect("an amount") }
    }

    #[test]
    fn each_half_finds_one_other_half_and_the_nearest() {
        let mut pairs = Pairs::new(10);
        assert_eq!(pairs.seek(&half("a", Teller::Push, 100, 1), Age::Recent), Sought::New);
        assert_eq!(
            pairs.seek(&half("a", Teller::Push, 110, 2), Age::Recent),
            Sought::New,
            "one source tells each attempt once"
        );
        assert_eq!(pairs.seek(&half("a", Teller::Row, 109, 0), Age::Recent), paired(2));
        assert_eq!(pairs.seek(&half("a", Teller::Row, 109, 0), Age::Recent), paired(1));
        assert_eq!(pairs.seek(&half("a", Teller::Row, 109, 0), Age::Recent), Sought::New);
        assert_eq!(pairs.seek(&half("b", Teller::Push, 109, 0), Age::Recent), Sought::New);
    }

    #[test]
    fn what_is_far_apart_is_not_the_same() {
        let mut pairs = Pairs::new(10);
        assert_eq!(pairs.seek(&half("a", Teller::Push, 100, 1), Age::Recent), Sought::New);
        assert_eq!(pairs.seek(&half("a", Teller::Row, 161, 0), Age::Recent), Sought::New);
        assert_eq!(pairs.seek(&half("a", Teller::Row, 160, 0), Age::Recent), paired(1));
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_half_is_forgotten_first() {
        let mut pairs = Pairs::new(2);
        for (id, second) in [("a", 1), ("a", 2), ("b", 3)] {
            assert_eq!(pairs.seek(&half(id, Teller::Push, second, second), Age::Recent), Sought::New);
        }
        assert_eq!(pairs.seek(&half("a", Teller::Row, 1, 0), Age::Recent), paired(2), "the first of them is forgotten");
        assert_eq!(pairs.order.len(), 2);
    }

    #[test]
    fn of_many_that_are_named_alike_each_finds_its_own() {
        let mut pairs = Pairs::new(1_000);
        for number in 0..500 {
            assert_eq!(pairs.seek(&half("a", Teller::Push, number % 250, number), Age::Recent), Sought::New);
        }
        for number in (0..500).rev() {
            // Of two of one moment the first is found first.
            let expected = if number >= 250 { number - 250 } else { number + 250 };
            assert_eq!(pairs.seek(&half("a", Teller::Row, number % 250, 0), Age::Recent), paired(expected), "{number}");
        }
        assert_eq!(pairs.seek(&half("a", Teller::Row, 7, 0), Age::Recent), Sought::New);
    }

    #[test]
    fn one_of_long_ago_waits_only_where_there_is_room() {
        let mut pairs = Pairs::new(1);
        assert_eq!(pairs.seek(&half("a", Teller::Push, 1, 1), Age::Recent), Sought::New);
        assert_eq!(pairs.seek(&half("b", Teller::Row, 1, 1), Age::LongAgo), Sought::New);
        assert_eq!(pairs.seek(&half("a", Teller::Row, 1, 0), Age::LongAgo), paired(1), "it pushed nothing out");
    }
}
