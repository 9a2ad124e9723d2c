//! The gateway's own health checks, which are no requests of anybody and cost money all the same.

use serde::{Deserialize, Serialize};

use crate::event::{RequestEvent, Usd};

/// What the gateway's own health checks did and cost.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthCheckFacts {
    /// Health checks that the gateway sent.
    pub checks: u64,
    /// Those that failed.
    pub failures: u64,
    /// The tokens they used.
    pub tokens: u64,
    /// What they cost.
    pub cost: Usd,
}

impl HealthCheckFacts {
    pub(super) fn record(&mut self, event: &RequestEvent<'_>) {
        self.checks += 1;
        self.failures += u64::from(event.outcome.error().is_some());
        self.tokens = self.tokens.saturating_add(event.usage.total());
        self.cost += event.cost.booked();
    }
}
