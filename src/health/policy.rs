//! What turns facts into a verdict: thresholds an operator may change and seldom needs to.

use std::time::Duration;

/// The thresholds by which [`judge`](super::judge) turns facts into a verdict.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    /// A success of real traffic no older than this makes a probe needless.
    pub freshness: Duration,
    /// Evidence older than this says nothing any more: the verdict becomes `unknown`.
    pub stale_after: Duration,
    /// How far back outcomes count for the error ratio.
    pub window: Duration,
    /// The error ratio is looked at only when the window holds at least this many outcomes.
    pub min_requests: u64,
    /// This many failures in a row, with no success between, make a deployment unhealthy.
    pub failure_threshold: u64,
    /// After that, this many successes in a row make it healthy again; until then it is degraded.
    pub recovery_threshold: u64,
    /// From this error ratio (0 to 1) over the window a deployment is degraded.
    pub degraded_error_ratio: f64,
    /// From this error ratio (0 to 1) over the window a deployment is unhealthy, until `min_requests` in a row were answered.
    pub unhealthy_error_ratio: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            freshness: Duration::from_mins(1),
            stale_after: Duration::from_mins(5),
            window: Duration::from_mins(5),
            min_requests: 10,
            failure_threshold: 3,
            recovery_threshold: 2,
            degraded_error_ratio: 0.1,
            unhealthy_error_ratio: 0.5,
        }
    }
}
