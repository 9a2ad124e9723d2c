//! The JSON of the health routes: a contract. Keys may be added, none is renamed.

use serde::Serialize;

use super::{DeploymentReport, HealthState, Readiness, Report};
use crate::event::Timestamp;

/// What is said of a database, cache or gateway that nobody configured.
const NOT_CONFIGURED: &str = "not_configured";

/// `GET /health`
#[derive(Debug, Serialize)]
pub struct HealthJson<'a> {
    status: &'static str,
    db: &'static str,
    redis: &'static str,
    litellm_version: Option<&'a str>,
    version: &'static str,
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
}

/// `GET /health/readiness`
#[derive(Debug, Serialize)]
pub struct ReadinessJson {
    status: &'static str,
    /// No database is configured, so there is none to wait for.
    db_initialized: bool,
    router_initialized: bool,
}

/// `GET /health/services`
#[derive(Debug, Serialize)]
pub struct ServicesJson<'a> {
    database: ServiceJson,
    redis: ServiceJson,
    router: RouterJson,
    gateway: GatewayJson<'a>,
}

#[derive(Debug, Serialize)]
struct ServiceJson {
    status: &'static str,
}

#[derive(Debug, Serialize)]
struct RouterJson {
    status: &'static str,
    models: usize,
}

#[derive(Debug, Serialize)]
struct GatewayJson<'a> {
    status: &'static str,
    version: Option<&'a str>,
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
    last_check: Option<String>,
    last_success: Option<String>,
    consecutive_failures: u64,
    /// The failure that speaks against it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    /// The latest failure, kept after recovery.
    last_error: Option<&'a str>,
    last_error_at: Option<String>,
}

impl<'a> HealthJson<'a> {
    /// What `report` says.
    #[must_use]
    pub fn new(report: &'a Report) -> Self {
        let ModelsJson { healthy, unhealthy, unknown } = ModelsJson::new(report, None);
        Self {
            status: if report.is_healthy() { "healthy" } else { "unhealthy" },
            db: NOT_CONFIGURED,
            redis: NOT_CONFIGURED,
            litellm_version: report.gateway_version.as_deref(),
            version: crate::VERSION,
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
        }
    }
}

impl ReadinessJson {
    /// What `readiness` comes to.
    #[must_use]
    pub fn new(readiness: Readiness) -> Self {
        Self {
            status: if readiness == Readiness::Ready { "ready" } else { "not_ready" },
            db_initialized: true,
            router_initialized: readiness.is_router_initialized(),
        }
    }
}

impl<'a> ServicesJson<'a> {
    /// What `report` says.
    #[must_use]
    pub fn new(report: &'a Report) -> Self {
        let router = if report.is_router_initialized() { "initialized" } else { "not_initialized" };
        Self {
            database: ServiceJson { status: NOT_CONFIGURED },
            redis: ServiceJson { status: NOT_CONFIGURED },
            router: RouterJson { status: router, models: report.models.len() },
            gateway: GatewayJson { status: NOT_CONFIGURED, version: report.gateway_version.as_deref() },
        }
    }
}

impl<'a> EndpointJson<'a> {
    fn new(deployment: &'a DeploymentReport) -> Self {
        let DeploymentReport {
            info,
            labels: _,
            state,
            last_check_at,
            last_success_at,
            consecutive_failures,
            last_error,
        } = deployment;
        let last_message = last_error.as_ref().map(|error| &*error.message);
        let speaks_against_it = matches!(state, HealthState::Degraded | HealthState::Unhealthy);
        Self {
            model: &info.model,
            deployment: &info.deployment,
            provider: &info.provider,
            upstream_model: &info.upstream_model,
            api_base: Some(info.api_base.as_str()).filter(|api_base| !api_base.is_empty()),
            status: state.as_str(),
            last_check: last_check_at.map(rfc3339),
            last_success: last_success_at.map(rfc3339),
            consecutive_failures: *consecutive_failures,
            error: last_message.filter(|_| speaks_against_it),
            last_error: last_message,
            last_error_at: last_error.as_ref().map(|error| rfc3339(error.at)),
        }
    }
}

/// `2024-01-15T10:30:00Z`
fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.as_micros().div_euclid(1_000_000)).unwrap_or_default().to_string()
}
