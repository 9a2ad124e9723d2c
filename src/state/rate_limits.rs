//! What providers said of their limits.

use crate::event::{RateLimits, Timestamp};

/// The label names of the rate limits table.
pub(super) const LABELS: [&str; 1] = ["deployment"];

/// The limits of one deployment as last told.
#[derive(Debug, Clone, Copy, Default)]
pub struct RateLimitFacts {
    /// The limits.
    pub limits: RateLimits,
    told_at: Timestamp,
}

impl RateLimitFacts {
    /// Takes over what an answer says, unless a later one said it already.
    pub(super) fn update(&mut self, limits: &RateLimits, told_at: Timestamp) {
        if told_at >= self.told_at {
            self.limits.update(limits);
            self.told_at = told_at;
        }
    }
}
