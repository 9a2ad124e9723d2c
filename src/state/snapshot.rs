//! A copy of the state, from which views are rendered.

use std::sync::Arc;

use super::sources::Source;
use super::{
    Agreement, BudgetFacts, ConsumerFacts, Dependency, DependencyFacts, DeploymentFacts, EntityListFacts, Expected,
    FallbackFacts, HealthCheckFacts, ListFacts, ListSource, ModelFacts, ProbeLatency, RateLimitFacts, Reading, Row,
    Rows, SourceFacts, SpendBuffers, TableSize, UpstreamFacts, WithoutModelFacts,
};
use crate::event::{BudgetScope, Timestamp};

/// The deployments of a gateway at one moment: all that verdicts are made from.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// The moment.
    pub at: Timestamp,
    /// Deployments by model, provider and deployment.
    pub deployments: Rows<Arc<DeploymentFacts>>,
    /// What the operator configured.
    pub expected: Expected,
    /// When the list of deployments that is in use was asked for; `None` before the first.
    pub listed_at: Option<Timestamp>,
    /// How reading the lists went, in the order of [`ListSource::ALL`]; `None` before the first reading.
    pub lists: [Option<ListFacts>; ListSource::ALL.len()],
    /// How reading the sources goes that are read, in the order of [`Source::ALL`]; `None` where one is not.
    pub readings: [Option<Reading>; Source::ALL.len()],
    /// What checks of the dependencies found, in the order of [`Dependency::ALL`].
    pub dependencies: [DependencyFacts; Dependency::ALL.len()],
    /// The version that the gateway says it is.
    pub gateway_version: Option<String>,
}

/// Everything the state knew at one moment. Rows are ordered by their labels.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The deployments, and the moment.
    pub fleet: Fleet,
    /// When the first of the counters was made, before however many restarts; `None` before anything was counted.
    pub made_at: Option<Timestamp>,
    /// Latencies by model and provider.
    pub upstreams: Rows<Arc<UpstreamFacts>>,
    /// Public model names.
    pub models: Rows<ModelFacts>,
    /// Fallbacks by model and the model that stood in.
    pub fallbacks: Rows<FallbackFacts>,
    /// Consumers by the operator's labels and model.
    pub consumers: Rows<ConsumerFacts>,
    /// Budgets by scope and id.
    pub budgets: Rows<BudgetFacts>,
    /// How reading the lists of who may spend went, in the order of [`BudgetScope::ALL`]; `None` before the first reading.
    pub entity_lists: [Option<EntityListFacts>; BudgetScope::ALL.len()],
    /// Providers' rate limits by deployment.
    pub rate_limits: Rows<RateLimitFacts>,
    /// How long probes took, by model, provider and level.
    pub probe_latencies: Rows<ProbeLatency>,
    /// The gateway's own health checks.
    pub health_checks: HealthCheckFacts,
    /// Calls that asked no model.
    pub without_model: WithoutModelFacts,
    /// What each source delivered, in the order of [`Source::ALL`].
    pub sources: [SourceFacts; Source::ALL.len()],
    /// How far what was counted agrees with the gateway's books.
    pub agreement: Agreement,
    /// What waits in the gateway's Redis to be written to its database.
    pub spend_buffers: SpendBuffers,
    /// How full each table is.
    pub tables: [TableSize; 8],
}

impl Snapshot {
    /// The deployments that any request has reached, also those that are gone: what they counted is part of every sum.
    pub fn with_traffic(&self) -> impl Iterator<Item = Row<'_, Arc<DeploymentFacts>>> {
        self.fleet.deployments.iter().filter(|row| row.facts.has_traffic())
    }
}
