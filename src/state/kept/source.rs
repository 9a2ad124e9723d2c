//! What sources delivered.

use serde::{Deserialize, Serialize};

use super::{Counts, counts_of, restore_counts};
use crate::event::Timestamp;
use crate::state::{RejectReason, SourceFacts};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::state) struct KeptSource {
    events: u64,
    duplicates: u64,
    rejected: Counts,
    late: u64,
    last_event_at: Option<Timestamp>,
}

impl KeptSource {
    pub(in crate::state) fn new(facts: &SourceFacts) -> Self {
        Self {
            events: facts.events,
            duplicates: facts.duplicates,
            rejected: counts_of(&facts.rejected, RejectReason::ALL.map(RejectReason::as_str)),
            late: facts.late,
            last_event_at: facts.last_event_at,
        }
    }

    pub(in crate::state) fn restore(&self, facts: &mut SourceFacts) {
        (facts.events, facts.duplicates, facts.late) = (self.events, self.duplicates, self.late);
        facts.rejected = restore_counts(&self.rejected, RejectReason::ALL.map(RejectReason::as_str));
        facts.last_event_at = self.last_event_at;
    }
}
