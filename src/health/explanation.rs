//! Why a deployment is in its state: the facts, the thresholds, the rule that decided. Holds no secrets.

use serde::Serialize;

use super::json::Rfc3339;
use super::{Policy, Verdict, judge};
use crate::event::{ErrorKind, ProbeLevel, Timestamp};
use crate::state::{DeploymentFacts, Fleet};

/// The explanation of one verdict.
#[derive(Debug, Serialize)]
pub struct Explanation<'a> {
    model: &'a str,
    deployment: &'a str,
    status: &'static str,
    rule: &'static str,
    rule_in_words: &'static str,
    judged_at: Rfc3339,
    facts: FactsJson<'a>,
    policy: PolicyJson,
}

/// Evidence of both tracks.
#[derive(Debug, Serialize)]
struct FactsJson<'a> {
    listing: &'static str,
    requests: RequestsJson,
    probes: ProbesJson,
    cooldown: Option<bool>,
    last_error: Option<ErrorJson<'a>>,
}

/// What became of requests and billed probes.
#[derive(Debug, Serialize)]
struct RequestsJson {
    last_evidence: Option<Rfc3339>,
    last_success: Option<Rfc3339>,
    last_failure: Option<Rfc3339>,
    last_throttled: Option<Rfc3339>,
    failures_in_a_row: u64,
    successes_in_a_row: u64,
    served_in_window: u32,
    failed_in_window: u32,
    throttled_in_window: u32,
}

/// What became of unbilled probes.
#[derive(Debug, Serialize)]
struct ProbesJson {
    last_evidence: Option<Rfc3339>,
    level: Option<&'static str>,
    last_success: Option<Rfc3339>,
    last_failure: Option<Rfc3339>,
    last_throttled: Option<Rfc3339>,
    failures_in_a_row: u64,
    successes_in_a_row: u64,
    is_recovering: bool,
}

#[derive(Debug, Serialize)]
struct ErrorJson<'a> {
    kind: &'static str,
    message: &'a str,
    at: Rfc3339,
}

#[derive(Debug, Serialize)]
struct PolicyJson {
    freshness_seconds: f64,
    stale_after_seconds: f64,
    window_seconds: f64,
    min_requests: u64,
    failure_threshold: u64,
    recovery_threshold: u64,
    degraded_error_ratio: f64,
    unhealthy_error_ratio: f64,
}

/// Explains every deployment of `fleet` that is shown, or those of the model called `only`.
#[must_use]
pub fn explain<'a>(fleet: &'a Fleet, policy: &Policy, only: Option<&str>) -> Vec<Explanation<'a>> {
    let is_asked_for = |facts: &DeploymentFacts| only.is_none_or(|model| model == facts.info.model);
    let is_shown = |facts: &DeploymentFacts| facts.is_shown(fleet.listed_at, policy.stale_after, fleet.at);
    let rows = fleet.deployments.iter().map(|row| row.facts);
    rows.filter(|facts| is_asked_for(facts) && is_shown(facts))
        .map(|facts| Explanation::new(facts, policy, fleet.at))
        .collect()
}

impl<'a> Explanation<'a> {
    fn new(facts: &'a DeploymentFacts, policy: &Policy, now: Timestamp) -> Self {
        let Verdict { state, rule } = judge(facts, policy, now);
        Self {
            model: &facts.info.model,
            deployment: &facts.info.deployment,
            status: state.as_str(),
            rule: rule.as_str(),
            rule_in_words: rule.in_words(),
            judged_at: Rfc3339(now),
            facts: FactsJson {
                listing: facts.standing.as_str(),
                requests: RequestsJson::new(facts, now),
                probes: ProbesJson::new(facts, policy),
                cooldown: facts.cooldown.and_then(|cooldown| cooldown.is_on_at(now)),
                last_error: facts.last_error.as_ref().map(|error| ErrorJson {
                    kind: ErrorKind::as_str(error.kind),
                    message: &error.message,
                    at: Rfc3339(error.at),
                }),
            },
            policy: PolicyJson::new(policy),
        }
    }
}

impl RequestsJson {
    fn new(facts: &DeploymentFacts, now: Timestamp) -> Self {
        let in_window = facts.outcomes.within(now);
        Self {
            last_evidence: facts.answered_at.map(Rfc3339),
            last_success: facts.streak.last_success_at().map(Rfc3339),
            last_failure: facts.streak.last_failure_at().map(Rfc3339),
            last_throttled: facts.last_throttled_at.map(Rfc3339),
            failures_in_a_row: facts.streak.failures(),
            successes_in_a_row: facts.streak.successes(),
            served_in_window: in_window.served,
            failed_in_window: in_window.failed,
            throttled_in_window: in_window.throttled,
        }
    }
}

impl ProbesJson {
    fn new(facts: &DeploymentFacts, policy: &Policy) -> Self {
        let reach = &facts.reach;
        Self {
            last_evidence: reach.checked_at.map(Rfc3339),
            level: reach.level.map(ProbeLevel::as_str),
            last_success: reach.last_success_at.map(Rfc3339),
            last_failure: reach.last_failure_at.map(Rfc3339),
            last_throttled: reach.last_throttled_at.map(Rfc3339),
            failures_in_a_row: reach.failures,
            successes_in_a_row: reach.successes,
            is_recovering: reach.recent.is_recovering(policy.failure_threshold, policy.recovery_threshold),
        }
    }
}

impl PolicyJson {
    fn new(policy: &Policy) -> Self {
        let Policy {
            freshness,
            stale_after,
            window,
            min_requests,
            failure_threshold,
            recovery_threshold,
            degraded_error_ratio,
            unhealthy_error_ratio,
        } = *policy;
        Self {
            freshness_seconds: freshness.as_secs_f64(),
            stale_after_seconds: stale_after.as_secs_f64(),
            window_seconds: window.as_secs_f64(),
            min_requests,
            failure_threshold,
            recovery_threshold,
            degraded_error_ratio,
            unhealthy_error_ratio,
        }
    }
}
