//! All tables, and where in them an event goes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::calls::Calls;
use super::journal::Journal;
use super::kept::each_kept_table;
use super::ledger::Ledger;
use super::names::Names;
use super::outbox::Outbox;
use super::snapshot::{Fleet, Snapshot};
use super::table::{OVERFLOW, Slot, Table};
use super::{
    Agreement, BudgetFacts, ConsumerFacts, Dependency, DependencyFacts, DeploymentFacts, EntityListFacts, Expected,
    FallbackFacts, HealthCheckFacts, ListFacts, ListSource, ModelFacts, Origin, ProbeLatency, ProbeSpending,
    RateLimitFacts, Reading, Source, SourceFacts, SpendBuffers, UpstreamFacts, WithoutModelFacts, budgets, clean,
    deployments, fallbacks, models, probe_latency, rate_limits, upstreams,
};
use crate::event::{BudgetScope, ConsumerLabel, Deployment, RateLimits, Reach, RequestEvent, Timestamp};

/// A version is a short word; anything longer is somebody's joke.
const MAX_VERSION_BYTES: usize = 64;

/// How large the state may grow, and what it tells apart.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The most deployments.
    pub deployments: usize,
    /// The most public model names, models at a provider, and pairs of a model and its fallback.
    pub models: usize,
    /// The most consumers, each with each of its models.
    pub consumers: usize,
    /// The most budgets.
    pub budgets: usize,
    /// The labels of consumers; none to keep no consumers.
    pub consumer_labels: Vec<ConsumerLabel>,
    /// How far back outcomes are remembered.
    pub window: Duration,
    /// What the operator configured besides.
    pub expected: Expected,
}

/// Where the other rows of a deployment are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Links {
    upstream: Slot,
    /// None while the provider told of none, or there was no room.
    rate_limits: Option<usize>,
}

/// Everything that was told about the traffic of a gateway.
#[derive(Debug)]
pub(super) struct Traffic {
    pub(super) settings: Settings,
    pub(super) deployments: Table<Arc<DeploymentFacts>>,
    /// Where the other rows of a deployment are, by its position: found once, and not with each event.
    pub(super) links: Vec<Option<Links>>,
    /// When the list of deployments that is in use was asked for.
    pub(super) listed_at: Option<Timestamp>,
    /// The rows of each deployment that is listed, by its id.
    pub(super) rows_of_listed: HashMap<String, Vec<usize>>,
    pub(super) probe_latencies: Table<ProbeLatency>,
    /// What billed probes have cost today.
    pub(super) probe_spending: ProbeSpending,
    /// When the first of all counters was made.
    pub(super) made_at: Option<Timestamp>,
    /// What must outlive a restart; `None` where nothing does.
    pub(super) journal: Option<Journal>,
    /// What other replicas are to be told; `None` where there are no others.
    pub(super) outbox: Option<Outbox>,
    /// What was counted by hour and model.
    pub(super) ledger: Ledger,
    /// How far that agrees with the gateway's books.
    pub(super) agreement: Agreement,
    pub(super) upstreams: Table<Arc<UpstreamFacts>>,
    pub(super) models: Table<ModelFacts>,
    pub(super) fallbacks: Table<FallbackFacts>,
    pub(super) consumers: Table<ConsumerFacts>,
    pub(super) budgets: Table<BudgetFacts>,
    /// How reading the lists of who may spend went; `None` before the first reading.
    pub(super) entity_lists: [Option<EntityListFacts>; BudgetScope::ALL.len()],
    pub(super) names: Names,
    rate_limits: Table<RateLimitFacts>,
    pub(super) health_checks: HealthCheckFacts,
    pub(super) without_model: WithoutModelFacts,
    pub(super) calls: Calls,
    pub(super) sources: [SourceFacts; Source::ALL.len()],
    readings: [Option<Reading>; Source::ALL.len()],
    dependencies: [DependencyFacts; Dependency::ALL.len()],
    lists: [Option<ListFacts>; ListSource::ALL.len()],
    gateway_version: Option<String>,
    pub(super) spend_buffers: SpendBuffers,
}

impl Traffic {
    pub(super) fn new(settings: Settings) -> Self {
        let consumer_labels = settings.consumer_labels.iter().map(ConsumerLabel::label_name);
        Self {
            deployments: Table::new("deployments", deployments::LABELS, settings.deployments),
            links: Vec::new(),
            listed_at: None,
            rows_of_listed: HashMap::new(),
            probe_latencies: Table::new("probe_latencies", probe_latency::LABELS, settings.models),
            probe_spending: ProbeSpending::default(),
            made_at: None,
            journal: None,
            outbox: None,
            ledger: Ledger::new(settings.models),
            agreement: Agreement::default(),
            upstreams: Table::new("upstreams", upstreams::LABELS, settings.models),
            models: Table::new("models", models::LABELS, settings.models),
            fallbacks: Table::new("fallbacks", fallbacks::LABELS, settings.models),
            consumers: Table::new("consumers", consumer_labels.chain(["model".to_owned()]), settings.consumers),
            budgets: Table::new("budgets", budgets::LABELS, settings.budgets),
            entity_lists: Default::default(),
            names: Names::default(),
            rate_limits: Table::new("rate_limits", rate_limits::LABELS, settings.deployments),
            health_checks: HealthCheckFacts::default(),
            without_model: WithoutModelFacts::default(),
            calls: Calls::default(),
            sources: Default::default(),
            readings: Default::default(),
            dependencies: Default::default(),
            lists: Default::default(),
            gateway_version: None,
            spend_buffers: None,
            settings,
        }
    }

    /// Series that are made from now on are made at this moment.
    pub(super) fn tick(&mut self, now: Timestamp) {
        self.made_at.get_or_insert(now);
        each_kept_table!(self, |table| table.tick(now));
    }

    pub(super) fn source_mut(&mut self, source: Source) -> &mut SourceFacts {
        &mut self.sources[source as usize]
    }

    pub(super) fn note_reading(&mut self, source: Source, reading: Reading) {
        self.source_mut(source).up = reading.is_up();
        self.readings[source as usize] = Some(reading);
    }

    pub(super) const fn reading(&self, source: Source) -> Option<&Reading> {
        self.readings[source as usize].as_ref()
    }

    pub(super) fn dependency_mut(&mut self, dependency: Dependency) -> &mut DependencyFacts {
        &mut self.dependencies[dependency.index()]
    }

    pub(super) fn expect(&mut self, expected: Expected) {
        self.settings.expected = expected;
        for dependency in Dependency::ALL.into_iter().filter(|dependency| !expected.dependencies[dependency.index()]) {
            *self.dependency_mut(dependency) = DependencyFacts::default();
        }
    }

    pub(super) fn forget_list(&mut self, source: ListSource) {
        self.lists[source.index()] = None;
    }

    pub(super) fn note_list(&mut self, source: ListSource, facts: ListFacts) {
        self.lists[source.index()] = Some(facts);
    }

    pub(super) fn note_gateway_version(&mut self, version: &str) {
        if version.len() <= MAX_VERSION_BYTES && self.gateway_version.as_deref() != Some(version) {
            self.gateway_version = Some(version.to_owned());
        }
    }

    pub(super) fn record(&mut self, origin: Origin, event: &RequestEvent<'_>, now: Timestamp) {
        // A gateway whose clock is ahead must not make its deployments healthy for longer, nor hide what comes after.
        let at = event.ended_at.min(now);
        self.tick(now);
        self.note_origin(origin);
        self.source_mut(origin.source).note_event(at, now);
        self.give_up_waiting(now);
        self.ledger.record(event, origin.row.is_some(), now);
        match &event.reach {
            Reach::GatewayHealthCheck => self.health_checks.record(event),
            Reach::Deployment(deployment) => {
                self.record_attempt(deployment, event, at, now);
                self.record_consumer(&deployment.model, event);
            }
            Reach::Cache { model, saved } => {
                let facts = self.models.entry(&[model], ModelFacts::default);
                facts.cache_hits += 1;
                facts.cache_saved += *saved;
                self.record_consumer(model, event);
            }
            Reach::Refused { requested_model } => self.record_refusal(requested_model, event),
            Reach::NoModel => {
                self.without_model.record(event);
                self.record_consumer(OVERFLOW, event);
            }
        }
        event.budgets.iter().for_each(|budget| self.record_budget(budget, at));
    }

    pub(super) fn deployment_slot(&mut self, deployment: &Deployment<'_>) -> Slot {
        let Deployment { id, model, provider, .. } = deployment;
        let window = self.settings.window;
        self.deployments
            .slot(&[&**model, &**provider, &**id], |row| Arc::new(DeploymentFacts::new(deployment, row, window)))
    }

    pub(super) fn tell_others(&mut self, slot: Slot, event: &RequestEvent<'_>, at: Timestamp) {
        if let (Some(outbox), Slot::Own(position)) = (&mut self.outbox, slot) {
            outbox.note(position, &event.outcome, at);
        }
    }

    fn record_attempt(&mut self, deployment: &Deployment<'_>, event: &RequestEvent<'_>, at: Timestamp, now: Timestamp) {
        let Deployment { id, model, provider, rate_limits, .. } = deployment;
        let slot = self.deployment_slot(deployment);
        let facts = self.deployments.at_mut(slot.position());
        facts.heed_clock(now);
        facts.record(event, at);
        self.tell_others(slot, event, at);
        let links = self.links(slot, model, provider);
        self.upstreams.at_mut(links.upstream.position()).record(event, at);
        if let Some(limits) = rate_limits {
            self.record_rate_limits(slot, id, limits, at);
        }
        self.follow_call(model, event, now);
    }

    pub(super) fn record_rate_limits(&mut self, slot: Slot, deployment: &str, limits: &RateLimits, at: Timestamp) {
        let links = match slot {
            Slot::Own(position) => self.links.get_mut(position).and_then(Option::as_mut),
            Slot::Shared(_) => None,
        };
        let mut find = || self.rate_limits.slot_or_drop(&[deployment], || RateLimitFacts::new(deployment));
        let position = match links {
            Some(Links { rate_limits: Some(position), .. }) => Some(*position),
            Some(links) => {
                links.rate_limits = find();
                links.rate_limits
            }
            None => find(),
        };
        if let Some(position) = position {
            self.rate_limits.at(position).update(limits, at);
        }
    }

    /// Only of a deployment whose limits are known already: whoever tells it again makes no row.
    pub(super) fn update_rate_limits(&mut self, deployment: &str, limits: &RateLimits, at: Timestamp) {
        if let Some(position) = self.rate_limits.position(&[deployment]) {
            self.rate_limits.at(position).update(limits, at);
        }
    }

    /// Many deployments share the overflow row, so that one's links are not remembered.
    fn links(&mut self, slot: Slot, model: &str, provider: &str) -> Links {
        if let Slot::Own(position) = slot
            && let Some(Some(links)) = self.links.get(position)
        {
            if matches!(links.upstream, Slot::Shared(_)) {
                self.upstreams.note_overflow();
            }
            return *links;
        }
        self.models.entry(&[model], ModelFacts::default);
        let upstream = self.upstreams.slot(&[model, provider], |_| Arc::default());
        let links = Links { upstream, rate_limits: None };
        if let Slot::Own(position) = slot {
            self.links.resize(self.links.len().max(position + 1), None);
            self.links[position] = Some(links);
        }
        links
    }

    /// What the client asked for names a series only where the gateway is known to serve a model of that name.
    fn record_refusal(&mut self, requested_model: &str, event: &RequestEvent<'_>) {
        let model = if self.models.contains(&[requested_model]) { requested_model } else { OVERFLOW };
        if let Some(error) = event.outcome.error() {
            self.models.entry(&[model], ModelFacts::default).rejected[error.index()] += 1;
        }
        let model = &*clean(model);
        let sequel = event.call.and_then(|call| self.calls.refuse(call, model, event.ended_at));
        self.record_sequel(model, sequel);
        self.record_consumer(model, event);
    }

    fn record_consumer(&mut self, model: &str, event: &RequestEvent<'_>) {
        if let Some(facts) = self.consumer_mut(model, event) {
            facts.record(event);
        }
    }

    /// The row of whoever asked; `None` where the operator wants none.
    pub(super) fn consumer_mut(&mut self, model: &str, event: &RequestEvent<'_>) -> Option<&mut ConsumerFacts> {
        let labels = &self.settings.consumer_labels;
        if labels.is_empty() {
            return None;
        }
        let who = labels.iter().map(|label| self.names.resolve(label, event.caller.label(label)));
        let key: smallvec::SmallVec<[&str; 8]> = who.chain([model]).collect();
        Some(self.consumers.entry(&key, ConsumerFacts::default))
    }

    pub(super) fn fleet(&mut self, now: Timestamp) -> Fleet {
        Fleet {
            at: now,
            expected: self.settings.expected,
            deployments: self.deployments.rows(),
            listed_at: self.listed_at,
            lists: self.lists.clone(),
            readings: self.readings.clone(),
            dependencies: self.dependencies.clone(),
            gateway_version: self.gateway_version.clone(),
        }
    }

    pub(super) fn snapshot(&mut self, now: Timestamp) -> Snapshot {
        self.give_up_waiting(now);
        Snapshot {
            fleet: self.fleet(now),
            made_at: self.made_at,
            tables: [
                self.deployments.size(),
                self.upstreams.size(),
                self.models.size(),
                self.fallbacks.size(),
                self.consumers.size(),
                self.budgets.size(),
                self.rate_limits.size(),
                self.probe_latencies.size(),
            ],
            probe_latencies: self.probe_latencies.rows(),
            upstreams: self.upstreams.rows(),
            models: self.models.rows(),
            fallbacks: self.fallbacks.rows(),
            consumers: self.consumers.rows(),
            budgets: self.budgets.rows(),
            entity_lists: self.entity_lists,
            rate_limits: self.rate_limits.rows(),
            health_checks: self.health_checks,
            without_model: self.without_model,
            sources: self.sources,
            agreement: self.agreement.clone(),
            spend_buffers: self.spend_buffers,
        }
    }
}
