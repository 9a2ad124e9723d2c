//! The verdict on one deployment.

use super::Policy;
use crate::event::Timestamp;
use crate::state::{DeploymentFacts, OutcomeCounts};

/// What the facts say of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HealthState {
    /// It answers.
    Healthy,
    /// It answers, and fails or is throttled more than it should.
    Degraded,
    /// It does not answer.
    Unhealthy,
    /// There is no evidence, or none that is fresh.
    Unknown,
}

impl HealthState {
    /// Every state, in the order of the metric.
    pub const ALL: [Self; 4] = [Self::Healthy, Self::Degraded, Self::Unhealthy, Self::Unknown];

    /// The label value, and the status in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
            Self::Unknown => "unknown",
        }
    }

    /// Whether a request sent there now should be answered.
    #[must_use]
    pub const fn can_serve(self) -> bool {
        matches!(self, Self::Healthy | Self::Degraded)
    }
}

/// Judges a deployment by its facts. The first rule that applies decides.
///
/// 1. No evidence, or none within `stale_after`: unknown.
/// 2. `failure_threshold` failures since the latest success: unhealthy.
/// 3. With at least `min_requests` outcomes in the window, by the ratio of failures: from `unhealthy_error_ratio`
///    unhealthy, or only degraded once `min_requests` in a row were answered; from `degraded_error_ratio`, counting the provider's
///    refusals too, degraded; otherwise healthy.
/// 4. With fewer, by the latest outcome: a failure or a refusal makes degraded, a success healthy.
#[must_use]
pub fn judge(facts: &DeploymentFacts, policy: &Policy, now: Timestamp) -> HealthState {
    let is_fresh = |at: Timestamp| !at.is_older_than(policy.stale_after, now);
    if !facts.last_check_at.is_some_and(is_fresh) {
        return HealthState::Unknown;
    }
    if facts.streak.failures() >= policy.failure_threshold {
        return HealthState::Unhealthy;
    }
    let outcomes = facts.outcomes.within(now);
    if outcomes.total() >= policy.min_requests {
        // The window remembers an outage for minutes after it ended.
        let has_recovered = facts.streak.successes() >= policy.min_requests;
        return judge_ratio(outcomes, policy, has_recovered);
    }
    if facts.streak.last_failure_at().max(facts.last_throttled_at) > facts.streak.last_success_at() {
        return HealthState::Degraded;
    }
    HealthState::Healthy
}

fn judge_ratio(outcomes: OutcomeCounts, policy: &Policy, has_recovered: bool) -> HealthState {
    let total = outcomes.total() as f64;
    let failed = f64::from(outcomes.failed) / total;
    let failed_or_throttled = failed + f64::from(outcomes.throttled) / total;
    if failed >= policy.unhealthy_error_ratio && !has_recovered {
        HealthState::Unhealthy
    } else if failed_or_throttled >= policy.degraded_error_ratio {
        HealthState::Degraded
    } else {
        HealthState::Healthy
    }
}
