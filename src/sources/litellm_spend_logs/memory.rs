//! What is known of the rows that were read: how far, and which.

mod succession;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::Restored;
use super::pace::Pace;
use super::place::Place;
use super::progress::Progress;
use super::seen::Seen;
use crate::config::Start;
use crate::event::{RowMark, Timestamp};

/// Ids that are remembered at most: some 60 MB.
const MOST_ROWS: usize = 4_000_000;

/// How far reading has come, and which rows it has met.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) progress: Progress,
    /// The ledger asks, too.
    pub(super) seen: Arc<Mutex<Seen>>,
    /// Rows that this replica claimed and did not count: an earlier process of it ended in between.
    due: Vec<RowMark>,
    /// Whether it is to begin with the present, whatever the configuration says: others may have read before.
    begins_now: bool,
    /// The minute at which the sweep goes on.
    sweep_at: i64,
    /// The first minute that was not gone over since its last row could come.
    over_from: i64,
    has_told_of_room: bool,
}

impl Memory {
    /// Goes on from what was known before a restart.
    pub(super) fn new(restored: Restored) -> Self {
        let Restored { progress, rows, .. } = restored;
        let progress = progress.map(|json| serde_json::from_str::<Progress>(&json));
        let progress = progress.transpose().unwrap_or_else(|error| {
            tracing::error!(%error, "how far the spend log was read can't be understood: reading begins anew");
            None
        });
        let progress = progress.unwrap_or_default();
        let mut memory = Self {
            seen: Arc::new(Mutex::new(Seen::new(progress.remembered_from, MOST_ROWS))),
            due: Vec::new(),
            begins_now: false,
            progress,
            sweep_at: i64::MIN,
            over_from: i64::MIN,
            has_told_of_room: false,
        };
        rows.into_iter().for_each(|mark| memory.remember(mark));
        memory
    }

    /// Begins where nothing was read before. Rows that were are known all the same: those of a first page in the midst of which the
    /// exporter was killed.
    pub(super) fn begin(&mut self, start: Start, now: Timestamp, pace: &Pace) {
        let start = if std::mem::take(&mut self.begins_now) { Start::Now } else { start };
        self.progress.begin(start, now, pace.sweep);
        let mut seen = self.seen.lock();
        seen.know_from(self.progress.remembered_from);
        self.progress.remembered_from = seen.from();
    }

    /// Whether it is to begin with the present, whatever the configuration says.
    pub(super) const fn begins_now(&self) -> bool {
        self.begins_now
    }

    /// Whether a row is to be counted.
    pub(super) fn is_new(&self, mark: RowMark, started_at: Timestamp) -> bool {
        started_at >= self.progress.start() && !self.seen.lock().contains(mark)
    }

    /// Whether the row at this place is to be counted.
    pub(super) fn is_unseen(&self, key: &Place) -> bool {
        self.is_new(RowMark::new(key.at(), key.id()), key.at())
    }

    /// Whether a row is compared with those that were counted. What began after the cursor and is unseen is no straggler: the next
    /// reading finds it.
    pub(super) fn is_compared(&self, key: &Place) -> bool {
        let cursor = self.progress.cursor().map(Place::at);
        Some(key.at()) < cursor || !self.is_unseen(key)
    }

    /// After which place whole pages are read on, and before which moment; `None` where the hot zone is near.
    pub(super) fn next_page(&self, now: Timestamp, pace: &Pace) -> Option<(Place, Timestamp)> {
        let cursor = self.progress.cursor().filter(|cursor| cursor.at() < now.minus(pace.hot * 2))?;
        Some((cursor.clone(), now.minus(pace.hot)))
    }

    /// When a minute begins, or what is counted of it.
    pub(super) fn beginning_of(&self, minute: i64) -> Timestamp {
        RowMark::beginning_of(minute).max(self.progress.start())
    }

    /// Notes that a row is counted.
    pub(super) fn remember(&mut self, mark: RowMark) {
        let mut seen = self.seen.lock();
        if seen.insert(mark) && !std::mem::replace(&mut self.has_told_of_room, true) {
            tracing::warn!(
                rows = MOST_ROWS,
                "more rows than can be remembered: stragglers are counted for less than sources.litellm_spend_logs.sweep"
            );
        }
        self.progress.remembered_from = seen.from();
    }

    /// Notes that these minutes were gone over, with what the database had at `now`.
    pub(super) fn note_gone_over(&mut self, minutes: &Range<i64>, now: Timestamp, pace: &Pace) {
        if minutes.start <= self.seen.lock().from() {
            let complete = RowMark::minute_of(now.minus(pace.sweep));
            self.over_from = self.over_from.max(minutes.end.min(complete));
        }
    }

    /// Forgets what is too old to be looked for again, and was looked for since: after an outage that takes a while.
    pub(super) fn forget(&mut self, now: Timestamp, pace: &Pace) {
        let floor = self.progress.floor(now, pace.lookback);
        let at = self.progress.cursor().map_or(floor, |cursor| cursor.at().min(floor));
        let mut seen = self.seen.lock();
        seen.forget_before(self.over_from.min(RowMark::minute_of(at)));
        self.progress.remembered_from = seen.from();
    }

    /// Goes on behind what was read, where that need not be known any more.
    pub(super) fn advance(&mut self, to: Place) {
        self.progress.advance(to);
        self.seen.lock().drop_passed(self.behind());
    }

    /// The first minute of which rows must be known after a restart.
    pub(super) fn rows_from(&self) -> i64 {
        self.seen.lock().from().min(self.behind())
    }

    /// The minutes of the look-back, up to that of the cursor.
    pub(super) fn lookback(&self, now: Timestamp, pace: &Pace) -> Range<i64> {
        let floor = RowMark::minute_of(self.progress.floor(now, pace.lookback));
        floor.max(self.seen.lock().from())..self.behind().saturating_add(1)
    }

    /// The next slice of the minutes before the look-back.
    pub(super) fn next_slice(&mut self, now: Timestamp, pace: &Pace) -> Range<i64> {
        let floor = RowMark::minute_of(self.progress.floor(now, pace.lookback));
        let (first, end) = (self.seen.lock().from(), floor.min(self.behind()));
        let begin = if (first..end).contains(&self.sweep_at) { self.sweep_at } else { first };
        let length = (minutes(pace.sweep) / i64::from(pace.slices)).max(0) + 1;
        self.sweep_at = begin.saturating_add(length);
        begin..self.sweep_at.min(end)
    }

    /// The minute of the cursor, the rest of which lies in the hot zone.
    fn behind(&self) -> i64 {
        self.progress.cursor().map_or(i64::MIN, |cursor| RowMark::minute_of(cursor.at()))
    }
}

fn minutes(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs() / 60).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SpendLogs;

    fn at(minute: i64) -> Timestamp {
        RowMark::beginning_of(minute)
    }

    #[test]
    fn look_back_and_sweep_together_go_over_every_minute_that_is_remembered() {
        let pace = Pace::of(&SpendLogs { sweep: Duration::from_hours(3), ..SpendLogs::default() });
        let mut memory = Memory::new(Restored::default());
        memory.begin(Start::Beginning, at(1_000), &pace);
        memory.advance(Place::before(at(998)));
        let mut swept: Vec<i64> = (0..60).flat_map(|_| memory.next_slice(at(1_000), &pace)).collect();
        swept.sort_unstable();
        swept.dedup();
        let all: Vec<i64> = swept.into_iter().chain(memory.lookback(at(1_000), &pace)).collect();
        assert_eq!(all, (1_000 - 180..=998).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_is_forgotten_before_the_cursor_has_passed_it() {
        let pace = Pace::of(&SpendLogs::default());
        let mut memory = Memory::new(Restored::default());
        memory.begin(Start::At(at(100)), at(100), &pace);
        let mark = RowMark { minute: 100, id: 1 };
        memory.remember(mark);
        memory.note_gone_over(&(100..5_000), at(5_000), &pace);
        memory.forget(at(5_000), &pace);
        assert!(memory.seen.lock().contains(mark), "the cursor is still there");
        memory.advance(Place::before(at(4_998)));
        memory.forget(at(5_000), &pace);
        assert!(!memory.seen.lock().contains(mark));
        assert_eq!(memory.seen.lock().from(), 5_000 - 1_440);
    }

    #[test]
    fn nothing_is_forgotten_before_it_was_gone_over_when_its_last_row_could_have_come() {
        let pace = Pace::of(&SpendLogs::default());
        let mut memory = Memory::new(Restored::default());
        memory.begin(Start::At(at(100)), at(100), &pace);
        memory.advance(Place::before(at(4_998)));
        memory.forget(at(5_000), &pace);
        assert_eq!(memory.seen.lock().from(), 100, "an outage of days");
        memory.note_gone_over(&(200..300), at(5_000), &pace);
        memory.forget(at(5_000), &pace);
        assert_eq!(memory.seen.lock().from(), 100, "not yet all of it");
        memory.note_gone_over(&(100..200), at(1_440 + 150), &pace);
        memory.forget(at(5_000), &pace);
        assert_eq!(memory.seen.lock().from(), 150, "rows of the rest may have come since");
    }

    #[test]
    fn rows_that_were_counted_before_anything_was_noted_are_known() {
        let pace = Pace::of(&SpendLogs::default());
        for minute in [100, 4_990] {
            let mark = RowMark { minute, id: 7 };
            let mut memory = Memory::new(Restored { rows: vec![mark], ..Restored::default() });
            memory.begin(Start::Beginning, at(5_000), &pace);
            assert!(!memory.is_new(mark, at(minute)), "it was counted");
            assert_eq!(memory.seen.lock().from(), 5_000 - 1_440);
        }
    }

    #[test]
    fn what_was_noted_is_gone_on_from() {
        let pace = Pace::of(&SpendLogs::default());
        let mut memory = Memory::new(Restored::default());
        memory.begin(Start::Now, at(100), &pace);
        let json = serde_json::to_string(&memory.progress).expect("JSON");
        let mark = RowMark { minute: 100, id: 7 };
        let again = Memory::new(Restored { progress: Some(json), rows: vec![mark], ..Restored::default() });
        assert_eq!(again.progress, memory.progress);
        assert!(!again.is_new(mark, at(100)), "it was seen");
        assert!(!again.is_new(RowMark { minute: 99, id: 7 }, at(99)), "it began before the start");
        assert!(again.is_new(RowMark { minute: 100, id: 8 }, at(100)));
    }
}
