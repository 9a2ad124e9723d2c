//! The verdict on one deployment.

use super::{Policy, Rule};
use crate::event::Timestamp;
use crate::state::{DeploymentFacts, OutcomeCounts, Reach};

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

/// A state, and the rule that decided on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The state.
    pub state: HealthState,
    /// Why.
    pub rule: Rule,
}

impl Verdict {
    const fn of(rule: Rule) -> Self {
        Self { state: rule.state(), rule }
    }
}

/// Judges a deployment by its facts, on two tracks: whether it *answers* requests (real ones, and billed probes, which are just that)
/// and whether it can be *reached* (unbilled probes). What happened more than `stale_after` ago says nothing any more.
///
/// 1. Where requests were answered or not, they decide: see `judge_answers`. That it can be reached proves nothing more.
/// 2. But where it could not be reached since the latest answer, the worse of the two holds.
/// 3. Without fresh requests, the probes decide: see `judge_reach`. Without fresh probes it is unknown.
/// 4. What the gateway itself lets rest (cooldown) is degraded at best.
#[must_use]
pub fn judge(facts: &DeploymentFacts, policy: &Policy, now: Timestamp) -> Verdict {
    let answers = fresh(facts.answered_at, policy, now).map(|_| judge_answers(facts, policy, now));
    let reach = fresh(facts.reach.checked_at, policy, now).map(|_| judge_reach(&facts.reach, policy, now));
    let rule = match (answers, reach) {
        (None, None) if facts.answered_at.max(facts.reach.checked_at).is_none() => Rule::NoEvidence,
        (None, None) => Rule::Stale,
        (Some(answers), None) => answers,
        (None, Some(reach)) => reach,
        (Some(answers), Some(reach)) => {
            let trouble_at = facts.reach.last_failure_at.max(facts.reach.last_throttled_at);
            if trouble_at > facts.streak.last_success_at() { answers.worse(reach) } else { answers }
        }
    };
    let rests = facts.cooldown.and_then(|cooldown| cooldown.is_on_at(now)) == Some(true);
    Verdict::of(if rests { rule.worse(Rule::Cooldown) } else { rule })
}

/// 1. `failure_threshold` failures since the latest success, the last of them fresh: unhealthy.
/// 2. With at least `min_requests` outcomes in the window, by the ratio of failures: from `unhealthy_error_ratio`
///    unhealthy, or only degraded once `min_requests` in a row were answered; from `degraded_error_ratio`, counting the provider's
///    refusals too, degraded; otherwise healthy.
/// 3. With fewer, by the latest outcome: a failure or a refusal makes degraded, and so does a window with `failure_threshold`
///    failures until `recovery_threshold` in a row were answered; otherwise a success makes healthy.
fn judge_answers(facts: &DeploymentFacts, policy: &Policy, now: Timestamp) -> Rule {
    let last_failure_at = fresh(facts.streak.last_failure_at(), policy, now);
    if facts.streak.failures() >= policy.failure_threshold && last_failure_at.is_some() {
        return Rule::FailuresInARow;
    }
    let outcomes = facts.outcomes.within(now);
    if outcomes.total() >= policy.min_requests {
        // The window remembers an outage for minutes after it ended.
        let has_recovered = facts.streak.successes() >= policy.min_requests;
        return judge_ratio(outcomes, policy, has_recovered);
    }
    let last_success_at = facts.streak.last_success_at();
    if last_failure_at > last_success_at {
        return Rule::LatestFailed;
    }
    if fresh(facts.last_throttled_at, policy, now) > last_success_at {
        return Rule::Throttled;
    }
    let was_down = u64::from(outcomes.failed) >= policy.failure_threshold;
    if was_down && facts.streak.successes() < policy.recovery_threshold {
        return Rule::Recovering;
    }
    Rule::Answers
}

fn judge_ratio(outcomes: OutcomeCounts, policy: &Policy, has_recovered: bool) -> Rule {
    let total = outcomes.total() as f64;
    let failed = f64::from(outcomes.failed) / total;
    let failed_or_throttled = failed + f64::from(outcomes.throttled) / total;
    if failed >= policy.unhealthy_error_ratio && !has_recovered {
        Rule::MostFail
    } else if failed_or_throttled >= policy.degraded_error_ratio {
        Rule::ManyFail
    } else {
        Rule::Answers
    }
}

/// 1. `failure_threshold` failures in a row, the last of them fresh: unhealthy. Fewer: degraded.
/// 2. A refusal by the provider's rate limit since the latest success: degraded.
/// 3. After `failure_threshold` failures or more, fewer than `recovery_threshold` successes in a row: degraded.
/// 4. Otherwise healthy.
fn judge_reach(reach: &Reach, policy: &Policy, now: Timestamp) -> Rule {
    if reach.failures > 0 && fresh(reach.last_failure_at, policy, now).is_some() {
        let is_outage = reach.failures >= policy.failure_threshold;
        return if is_outage { Rule::Unreachable } else { Rule::LatestProbeFailed };
    }
    if fresh(reach.last_throttled_at, policy, now) > reach.last_success_at {
        return Rule::ProbeThrottled;
    }
    if reach.recent.is_recovering(policy.failure_threshold, policy.recovery_threshold) {
        return Rule::ReachableAgain;
    }
    Rule::Reachable
}

/// A moment, if what happened then still says something.
fn fresh(at: Option<Timestamp>, policy: &Policy, now: Timestamp) -> Option<Timestamp> {
    at.filter(|at| !at.is_older_than(policy.stale_after, now))
}
