//! Says in the log when a verdict changes: each change once, with the reason.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::health::{DependencyReport, DependencyState, HealthState, Policy, Readiness, Report};
use crate::own::Round;
use crate::state::State;
use crate::supervise::Rounds;

/// How often the verdicts are looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// Looks at the verdicts of `state` until it is dropped, by the policy of that moment, and logs what changed.
pub(crate) async fn watch(state: Arc<State>, policy: impl Fn() -> Policy, rounds: Rounds) {
    let mut seen = Seen::default();
    let mut clock = tokio::time::interval(INTERVAL);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        let started = Instant::now();
        let fleet = state.fleet(SystemTime::now().into());
        let report = Report::new(&fleet, &policy(), Readiness::new(false, state.startup()));
        seen.changes(&report).iter().for_each(Change::log);
        rounds.note(Round::Succeeded, started);
    }
}

/// The verdicts as they were.
#[derive(Debug, Default)]
struct Seen {
    deployments: HashMap<Subject, HealthState>,
    dependencies: HashMap<&'static str, DependencyState>,
    is_healthy: Option<bool>,
}

/// Which deployment: its public name, provider and id.
type Subject = (String, String, String);

/// A verdict that is not what it was.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    /// Of a deployment.
    Deployment { subject: Subject, from: HealthState, to: HealthState, reason: &'static str, error: Option<Arc<str>> },
    /// A deployment is no longer shown.
    Gone { subject: Subject },
    /// Of a dependency.
    Dependency { name: &'static str, is_up: bool, error: Option<String> },
    /// Of everything.
    Health { is_healthy: bool },
}

impl Seen {
    /// What is other than it was, which is what is seen from now on. Before anything was known, a deployment was unknown, and
    /// everything well.
    fn changes(&mut self, report: &Report) -> Vec<Change> {
        let mut changes = Vec::new();
        self.look_at_deployments(report, &mut changes);
        self.look_at_dependencies(report, &mut changes);
        // Before the first check of everything nobody knows.
        let is_unchecked =
            |dependency: &DependencyReport| dependency.is_up().is_some() && dependency.checked_at.is_none();
        if report.dependencies.iter().any(is_unchecked) {
            return changes;
        }
        let is_healthy = report.is_healthy();
        if self.is_healthy.replace(is_healthy).unwrap_or(true) != is_healthy {
            changes.push(Change::Health { is_healthy });
        }
        changes
    }

    fn look_at_deployments(&mut self, report: &Report, changes: &mut Vec<Change>) {
        let mut now = HashMap::with_capacity(report.deployments.len());
        for deployment in &report.deployments {
            let info = &deployment.info;
            let subject = (info.model.clone(), info.provider.clone(), info.deployment.clone());
            let from = self.deployments.remove(&subject).unwrap_or(HealthState::Unknown);
            let to = deployment.state;
            if from != to {
                let error = deployment.last_error.as_ref().filter(|_| to != HealthState::Healthy);
                changes.push(Change::Deployment {
                    subject: subject.clone(),
                    from,
                    to,
                    reason: deployment.rule.in_words(),
                    error: error.map(|error| Arc::clone(&error.message)),
                });
            }
            now.insert(subject, to);
        }
        changes.extend(self.deployments.drain().map(|(subject, _)| Change::Gone { subject }));
        self.deployments = now;
    }

    fn look_at_dependencies(&mut self, report: &Report, changes: &mut Vec<Change>) {
        for dependency in &report.dependencies {
            // Before its first check it is not known to be away.
            let (Some(is_up), Some(_)) = (dependency.is_up(), dependency.checked_at) else { continue };
            let name = dependency.dependency.as_str();
            if self.dependencies.insert(name, dependency.state) != Some(dependency.state) {
                changes.push(Change::Dependency { name, is_up, error: dependency.error().map(str::to_owned) });
            }
        }
    }
}

/// Logs a change of a deployment's health at this level: which one is known only when it is compiled.
macro_rules! log_health {
    ($level:ident, $subject:expr, $from:expr, $to:expr, $reason:expr, $error:expr) => {{
        let (model, provider, deployment) = $subject;
        let (from, to, reason, error) = ($from.as_str(), $to.as_str(), $reason, $error.as_deref());
        tracing::$level!(model, provider, deployment, from, to, reason, error, "a deployment's health changed");
    }};
}

impl Change {
    fn log(&self) {
        match self {
            Self::Deployment { subject, from, to, reason, error } => match to {
                HealthState::Degraded | HealthState::Unhealthy => log_health!(warn, subject, from, to, reason, error),
                HealthState::Healthy | HealthState::Unknown => log_health!(info, subject, from, to, reason, error),
            },
            Self::Gone { subject: (model, provider, deployment) } => {
                tracing::info!(
                    model,
                    provider,
                    deployment,
                    "a deployment is no longer shown: it left the gateway's list, or is a name that nobody uses"
                );
            }
            Self::Dependency { name, is_up: true, .. } => tracing::info!(dependency = name, "connected"),
            Self::Dependency { name, is_up: false, error } => {
                tracing::warn!(dependency = name, error = error.as_deref(), "disconnected");
            }
            Self::Health { is_healthy: true } => tracing::info!("healthy: /health answers 200"),
            Self::Health { is_healthy: false } => tracing::warn!("unhealthy: /health answers 503"),
        }
    }
}

#[cfg(test)]
#[path = "verdicts/tests.rs"]
mod tests;
