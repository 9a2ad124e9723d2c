//! When something happened lately, and how often, gathered at little cost.

use super::streak::REMEMBERED;
use crate::event::Timestamp;

/// When it is full, all but the latest are only counted from then on. Twice as many as are told: it is sorted seldom.
const ROOM: usize = 2 * REMEMBERED;

/// When outcomes of one kind happened, as far as a [`Streak`](super::Streak) remembers, and how many came before these.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Times {
    /// The latest, from the oldest on: [`Times::MOST`] at most.
    pub latest: Vec<Timestamp>,
    /// How many were earlier than these.
    pub earlier: u64,
    /// When the earliest of all was, where there are such.
    pub since: Option<Timestamp>,
}

impl Times {
    /// So many are told by their time.
    pub const MOST: usize = REMEMBERED;

    /// The latest.
    #[must_use]
    pub fn last(&self) -> Option<Timestamp> {
        self.latest.last().copied()
    }
}

/// Gathers [`Times`].
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// In the order of telling since it was sorted the last time.
    recent: [Timestamp; ROOM],
    len: usize,
    earlier: u64,
    since: Option<Timestamp>,
}

impl Tally {
    pub(super) fn add(&mut self, at: Timestamp) {
        if self.len == ROOM {
            self.forget();
        }
        self.recent[self.len] = at;
        self.len += 1;
    }

    /// Only counts all but the latest.
    fn forget(&mut self) {
        let known = &mut self.recent[..self.len];
        known.sort_unstable();
        let surplus = known.len().saturating_sub(REMEMBERED);
        if surplus > 0 {
            self.since = Some(self.since.map_or(known[0], |since| since.min(known[0])));
        }
        known.copy_within(surplus.., 0);
        self.earlier += surplus as u64;
        self.len -= surplus;
    }

    pub(super) fn into_times(mut self) -> Times {
        self.forget();
        Times { latest: self.recent[..self.len].to_vec(), earlier: self.earlier, since: self.since }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_latest_are_told_and_the_others_counted(times in proptest::collection::vec(0_i64..500, 0..150)) {
            let mut tally = Tally::default();
            times.iter().for_each(|at| tally.add(Timestamp::from_micros(*at)));
            let mut sorted = times;
            sorted.sort_unstable();
            let surplus = sorted.len().saturating_sub(Times::MOST);
            let latest: Vec<Timestamp> = sorted[surplus..].iter().map(|at| Timestamp::from_micros(*at)).collect();
            let since = sorted.first().filter(|_| surplus > 0).map(|at| Timestamp::from_micros(*at));
            prop_assert_eq!(tally.into_times(), Times { latest, earlier: surplus as u64, since });
        }
    }
}
