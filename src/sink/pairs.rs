//! Attempts that two sources tell, each in its own way.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use foldhash::fast::RandomState;
use smallvec::SmallVec;

use super::window::Age;
use crate::event::{AttemptKey, Teller, Timestamp, Twin, Usd};

/// How far apart two sources may date the beginning of one attempt: LiteLLM's differ by some milliseconds, and by the time that it
/// took to choose a deployment. A client that names all its calls alike seldom fails twice within it, and then no more is lost than which
/// of them is which.
const TOLERANCE: Duration = Duration::from_secs(60);

/// The latest attempts that another source may tell differently, in a bounded ring.
#[derive(Debug)]
pub(super) struct Pairs {
    capacity: usize,
    known: HashMap<AttemptKey, SmallVec<[Half; 1]>, RandomState>,
    /// Oldest first.
    order: VecDeque<AttemptKey>,
}

/// What one source told.
#[derive(Debug)]
struct Half {
    teller: Teller,
    started_at: Timestamp,
    booked: Usd,
    /// Whether the other source has told it too.
    is_paired: bool,
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
        Self { capacity: capacity.max(1), known: HashMap::default(), order: VecDeque::new() }
    }

    /// Looks for what another source told of this attempt, the nearest in time; what is found is not found again. Where there is
    /// none, this half waits for the other; one of long ago only where there is room.
    pub(super) fn seek(&mut self, twin: &Twin, age: Age) -> Sought {
        if age == Age::LongAgo && self.order.len() >= self.capacity && !self.known.contains_key(&twin.key) {
            return Sought::New;
        }
        let halves = self.known.entry(twin.key).or_default();
        let waiting = halves.iter_mut().filter(|half| half.teller != twin.teller && !half.is_paired);
        let near = waiting.filter_map(|half| Some((half.distance(twin.started_at)?, half)));
        if let Some((_, half)) = near.min_by_key(|(distance, _)| *distance) {
            half.is_paired = true;
            return Sought::Paired { booked: half.booked };
        }
        let Twin { key, teller, started_at, booked } = *twin;
        halves.push(Half { teller, started_at, booked, is_paired: false });
        self.order.push_back(key);
        while self.order.len() > self.capacity {
            self.forget_oldest();
        }
        Sought::New
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.order.pop_front() else { return };
        if let Some(halves) = self.known.get_mut(&oldest) {
            // In the order in which they came, as they stand in `order`.
            halves.remove(0);
            if halves.is_empty() {
                self.known.remove(&oldest);
            }
        }
    }
}

impl Half {
    /// How far apart the two are dated; `None` where that is too far.
    fn distance(&self, at: Timestamp) -> Option<Duration> {
        let distance = at.since(self.started_at).or_else(|| self.started_at.since(at))?;
        (distance <= TOLERANCE).then_some(distance)
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
}
