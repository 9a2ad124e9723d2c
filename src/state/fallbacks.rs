//! Who stood in for whom.

use crate::event::Outcome;

/// The label names of the fallbacks table.
pub(super) const LABELS: [&str; 2] = ["model", "fallback_model"];

/// How often one model was asked instead of another.
#[derive(Debug, Clone, Copy, Default)]
pub struct FallbackFacts {
    /// It answered.
    pub succeeded: u64,
    /// It failed as well.
    pub failed: u64,
}

impl FallbackFacts {
    pub(super) fn record(&mut self, outcome: &Outcome<'_>) {
        match outcome {
            Outcome::Success => self.succeeded += 1,
            Outcome::Failure { .. } => self.failed += 1,
        }
    }
}
