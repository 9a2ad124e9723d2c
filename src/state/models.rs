//! What is known of one public model name, beyond its deployments.

use crate::event::{ErrorKind, Usd};

/// The label names of the models table.
pub(super) const LABELS: [&str; 1] = ["model"];

/// What the gateway did under one public model name without a deployment, or between two.
#[derive(Debug, Clone, Default)]
pub struct ModelFacts {
    /// Answers from the gateway's cache.
    pub cache_hits: u64,
    /// What these answers had cost the first time.
    pub cache_saved: Usd,
    /// Requests refused before any deployment, by the index of their [`ErrorKind`].
    pub rejected: [u64; ErrorKind::ALL.len()],
    /// Attempts that repeated an earlier one of the same call.
    pub retries: u64,
}
