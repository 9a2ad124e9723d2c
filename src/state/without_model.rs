//! Calls that ask no model: for files, batches, vector stores.

use serde::{Deserialize, Serialize};

use crate::event::{RequestEvent, Usd};

/// What calls that ask no model did and cost. A gateway may book what a batch cost with the call that fetches it.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WithoutModelFacts {
    /// Such calls.
    pub calls: u64,
    /// What was booked for them.
    pub cost: Usd,
}

impl WithoutModelFacts {
    pub(super) fn record(&mut self, event: &RequestEvent<'_>) {
        self.calls += 1;
        self.cost += event.cost.booked();
    }
}
