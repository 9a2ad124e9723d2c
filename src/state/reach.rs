//! Whether a deployment can be reached: what probes that send no request to the model found.

use crate::event::{Blame, ProbeLevel, ProbeOutcome, Timestamp};

/// What unbilled probes found. They prove that a deployment can be reached, not that it answers requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// The latest probe that said something.
    pub checked_at: Option<Timestamp>,
    /// How much it asked.
    pub level: Option<ProbeLevel>,
    /// The latest success.
    pub last_success_at: Option<Timestamp>,
    /// The latest failure.
    pub last_failure_at: Option<Timestamp>,
    /// The latest refusal by the provider's rate limit.
    pub last_throttled_at: Option<Timestamp>,
    /// Failures since the latest success.
    pub failures: u64,
    /// Successes since the latest failure.
    pub successes: u64,
    /// How many failures in a row the latest success ended.
    pub ended_failures: u64,
}

impl Reach {
    /// Adds what a probe found, unless a later one is known.
    pub(super) fn add(&mut self, outcome: &ProbeOutcome) {
        let at = Some(outcome.at);
        if self.checked_at > at {
            return;
        }
        match &outcome.result {
            Ok(()) => {
                if self.failures > 0 {
                    self.ended_failures = self.failures;
                }
                (self.failures, self.successes) = (0, self.successes + 1);
                self.last_success_at = at;
            }
            Err(failure) => match failure.kind.probe_blame() {
                Blame::Deployment => {
                    (self.failures, self.successes) = (self.failures + 1, 0);
                    self.last_failure_at = at;
                }
                Blame::Throttle => self.last_throttled_at = at,
                Blame::Nobody => return,
            },
        }
        self.checked_at = at;
        self.level = Some(outcome.level);
    }
}

#[cfg(test)]
#[path = "reach/tests.rs"]
mod tests;
