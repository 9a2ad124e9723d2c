//! What probing a deployment came to.

use crate::event::{ErrorKind, ProbeLevel, ProbeOutcome, SkipReason, Timestamp, Usd};

/// How often a deployment was probed, and what that used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProbeFacts {
    /// By level.
    pub counts: [ProbeCounts; ProbeLevel::ALL.len()],
    /// Probes that were left out, by the index of their [`SkipReason`].
    pub skipped: [u64; SkipReason::ALL.len()],
    /// Tokens that billed probes used.
    pub tokens: u64,
    /// What they cost.
    pub cost: Usd,
    /// The latest billed probe.
    pub last_billed_at: Option<Timestamp>,
}

/// How often a deployment was probed at one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProbeCounts {
    /// Probes.
    pub done: u64,
    /// Those that failed, in the order of [`ErrorKind::OF_PROBES`].
    pub failed: [u64; ErrorKind::OF_PROBES.len()],
}

/// Who sent a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbedBy {
    /// This exporter: it counts.
    Us,
    /// Another replica, which counts it. What it found holds for us too.
    AnotherReplica,
}

impl ProbeFacts {
    /// Whether any billed probe was sent.
    #[must_use]
    pub fn was_billed(&self) -> bool {
        ProbeLevel::ALL.iter().any(|level| level.is_billed() && self.counts[level.index()].done > 0)
    }

    pub(super) fn count(&mut self, outcome: &ProbeOutcome) {
        let counts = &mut self.counts[outcome.level.index()];
        counts.done += 1;
        if let Err(failure) = &outcome.result {
            let known = |kind: &ErrorKind| *kind == failure.kind;
            let place = ErrorKind::OF_PROBES.iter().position(known).unwrap_or(ErrorKind::OF_PROBES.len() - 1);
            counts.failed[place] += 1;
        }
        if let Some(usage) = outcome.usage {
            self.tokens = self.tokens.saturating_add(usage.tokens);
            self.cost += usage.cost;
        }
    }

    /// Notes when the deployment had its latest billed probe, whoever paid for it.
    pub(super) fn note_billed(&mut self, outcome: &ProbeOutcome) {
        if outcome.level.is_billed() {
            self.last_billed_at = self.last_billed_at.max(Some(outcome.at));
        }
    }
}
