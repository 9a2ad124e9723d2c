//! What providers said of their limits.

use std::sync::Arc;

use super::clean;
use crate::event::{RateLimits, Timestamp};

/// The label names of the rate limits table.
pub(super) const LABELS: [&str; 1] = ["deployment"];

/// The limits of one deployment as last told.
#[derive(Debug, Clone)]
pub struct RateLimitFacts {
    /// The deployment, as views name it.
    pub deployment: Arc<str>,
    /// The limits.
    pub limits: RateLimits,
    told_at: Timestamp,
}

impl RateLimitFacts {
    pub(super) fn new(deployment: &str) -> Self {
        Self { deployment: clean(deployment).into(), limits: RateLimits::default(), told_at: Timestamp::default() }
    }

    /// Takes over what an answer says, unless a later one said it already.
    pub(super) fn update(&mut self, limits: &RateLimits, told_at: Timestamp) {
        if told_at >= self.told_at {
            self.limits.update(limits);
            self.told_at = told_at;
        }
    }
}
