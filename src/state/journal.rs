//! What must outlive a restart and is no value of a metric: which attempts and rows were seen, how far a source has come, and
//! which replica this is.
//!
//! It is gathered under the lock that counts, so that what is [taken](super::State) together was true together: a row
//! that was seen is counted, and what was counted was seen.

use super::Origin;
use super::traffic::Traffic;
use crate::event::{RowMark, Sighting};

/// What was gathered since it was taken the last time.
#[derive(Debug, Default)]
pub struct Journal {
    /// The attempts that were seen.
    pub sightings: Vec<Sighting>,
    /// The rows of a gateway's database that were seen.
    pub rows: Vec<RowMark>,
    /// How far the source has come that reads these rows, where it told.
    pub progress: Option<String>,
    /// Rows of earlier minutes need not be remembered, where it told.
    pub rows_from: Option<i64>,
    /// What this replica must remember of itself, where that changed.
    pub handover: Option<String>,
}

impl Traffic {
    pub(super) fn note_progress(&mut self, progress: String, rows_from: i64) {
        if let Some(journal) = &mut self.journal {
            (journal.progress, journal.rows_from) = (Some(progress), Some(rows_from));
        }
    }

    pub(super) fn note_rows_seen(&mut self, rows: &[RowMark]) {
        if let Some(journal) = &mut self.journal {
            journal.rows.extend(rows);
        }
    }

    pub(super) fn note_handover(&mut self, text: String) {
        if let Some(journal) = &mut self.journal {
            journal.handover = Some(text);
        }
    }

    /// Notes what recognises something that was delivered, whatever becomes of it.
    pub(super) fn note_origin(&mut self, origin: Origin) {
        if let Some(journal) = &mut self.journal {
            journal.sightings.extend(origin.sighting);
            journal.rows.extend(origin.row);
        }
    }
}
