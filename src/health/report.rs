//! The verdicts on everything, at one moment.

use std::collections::HashSet;
use std::sync::Arc;

use super::{DependencyReport, HealthState, Policy, Readiness, Rule, Verdict, judge};
use crate::event::Timestamp;
use crate::state::{
    Dependency, DeploymentFacts, DeploymentInfo, Fleet, LabelSet, LastError, ListFacts, ListSource, Reading, Source,
};

/// The verdicts on a gateway as of one moment. Every health gauge and every JSON number is read from here.
#[derive(Debug, Clone)]
pub struct Report {
    /// Every deployment that is shown, ordered by model, provider and id.
    pub deployments: Vec<DeploymentReport>,
    /// The ids of deployments that are known and not shown: they are no longer on the gateway's list.
    pub gone: HashSet<String>,
    /// Every public model that has a deployment, ordered by name.
    pub models: Vec<ModelReport>,
    /// Every dependency, in the order of [`Dependency::ALL`].
    pub dependencies: [DependencyReport; Dependency::ALL.len()],
    /// How reading the lists of models went, in the order of [`ListSource::ALL`]; `None` where one is not configured, and before
    /// the first reading.
    pub lists: [Option<ListFacts>; ListSource::ALL.len()],
    /// How reading the sources goes that are read, in the order of [`Source::ALL`]; `None` where one is not.
    pub readings: [Option<Reading>; Source::ALL.len()],
    /// The moment.
    pub at: Timestamp,
    /// The version that the gateway says it is.
    pub gateway_version: Option<String>,
    /// Whether the exporter may be sent traffic.
    pub readiness: Readiness,
}

/// The verdict on one deployment, and the evidence behind it.
#[derive(Debug, Clone)]
pub struct DeploymentReport {
    /// What it is.
    pub info: Arc<DeploymentInfo>,
    /// Its labels in the health metrics.
    pub labels: LabelSet,
    /// The verdict.
    pub state: HealthState,
    /// The rule that decided.
    pub rule: Rule,
    /// Whether the gateway itself lets it rest; `None` where that can't be known.
    pub in_cooldown: Option<bool>,
    /// The latest evidence, of a request or a probe.
    pub last_check_at: Option<Timestamp>,
    /// The latest success, of a request or a probe.
    pub last_success_at: Option<Timestamp>,
    /// Failures in a row, of requests or of probes: whichever are more.
    pub consecutive_failures: u64,
    /// The latest failure in words, kept after recovery.
    pub last_error: Option<LastError>,
}

/// The verdict on one public model.
#[derive(Debug, Clone)]
pub struct ModelReport {
    /// One of its deployments.
    of: Arc<DeploymentInfo>,
    /// Whether at least one deployment can serve it; `None` while that is unknown.
    pub up: Option<bool>,
}

impl ModelReport {
    /// The public name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.of.model
    }
}

impl Report {
    /// Judges `fleet`.
    #[must_use]
    pub fn new(fleet: &Fleet, policy: &Policy, readiness: Readiness) -> Self {
        let shown = |facts: &DeploymentFacts| facts.is_shown(fleet.listed_at, policy.stale_after, fleet.at);
        let (mut deployments, mut gone) = (Vec::new(), HashSet::new());
        for row in fleet.deployments.iter() {
            if shown(row.facts) {
                deployments.push(DeploymentReport::new(row.facts, row.labels, policy, fleet.at));
            } else {
                gone.insert(row.facts.info.deployment.clone());
            }
        }
        // By another name it may be shown.
        if !gone.is_empty() {
            deployments.iter().for_each(|deployment: &DeploymentReport| {
                gone.remove(&deployment.info.deployment);
            });
        }
        let models = judge_models(&deployments);
        Self {
            deployments,
            gone,
            models,
            dependencies: DependencyReport::all(fleet),
            lists: fleet.lists.clone(),
            readings: fleet.readings.clone(),
            at: fleet.at,
            gateway_version: fleet.gateway_version.clone(),
            readiness,
        }
    }

    /// Whether the gateway can do its work: false when something that it depends on, or the gateway itself, is not there, or when a
    /// model is known to be down and none is known to be up. A model of which nothing is known, such as one that nobody asks for any
    /// more, speaks neither for nor against it.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        let is_any = |up: bool| self.models.iter().any(|model| model.up == Some(up));
        let is_missing = |dependency: &DependencyReport| dependency.is_up() == Some(false);
        (is_any(true) || !is_any(false)) && !self.dependencies.iter().any(is_missing)
    }

    /// The verdict on this dependency.
    #[must_use]
    pub const fn dependency(&self, dependency: Dependency) -> &DependencyReport {
        &self.dependencies[dependency.index()]
    }

    /// The deployments in one of these states.
    pub fn in_state(&self, is_wanted: fn(HealthState) -> bool) -> impl Iterator<Item = &DeploymentReport> {
        self.deployments.iter().filter(move |deployment| is_wanted(deployment.state))
    }
}

impl DeploymentReport {
    fn new(facts: &DeploymentFacts, labels: &LabelSet, policy: &Policy, now: Timestamp) -> Self {
        let Verdict { state, rule } = judge(facts, policy, now);
        Self {
            info: Arc::clone(&facts.info),
            labels: labels.clone(),
            state,
            rule,
            in_cooldown: facts.cooldown.and_then(|cooldown| cooldown.is_on_at(now)),
            last_check_at: facts.answered_at.max(facts.reach.checked_at),
            last_success_at: facts.streak.last_success_at().max(facts.reach.last_success_at),
            consecutive_failures: facts.streak.failures().max(facts.reach.failures),
            last_error: facts.last_error.clone(),
        }
    }
}

/// Deployments are ordered by model, so those of one model stand together.
fn judge_models(deployments: &[DeploymentReport]) -> Vec<ModelReport> {
    deployments
        .chunk_by(|a, b| a.info.model == b.info.model)
        .map(|of_one_model| ModelReport { of: Arc::clone(&of_one_model[0].info), up: is_up(of_one_model) })
        .collect()
}

fn is_up(deployments: &[DeploymentReport]) -> Option<bool> {
    if deployments.iter().any(|deployment| deployment.state.can_serve()) {
        return Some(true);
    }
    let is_unhealthy = |deployment: &DeploymentReport| deployment.state == HealthState::Unhealthy;
    deployments.iter().all(is_unhealthy).then_some(false)
}

#[cfg(test)]
#[path = "report/tests.rs"]
mod tests;
