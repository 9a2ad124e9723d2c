//! The JSON of the health routes: a contract. Keys may be added, none is renamed.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::explanation::Explanation;
use super::{DependencyReport, DeploymentReport, HealthState, Readiness, Report, Rule, StorageJson};
use crate::event::Timestamp;
use crate::state::{Dependency, ListFacts, ListSource, Reading, Source};

/// `GET /health`
#[derive(Debug, Serialize)]
pub struct HealthJson<'a> {
    status: &'static str,
    db: &'static str,
    redis: &'static str,
    litellm_version: Option<&'a str>,
    version: &'static str,
    storage: StorageJson,
    healthy_endpoints: Vec<EndpointJson<'a>>,
    unhealthy_endpoints: Vec<EndpointJson<'a>>,
    unknown_endpoints: Vec<EndpointJson<'a>>,
    healthy_count: usize,
    degraded_count: usize,
    unhealthy_count: usize,
    unknown_count: usize,
}

/// `GET /health/models`
#[derive(Debug, Serialize)]
pub struct ModelsJson<'a> {
    healthy: Vec<EndpointJson<'a>>,
    unhealthy: Vec<EndpointJson<'a>>,
    unknown: Vec<EndpointJson<'a>>,
    /// Why each of them is in its state, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    debug: Option<Vec<Explanation<'a>>>,
}

/// `GET /health/readiness`
#[derive(Debug, Serialize)]
pub struct ReadinessJson {
    status: &'static str,
    db_initialized: bool,
    router_initialized: bool,
}

/// `GET /health/services`
#[derive(Debug, Serialize)]
pub struct ServicesJson<'a> {
    database: ServiceJson<'a>,
    redis: ServiceJson<'a>,
    router: RouterJson<'a>,
    gateway: GatewayJson<'a>,
    /// Where events are read, by the name of the source.
    sources: BTreeMap<&'static str, SourceJson<'a>>,
}

/// One dependency.
#[derive(Debug, Serialize)]
struct ServiceJson<'a> {
    status: &'static str,
    /// How long the latest check took, answered or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_check: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_success: Option<Rfc3339>,
    /// Why it is not there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    /// Why it last was not, kept after recovery.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct RouterJson<'a> {
    status: &'static str,
    models: usize,
    /// Where the models are known from, besides traffic.
    lists: Vec<ListJson<'a>>,
}

#[derive(Debug, Serialize)]
struct GatewayJson<'a> {
    version: Option<&'a str>,
    #[serde(flatten)]
    service: ServiceJson<'a>,
}

/// One source that is read.
#[derive(Debug, Serialize)]
struct SourceJson<'a> {
    status: &'static str,
    /// How far what was counted is behind; absent where another replica reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    lag_seconds: Option<f64>,
    /// When it was last read without a failure.
    last_poll: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    missing_columns: &'a [String],
}

/// One list of models.
#[derive(Debug, Serialize)]
struct ListJson<'a> {
    source: &'static str,
    /// Whether the latest reading went well; where it did not, the list before it holds.
    status: &'static str,
    deployments: usize,
    last_success: Option<Rfc3339>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// One deployment.
#[derive(Debug, Serialize)]
struct EndpointJson<'a> {
    model: &'a str,
    deployment: &'a str,
    provider: &'a str,
    upstream_model: &'a str,
    api_base: Option<&'a str>,
    status: &'static str,
    /// The rule that decided on the status.
    reason: &'static str,
    /// Whether the gateway itself sends it no requests for the moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    cooldown: Option<bool>,
    last_check: Option<Rfc3339>,
    last_success: Option<Rfc3339>,
    consecutive_failures: u64,
    /// The failure that speaks against it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    /// The latest failure, kept after recovery.
    last_error: Option<&'a str>,
    last_error_at: Option<Rfc3339>,
}

impl<'a> HealthJson<'a> {
    /// What `report` says, and the exporter of its own store.
    #[must_use]
    pub fn new(report: &'a Report, storage: StorageJson) -> Self {
        let ModelsJson { healthy, unhealthy, unknown, debug: _ } = ModelsJson::new(report, None);
        Self {
            status: if report.is_healthy() { "healthy" } else { "unhealthy" },
            db: report.dependency(Dependency::Database).state.as_str(),
            redis: report.dependency(Dependency::Redis).state.as_str(),
            litellm_version: report.gateway_version.as_deref(),
            version: crate::VERSION,
            storage,
            healthy_count: healthy.len(),
            degraded_count: report.in_state(|state| state == HealthState::Degraded).count(),
            unhealthy_count: unhealthy.len(),
            unknown_count: unknown.len(),
            healthy_endpoints: healthy,
            unhealthy_endpoints: unhealthy,
            unknown_endpoints: unknown,
        }
    }
}

impl<'a> ModelsJson<'a> {
    /// What `report` says of all models, or of the one called `only`. What can serve stands under `healthy`, degraded or not.
    #[must_use]
    pub fn new(report: &'a Report, only: Option<&str>) -> Self {
        let list = |is_wanted| {
            let deployments = report.in_state(is_wanted);
            let is_asked_for = |deployment: &&DeploymentReport| only.is_none_or(|model| model == deployment.info.model);
            deployments.filter(is_asked_for).map(EndpointJson::new).collect()
        };
        Self {
            healthy: list(HealthState::can_serve),
            unhealthy: list(|state| state == HealthState::Unhealthy),
            unknown: list(|state| state == HealthState::Unknown),
            debug: None,
        }
    }

    /// The same with what explains it.
    #[must_use]
    pub fn explained(self, explanations: Vec<Explanation<'a>>) -> Self {
        Self { debug: Some(explanations), ..self }
    }
}

impl ReadinessJson {
    /// What `readiness` comes to.
    #[must_use]
    pub fn new(readiness: Readiness) -> Self {
        Self {
            status: if readiness.is_ready() { "ready" } else { "not_ready" },
            db_initialized: readiness.is_database_initialized,
            router_initialized: readiness.is_router_initialized,
        }
    }
}

impl<'a> ServicesJson<'a> {
    /// What `report` says.
    #[must_use]
    pub fn new(report: &'a Report) -> Self {
        let service = |dependency| ServiceJson::new(report.dependency(dependency));
        let is_initialized = report.readiness.is_router_initialized;
        let lists = ListSource::ALL.iter().zip(&report.lists);
        Self {
            database: service(Dependency::Database),
            redis: service(Dependency::Redis),
            router: RouterJson {
                status: if is_initialized { "initialized" } else { "not_initialized" },
                models: report.models.len(),
                lists: lists.filter_map(|(source, facts)| Some(ListJson::new(*source, facts.as_ref()?))).collect(),
            },
            gateway: GatewayJson { version: report.gateway_version.as_deref(), service: service(Dependency::Gateway) },
            sources: Source::ALL
                .iter()
                .zip(&report.readings)
                .filter_map(|(source, reading)| Some((source.as_str(), SourceJson::new(reading.as_ref()?, report.at))))
                .collect(),
        }
    }
}

impl<'a> ServiceJson<'a> {
    fn new(report: &'a DependencyReport) -> Self {
        Self {
            status: report.state.as_str(),
            latency_ms: report.latency.map(|latency| latency.as_micros() as f64 / 1_000.0),
            last_check: report.checked_at.map(Rfc3339),
            last_success: report.last_success_at.map(Rfc3339),
            error: report.error(),
            last_error: report.last_error.as_deref(),
        }
    }
}

impl<'a> ListJson<'a> {
    fn new(source: ListSource, facts: &'a ListFacts) -> Self {
        let ListFacts { error, last_success_at, deployments } = facts;
        Self {
            source: source.as_str(),
            status: if error.is_none() { "up" } else { "down" },
            deployments: *deployments,
            last_success: last_success_at.map(Rfc3339),
            error: error.as_deref(),
        }
    }
}

impl<'a> SourceJson<'a> {
    fn new(reading: &'a Reading, now: Timestamp) -> Self {
        Self {
            status: reading.status(),
            lag_seconds: reading.lag(now).as_ref().map(Duration::as_secs_f64),
            last_poll: reading.last_poll_at.map(Rfc3339),
            error: reading.error(),
            missing_columns: &reading.missing_columns,
        }
    }
}

impl<'a> EndpointJson<'a> {
    fn new(deployment: &'a DeploymentReport) -> Self {
        let DeploymentReport {
            info,
            labels: _,
            state,
            rule,
            in_cooldown,
            last_check_at,
            last_success_at,
            consecutive_failures,
            last_error,
        } = deployment;
        let last_message = last_error.as_ref().map(|error| &*error.message);
        Self {
            model: &info.model,
            deployment: &info.deployment,
            provider: &info.provider,
            upstream_model: &info.upstream_model,
            api_base: Some(info.api_base.as_str()).filter(|api_base| !api_base.is_empty()),
            status: state.as_str(),
            reason: rule.as_str(),
            cooldown: *in_cooldown,
            last_check: last_check_at.map(Rfc3339),
            last_success: last_success_at.map(Rfc3339),
            consecutive_failures: *consecutive_failures,
            error: error_now(*state, *rule, last_message),
            last_error: last_message,
            last_error_at: last_error.as_ref().map(|error| Rfc3339(error.at)),
        }
    }
}

/// What speaks against a deployment now: not what was before it answered again, nor before the gateway let it rest.
fn error_now(state: HealthState, rule: Rule, last_message: Option<&str>) -> Option<&str> {
    match state {
        HealthState::Healthy | HealthState::Unknown => None,
        HealthState::Degraded if rule == Rule::Cooldown => Some(rule.in_words()),
        HealthState::Degraded | HealthState::Unhealthy => last_message,
    }
}

/// A moment, written as `2024-01-15T10:30:00Z`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rfc3339(pub(super) Timestamp);

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let seconds = self.0.as_micros().div_euclid(1_000_000);
        serializer.collect_str(&jiff::Timestamp::from_second(seconds).unwrap_or_default())
    }
}
