//! A batch of rows is counted.

use std::collections::HashSet;

use super::{SOURCE, Tail, clock};
use crate::event::RowMark;
use crate::sources::litellm_spend_logs::row::LogRow;

/// Rows that are counted before others have their turn.
const PORTION: usize = 256;

/// Which rows of a batch are ours to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Admission {
    /// All of them.
    All,
}

impl Tail<'_> {
    /// Asks whether these rows are ours to count, before any of them is: the place where replicas agree.
    async fn admit(&mut self, _batch: &[RowMark]) -> Admission {
        Admission::All
    }

    /// Counts those of the rows that were not counted before, and returns how many. Whether they are new is asked again here: a
    /// page may hold what was found ahead of it.
    pub(super) async fn count(&mut self, rows: &[LogRow]) -> u64 {
        let mut in_batch = HashSet::new();
        let is_new = |row: &&LogRow| self.memory.is_new(row.mark(), row.place().at()) && in_batch.insert(row.mark());
        let new: Vec<&LogRow> = rows.iter().filter(is_new).collect();
        if new.is_empty() {
            return 0;
        }
        let marks: Vec<RowMark> = new.iter().map(|row| row.mark()).collect();
        let Admission::All = self.admit(&marks).await;
        for portion in new.chunks(PORTION) {
            portion.iter().for_each(|row| self.count_one(row));
            tokio::task::yield_now().await;
        }
        let count = new.len() as u64;
        self.counted += count;
        count
    }

    fn count_one(&mut self, row: &LogRow) {
        let (mark, sink) = (row.mark(), &self.setup.sink);
        match row.event() {
            Ok(event) => {
                sink.take_row(SOURCE, mark, &event, clock());
            }
            Err(reason) => sink.reject_row(SOURCE, mark, reason),
        }
        self.memory.remember(mark);
    }

    /// Notes how far it has come, and waits until that and what was counted outlive a restart.
    pub(super) async fn settle(&self) {
        self.note_progress();
        (self.setup.settle)().await;
    }

    pub(super) fn note_progress(&self) {
        let json = serde_json::to_string(&self.memory.progress).expect("numbers and texts are JSON");
        self.setup.state.note_progress(json, self.memory.rows_from());
    }
}
