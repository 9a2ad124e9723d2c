//! A batch of rows is counted.

use super::passes::{Standing as _, new_of};
use super::{SOURCE, Tail, clock};
use crate::handover::Lost;
use crate::sources::litellm_spend_logs::Setup;
use crate::sources::litellm_spend_logs::error::ReadError;
use crate::sources::litellm_spend_logs::memory::Memory;
use crate::sources::litellm_spend_logs::row::LogRow;

/// Rows that are counted before others have their turn.
const PORTION: usize = 256;

impl Tail<'_> {
    /// Counts those of the rows that were not counted before, and returns how many. Whether they are new is asked again here: a
    /// page may hold what was found ahead of it.
    ///
    /// They are claimed first, so that no other replica counts them, and from there on counted without a stop: what was claimed and
    /// not counted waits for this replica to come back, and has to be looked for then.
    pub(super) async fn count(&mut self, rows: &[LogRow]) -> Result<u64, ReadError> {
        let (new, marks) = new_of(self.memory, rows);
        if new.is_empty() {
            return Ok(0);
        }
        let booking = self.booking;
        let _unbroken = booking.lock().await;
        // Whether that could be shared makes no difference here: either way the rows are ours.
        self.lead.admit(&marks).await?;
        for portion in new.chunks(PORTION) {
            portion.iter().for_each(|row| count_one(self.setup, self.memory, row));
            tokio::task::yield_now().await;
        }
        let count = new.len() as u64;
        self.counted += count;
        Ok(count)
    }

    /// Notes how far it has come, waits until that and what was counted outlive a restart, and tells the other replicas.
    pub(super) async fn settle(&mut self) -> Result<(), ReadError> {
        self.note_progress();
        (self.setup.settle)().await;
        Ok(self.tell().await?)
    }

    /// Notes how far it has come, and tells the other replicas.
    pub(super) async fn tell(&mut self) -> Result<(), Lost> {
        if self.opening.is_some() {
            return Ok(());
        }
        let json = self.note_progress();
        self.lead.publish(&json, self.memory.rows_from()).await
    }

    /// Does what a take-over takes before anything is read, once: from where it begins is kept and told, and then what this replica
    /// counted while nobody could be told.
    pub(super) async fn open_lead(&mut self) -> Result<(), ReadError> {
        let Some(claimed) = self.opening.take() else { return Ok(()) };
        // The first time this also keeps who it is: what it claims under a name that is lost nobody would count.
        self.settle().await?;
        if self.lead.is_sharing() {
            let unclaimed = self.memory.unclaimed(&claimed);
            self.lead.admit(&unclaimed).await?;
        }
        Ok(())
    }

    fn note_progress(&mut self) -> String {
        self.memory.progress.epoch = self.lead.epoch();
        let json = serde_json::to_string(&self.memory.progress).expect("numbers and texts are JSON");
        self.setup.state.note_progress(json.clone(), self.memory.rows_from());
        json
    }
}

pub(super) fn count_one(setup: &Setup, memory: &mut Memory, row: &LogRow) {
    let (mark, sink) = (row.mark(), &setup.sink);
    match row.event() {
        Ok(event) => {
            sink.take_row(SOURCE, mark, &event, clock());
        }
        Err(reason) => sink.reject_row(SOURCE, mark, reason),
    }
    memory.remember(mark);
}
