//! The rows that were counted, by the minute in which their requests began.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use foldhash::fast::RandomState;

use crate::event::RowMark;

/// The rows of the latest minutes.
#[derive(Debug)]
pub(super) struct Seen {
    minutes: BTreeMap<i64, Minute>,
    rows: usize,
    capacity: usize,
    /// The first minute of which every row that was counted is known. Nothing is known of those before.
    from: i64,
}

/// The rows of one minute.
#[derive(Debug, Default)]
struct Minute {
    ids: HashSet<u64, RandomState>,
    /// How many the database had when all of them were counted, and those that were counted since.
    compared: Option<u64>,
}

impl Seen {
    /// Remembers rows from this minute on, at most so many.
    pub(super) fn new(from: i64, capacity: usize) -> Self {
        Self { minutes: BTreeMap::new(), rows: 0, capacity, from }
    }

    /// The first minute of which every row that was counted is known.
    pub(super) fn from(&self) -> i64 {
        self.from
    }

    pub(super) fn contains(&self, mark: RowMark) -> bool {
        self.minutes.get(&mark.minute).is_some_and(|minute| minute.ids.contains(&mark.id))
    }

    /// Whether a row was counted. Of what is not known any more it is said that it was.
    pub(super) fn may_contain(&self, mark: RowMark) -> bool {
        mark.minute < self.from || self.contains(mark)
    }

    /// The rows that are known of this minute and later ones.
    pub(super) fn since(&self, minute: i64) -> impl Iterator<Item = RowMark> {
        let minutes = self.minutes.range(minute..);
        minutes.flat_map(|(minute, known)| known.ids.iter().map(|id| RowMark { minute: *minute, id: *id }))
    }

    /// Remembers a row, also one of a minute of which not all are known. Where there is no more room the oldest minutes go, and
    /// it returns `true`.
    pub(super) fn insert(&mut self, mark: RowMark) -> bool {
        let minute = self.minutes.entry(mark.minute).or_default();
        if minute.ids.insert(mark.id) {
            self.rows += 1;
            minute.compared = minute.compared.map(|rows| rows + 1);
        }
        let is_full = self.rows > self.capacity && self.minutes.len() > 1;
        if is_full && let Some(oldest) = self.minutes.keys().next().copied() {
            self.forget_before(oldest + 1);
        }
        is_full
    }

    /// Notes that every row that was counted is known from this minute on, and keeps what is known of those before.
    pub(super) fn know_from(&mut self, minute: i64) {
        self.from = self.from.max(minute);
    }

    /// Forgets the rows of earlier minutes, and that any were known.
    pub(super) fn forget_before(&mut self, minute: i64) {
        if minute > self.from {
            self.drop_before(minute);
            self.from = minute;
        }
    }

    /// Drops those rows of earlier minutes that need not be known: of minutes of which not all are known.
    pub(super) fn drop_passed(&mut self, minute: i64) {
        self.drop_before(minute.min(self.from));
    }

    fn drop_before(&mut self, minute: i64) {
        let kept = self.minutes.split_off(&minute);
        self.rows -= self.minutes.values().map(|minute| minute.ids.len()).sum::<usize>();
        self.minutes = kept;
    }

    /// The minutes of `range` of which the database has another number of rows than it had when they were last compared, or than
    /// were counted. `counts` has what the database has, without the minutes that have none.
    pub(super) fn that_differ(&self, range: Range<i64>, counts: &BTreeMap<i64, u64>) -> Vec<i64> {
        let of_database = counts.range(range.clone()).map(|(minute, _)| *minute);
        let known = self.minutes.range(range).map(|(minute, _)| *minute);
        let both: std::collections::BTreeSet<i64> = of_database.chain(known).collect();
        let differs = |minute: &i64| {
            let now = counts.get(minute).copied().unwrap_or_default();
            self.minutes.get(minute).map_or(0, Minute::expected) != now
        };
        both.into_iter().filter(differs).collect()
    }

    /// Notes that all of the rows of a minute that the database has are counted.
    pub(super) fn note_compared(&mut self, minute: i64, rows: u64) {
        if minute >= self.from {
            self.minutes.entry(minute).or_default().compared = Some(rows);
        }
    }
}

impl Minute {
    fn expected(&self) -> u64 {
        self.compared.unwrap_or(self.ids.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(minute: i64, id: u64) -> RowMark {
        RowMark { minute, id }
    }

    #[test]
    fn a_minute_differs_when_the_database_has_more_or_fewer_rows_than_before() {
        let mut seen = Seen::new(10, 100);
        for (minute, id) in [(10, 1), (10, 2), (11, 1), (12, 1)] {
            seen.insert(mark(minute, id));
        }
        let counts = BTreeMap::from([(10, 2), (11, 2), (13, 1), (20, 5)]);
        assert_eq!(seen.that_differ(10..20, &counts), [11, 12, 13], "a straggler, a deletion, a minute of its own");
        for (minute, rows) in [(11, 2), (12, 0), (13, 1)] {
            seen.note_compared(minute, rows);
        }
        assert!(seen.that_differ(10..20, &counts).is_empty(), "compared, and nothing changed since");
        seen.insert(mark(12, 2));
        assert!(seen.that_differ(12..13, &BTreeMap::from([(12, 1)])).is_empty(), "one was deleted, another came");
    }

    #[test]
    fn what_is_forgotten_is_not_known() {
        let mut seen = Seen::new(10, 100);
        seen.insert(mark(10, 1));
        seen.insert(mark(11, 1));
        seen.forget_before(11);
        assert!(!seen.contains(mark(10, 1)) && seen.contains(mark(11, 1)));
        assert_eq!((seen.from(), seen.rows), (11, 1));
        assert!(
            seen.may_contain(mark(10, 7)) && !seen.may_contain(mark(11, 7)),
            "who has forgotten may have counted it"
        );
        seen.forget_before(5);
        assert_eq!(seen.from(), 11, "there is no way back");
    }

    #[test]
    fn of_a_minute_that_is_not_known_whole_rows_are_known_until_it_is_passed() {
        let mut seen = Seen::new(10, 100);
        for (minute, id) in [(5, 1), (6, 1), (12, 1)] {
            seen.insert(mark(minute, id));
        }
        assert!(seen.contains(mark(5, 1)));
        seen.drop_passed(6);
        assert!(!seen.contains(mark(5, 1)) && seen.contains(mark(6, 1)));
        seen.drop_passed(100);
        assert!(!seen.contains(mark(6, 1)) && seen.contains(mark(12, 1)));
        assert_eq!((seen.from(), seen.rows), (10, 1));
    }

    #[test]
    fn where_there_is_no_room_the_oldest_minute_goes_as_a_whole() {
        let mut seen = Seen::new(0, 3);
        let inserted: Vec<bool> = [(1, 1), (1, 2), (2, 1), (3, 1)].map(|(at, id)| seen.insert(mark(at, id))).into();
        assert_eq!(inserted, [false, false, false, true]);
        assert_eq!((seen.from(), seen.rows), (2, 2));
    }
}
