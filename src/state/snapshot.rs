//! A copy of the state, from which views are rendered.

use super::sources::Source;
use super::{
    BudgetFacts, ConsumerFacts, DeploymentFacts, FallbackFacts, HealthCheckFacts, ModelFacts, RateLimitFacts, Rows,
    SourceFacts, TableSize, UpstreamFacts, WithoutModelFacts,
};
use crate::event::Timestamp;

/// The deployments of a gateway at one moment: all that verdicts are made from.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// The moment.
    pub at: Timestamp,
    /// Deployments by model, provider and deployment.
    pub deployments: Rows<DeploymentFacts>,
    /// The version that the gateway says it is.
    pub gateway_version: Option<String>,
}

/// Everything the state knew at one moment. Rows are ordered by their labels.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The deployments, and the moment.
    pub fleet: Fleet,
    /// Latencies by model and provider.
    pub upstreams: Rows<UpstreamFacts>,
    /// Public model names.
    pub models: Rows<ModelFacts>,
    /// Fallbacks by model and the model that stood in.
    pub fallbacks: Rows<FallbackFacts>,
    /// Consumers by the operator's labels and model.
    pub consumers: Rows<ConsumerFacts>,
    /// Budgets by scope, id and alias.
    pub budgets: Rows<BudgetFacts>,
    /// Providers' rate limits by deployment.
    pub rate_limits: Rows<RateLimitFacts>,
    /// The gateway's own health checks.
    pub health_checks: HealthCheckFacts,
    /// Calls that asked no model.
    pub without_model: WithoutModelFacts,
    /// What each source delivered, in the order of [`Source::ALL`].
    pub sources: [SourceFacts; Source::ALL.len()],
    /// How full each table is, by name.
    pub tables: [(&'static str, TableSize); 7],
}
