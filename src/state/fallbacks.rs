//! Who stood in for whom.

use serde::{Deserialize, Serialize};

/// The label names of the fallbacks table.
pub(super) const LABELS: [&str; 2] = ["model", "fallback_model"];

/// How often one model was asked instead of another.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FallbackFacts {
    /// It answered.
    pub succeeded: u64,
    /// It failed as well.
    pub failed: u64,
}

impl FallbackFacts {
    pub(super) fn record(&mut self, is_success: bool) {
        self.succeeded += u64::from(is_success);
        self.failed += u64::from(!is_success);
    }
}
