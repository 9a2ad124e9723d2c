//! What must outlive a restart and is no value of a metric: which attempts and rows were seen, how far a source has come, and
//! which replica this is.
//!
//! It is gathered under the lock that counts, so that what is [taken](super::State) together was true together: a row
//! that was seen is counted, and what was counted was seen.

use crate::event::{RowMark, Sighting};

/// What was gathered since it was taken the last time.
#[derive(Debug, Default)]
pub(super) struct Journal {
    pub(super) sightings: Vec<Sighting>,
    pub(super) rows: Vec<RowMark>,
    pub(super) progress: Option<String>,
    /// Rows of earlier minutes need not be remembered.
    pub(super) rows_from: Option<i64>,
    /// What this replica must remember of itself.
    pub(super) handover: Option<String>,
}
