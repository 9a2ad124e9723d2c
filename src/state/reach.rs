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
    /// The latest of these successes and failures.
    pub recent: Recent,
}

/// The latest successes and failures, as far back as sixty-four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recent {
    /// The latest is the lowest bit, and a failure is 1.
    failed: u64,
    known: u32,
}

impl Recent {
    fn add(&mut self, has_failed: bool) {
        self.failed = self.failed << 1 | u64::from(has_failed);
        self.known = (self.known + 1).min(u64::BITS);
    }

    /// Whether there was an outage, `failures` in a row, since which never `successes` in a row were seen, and which does not go on:
    /// the latest outcome is a success.
    #[must_use]
    pub fn is_recovering(self, failures: u64, successes: u64) -> bool {
        let mut rest = self;
        let mut served = rest.take_run(false);
        while served > 0 && u64::from(served) < successes {
            let failed = rest.take_run(true);
            if u64::from(failed) >= failures.min(u64::from(u64::BITS)) {
                return true;
            }
            served = rest.take_run(false);
        }
        false
    }

    /// Takes away the latest outcomes of one kind; returns how many those were.
    fn take_run(&mut self, failed: bool) -> u32 {
        let run = if failed { self.failed.trailing_ones() } else { self.failed.trailing_zeros() };
        let run = run.min(self.known);
        self.failed = self.failed.checked_shr(run).unwrap_or_default();
        self.known -= run;
        run
    }
}

impl Reach {
    /// Dates nothing later than `now`.
    pub(super) fn not_after(&mut self, now: Timestamp) {
        let Self { checked_at, last_success_at, last_failure_at, last_throttled_at, .. } = self;
        for at in [checked_at, last_success_at, last_failure_at, last_throttled_at].into_iter().flatten() {
            *at = now.min(*at);
        }
    }

    /// Adds what a probe found, unless a later one is known.
    pub(super) fn add(&mut self, outcome: &ProbeOutcome) {
        let at = Some(outcome.at);
        if self.checked_at > at {
            return;
        }
        match &outcome.result {
            Ok(()) => {
                self.recent.add(false);
                (self.failures, self.successes) = (0, self.successes + 1);
                self.last_success_at = at;
            }
            Err(failure) => match failure.kind.probe_blame() {
                Blame::Deployment => {
                    self.recent.add(true);
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
