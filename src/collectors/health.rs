//! Verdicts, and the evidence behind them: what the JSON health routes say, as gauges.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder, Value};
use crate::health::{DeploymentReport, HealthState};
use crate::state::LabelSet;

metrics! {
    /// 1 if the gateway can do its work, 0 if not: the verdict behind /health.
    HEALTHY = Gauge "llm_healthy" [];
    /// 1 if the exporter may be sent traffic, 0 if not: the verdict behind /health/readiness.
    READY = Gauge "llm_ready" [];
    /// 1 if the models of the gateway are loaded, or if there is nothing to load them from.
    ROUTER_INITIALIZED = Gauge "llm_router_initialized" [];
    /// Public model names that are known.
    ROUTER_MODELS = Gauge "llm_router_models" [];
    /// 1 if at least one deployment can serve the model, 0 if none can. Absent while that is unknown.
    MODEL_UP = Gauge "llm_model_up" ["model"];
    /// 1 for the state that the deployment is in, 0 for the others.
    DEPLOYMENT_HEALTH = Gauge "llm_deployment_health" ["deployment", "model", "provider", "state"];
    /// 1 while the gateway itself sends the deployment no requests, 0 while it does, as its Redis says. Absent where that is unknown.
    COOLDOWN = Gauge "llm_deployment_cooldown" ["deployment", "model", "provider"];
    /// When something was last learnt of the deployment's health, from traffic or a probe.
    LAST_CHECK = Gauge "llm_deployment_last_check_timestamp_seconds" ["deployment", "model", "provider"];
    /// When the deployment last answered a request or a probe.
    LAST_SUCCESS = Gauge "llm_deployment_last_success_timestamp_seconds" ["deployment", "model", "provider"];
    /// Failures in a row that speak against the deployment, of requests or of probes, whichever are more.
    CONSECUTIVE_FAILURES = Gauge "llm_deployment_consecutive_failures" ["deployment", "model", "provider"];
}

#[derive(Debug)]
pub(super) struct Health;

impl Collector for Health {
    fn name(&self) -> &'static str {
        "health"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        let report = view.report;
        let mut single = |metric, value: Value| {
            out.family(metric);
            out.sample(&LabelSet::default(), None, value);
        };
        single(&HEALTHY, report.is_healthy().into());
        single(&READY, report.readiness.is_ready().into());
        single(&ROUTER_INITIALIZED, report.readiness.is_router_initialized.into());
        single(&ROUTER_MODELS, Value::Whole(report.models.len() as u64));
        out.family(&MODEL_UP);
        for model in &report.models {
            if let Some(up) = model.up {
                out.sample(&LabelSet::new([("model", model.name())]), None, up.into());
            }
        }
        collect_deployments(&report.deployments, out);
        Ok(())
    }
}

fn collect_deployments(deployments: &[DeploymentReport], out: &mut dyn Encoder) {
    out.family(&DEPLOYMENT_HEALTH);
    for deployment in deployments {
        for state in HealthState::ALL {
            let is_in_it = deployment.state == state;
            out.sample(&deployment.labels, Some(("state", state.as_str())), is_in_it.into());
        }
    }
    let mut each = |metric, value: fn(&DeploymentReport) -> Option<Value>| {
        out.family(metric);
        for deployment in deployments {
            if let Some(value) = value(deployment) {
                out.sample(&deployment.labels, None, value);
            }
        }
    };
    each(&COOLDOWN, |deployment| Some(deployment.in_cooldown?.into()));
    each(&LAST_CHECK, |deployment| Some(deployment.last_check_at?.as_secs_f64().into()));
    each(&LAST_SUCCESS, |deployment| Some(deployment.last_success_at?.as_secs_f64().into()));
    each(&CONSECUTIVE_FAILURES, |deployment| Some(deployment.consecutive_failures.into()));
}
