//! The verdicts on everything, at one moment.

use std::sync::Arc;

use super::{HealthState, Policy, judge};
use crate::event::Timestamp;
use crate::state::{DeploymentInfo, Fleet, LabelSet, LastError};

/// The verdicts on a gateway as of one moment. Every health gauge and every JSON number is read from here.
#[derive(Debug, Clone)]
pub struct Report {
    /// Every deployment, ordered by model, provider and id.
    pub deployments: Vec<DeploymentReport>,
    /// Every public model that has a deployment, ordered by name.
    pub models: Vec<ModelReport>,
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
    /// The latest evidence.
    pub last_check_at: Option<Timestamp>,
    /// The latest success.
    pub last_success_at: Option<Timestamp>,
    /// Failures since then.
    pub consecutive_failures: u64,
    /// The latest failure in words, kept after recovery.
    pub last_error: Option<LastError>,
}

/// The verdict on one public model.
#[derive(Debug, Clone)]
pub struct ModelReport {
    /// The public name.
    pub model: String,
    /// Its label.
    pub labels: LabelSet,
    /// Whether at least one deployment can serve it; `None` while that is unknown.
    pub up: Option<bool>,
}

/// Whether the exporter may be sent traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It may.
    Ready,
    /// It is shutting down.
    Draining,
}

impl Readiness {
    /// Whether the models of the gateway are loaded. There is nothing yet to load them from but traffic, which loads
    /// nothing in advance, so there is nothing to wait for.
    #[must_use]
    pub const fn is_router_initialized(self) -> bool {
        true
    }
}

impl Report {
    /// Judges `fleet`.
    #[must_use]
    pub fn new(fleet: &Fleet, policy: &Policy, readiness: Readiness) -> Self {
        let deployments: Vec<DeploymentReport> = fleet
            .deployments
            .iter()
            .map(|row| DeploymentReport {
                info: Arc::clone(&row.facts.info),
                labels: row.labels.clone(),
                state: judge(row.facts, policy, fleet.at),
                last_check_at: row.facts.last_check_at,
                last_success_at: row.facts.streak.last_success_at(),
                consecutive_failures: row.facts.streak.failures(),
                last_error: row.facts.last_error.clone(),
            })
            .collect();
        let models = judge_models(&deployments);
        Self { deployments, models, gateway_version: fleet.gateway_version.clone(), readiness }
    }

    /// Whether the gateway can do its work: false when a model is known to be down and none is known to be up. A model of which
    /// nothing is known, such as one that nobody asks for any more, speaks neither for nor against it.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        let is_any = |up: bool| self.models.iter().any(|model| model.up == Some(up));
        is_any(true) || !is_any(false)
    }

    /// Whether the exporter may be sent traffic.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.readiness == Readiness::Ready
    }

    /// Whether the models of the gateway are loaded.
    #[must_use]
    pub const fn is_router_initialized(&self) -> bool {
        self.readiness.is_router_initialized()
    }

    /// The deployments in one of these states.
    pub fn in_state(&self, is_wanted: fn(HealthState) -> bool) -> impl Iterator<Item = &DeploymentReport> {
        self.deployments.iter().filter(move |deployment| is_wanted(deployment.state))
    }
}

/// Deployments are ordered by model, so those of one model stand together.
fn judge_models(deployments: &[DeploymentReport]) -> Vec<ModelReport> {
    deployments
        .chunk_by(|a, b| a.info.model == b.info.model)
        .map(|of_one_model| {
            let model = &of_one_model[0].info.model;
            ModelReport {
                model: model.clone(),
                labels: LabelSet::new([("model", model.as_str())]),
                up: is_up(of_one_model),
            }
        })
        .collect()
}

fn is_up(deployments: &[DeploymentReport]) -> Option<bool> {
    if deployments.iter().any(|deployment| deployment.state.can_serve()) {
        return Some(true);
    }
    let is_unhealthy = |deployment: &DeploymentReport| deployment.state == HealthState::Unhealthy;
    deployments.iter().all(is_unhealthy).then_some(false)
}
