//! What one consumer used.

use serde::{Deserialize, Serialize};

use crate::event::{RequestEvent, Usage, Usd};

/// What one consumer used of one model: every event of theirs, cache hits and refusals too.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ConsumerFacts {
    /// Everything they asked.
    pub requests: u64,
    /// What failed or was refused.
    pub errors: u64,
    /// Input tokens that were paid for.
    pub input_tokens: u64,
    /// Output tokens that were paid for.
    pub output_tokens: u64,
    /// What was booked.
    pub cost: Usd,
}

impl ConsumerFacts {
    /// Adds what a request that is counted already turned out to have cost.
    pub(super) fn surcharge(&mut self, usage: &Usage, extra: Usd) {
        self.input_tokens = self.input_tokens.saturating_add(usage.input.total());
        self.output_tokens = self.output_tokens.saturating_add(usage.output.total());
        self.cost += extra;
    }

    pub(super) fn record(&mut self, event: &RequestEvent<'_>) {
        self.requests += 1;
        self.errors += u64::from(event.outcome.error().is_some());
        self.input_tokens = self.input_tokens.saturating_add(event.usage.input.total());
        self.output_tokens = self.output_tokens.saturating_add(event.usage.output.total());
        self.cost += event.cost.booked();
    }
}
