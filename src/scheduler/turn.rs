//! What a deployment's turn comes to, and when its next one is. Pure.

use std::time::Duration;

use crate::config::Probes;
use crate::discovery::{Listed, ProbeChoice};
use crate::event::{SkipReason, Timestamp};
use crate::health::Policy;
use crate::state::{ProbeView, is_ahead};

/// Doublings beyond this are beyond any ceiling.
const MOST_DOUBLINGS: u64 = 16;

/// Why a deployment is not probed now; `None` where it is.
pub(super) fn reason_to_skip(
    listed: &Listed,
    view: &ProbeView,
    config: &Probes,
    policy: &Policy,
    probes_itself: bool,
    now: Timestamp,
) -> Option<SkipReason> {
    let is_fresh = |at: Timestamp| !at.is_older_than(policy.freshness, now) && !is_ahead(at, now);
    if !config.enabled || listed.probe == ProbeChoice::Off {
        Some(SkipReason::Disabled)
    } else if listed.is_wildcard() {
        Some(SkipReason::NotProbeable)
    } else if view.last_served_at.is_some_and(is_fresh) {
        Some(SkipReason::FreshTraffic)
    } else if !probes_itself {
        Some(SkipReason::NotLeader)
    } else {
        None
    }
}

/// Whether it is time for a billed probe, whoever sent the last one. One that failed is confirmed by others of its kind: a cheaper
/// one can't tell.
pub(super) fn is_billed_due(view: &ProbeView, config: &Probes, policy: &Policy, now: Timestamp) -> bool {
    let Some(last_at) = view.last_billed_at else { return true };
    is_unconfirmed(view, policy) && view.answered_at == Some(last_at) || until_billed(last_at, config, now).is_none()
}

/// How long until the next turn, before jitter. A first failure is confirmed soon, and so is a first success after an outage;
/// while an outage lasts the pauses grow.
pub(super) fn pause(view: &ProbeView, config: &Probes, policy: &Policy, now: Timestamp) -> Duration {
    let is_fresh = |at: Timestamp| !at.is_older_than(policy.stale_after, now);
    let failed_requests = if view.answered_at.is_some_and(is_fresh) { view.failures } else { 0 };
    let failures = view.reach.failures.max(failed_requests);
    let is_recovering = view.reach.recent.is_recovering(policy.failure_threshold, policy.recovery_threshold);
    if failures >= policy.failure_threshold {
        let doublings = (failures - policy.failure_threshold).min(MOST_DOUBLINGS);
        let grown = config.interval.saturating_mul(1 << doublings);
        // Not below the interval, even if an operator sets the ceiling there.
        let pause = grown.min(config.max_backoff.max(config.interval));
        // What only a billed probe can tell has been told once the next one is sent.
        let until_billed = view.last_billed_at.and_then(|at| until_billed(at, config, now));
        until_billed.map_or(pause, |until| pause.min(until.max(config.confirm_after.min(config.interval))))
    } else if view.reach.failures > 0 || is_recovering || failed_requests > 0 && is_unconfirmed(view, policy) {
        config.confirm_after.min(config.interval)
    } else {
        config.interval
    }
}

/// Whether requests fail, too few to be sure, and nobody has looked since. Once a probe has, more of them tell nothing new.
fn is_unconfirmed(view: &ProbeView, policy: &Policy) -> bool {
    (1..policy.failure_threshold).contains(&view.failures) && view.answered_at > view.reach.checked_at
}

/// How long until the interval after a billed probe is over; `None` once it is.
fn until_billed(last_at: Timestamp, config: &Probes, now: Timestamp) -> Option<Duration> {
    let interval = config.completion.interval;
    let since = now.since(last_at).unwrap_or_default();
    if last_at.is_older_than(interval, now) { None } else { Some(interval.saturating_sub(since)) }
}

#[cfg(test)]
pub(super) mod fixtures;
#[cfg(test)]
#[path = "turn/tests.rs"]
mod tests;
