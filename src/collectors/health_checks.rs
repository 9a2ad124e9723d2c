//! The gateway's own health checks, which are billed requests.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder, Value};
use crate::state::LabelSet;

metrics! {
    /// Health checks that the gateway itself sent to its deployments. They are no requests, and real ones to the provider.
    CHECKS = Counter "llm_gateway_health_checks_total" [];
    /// Those of llm_gateway_health_checks_total that failed.
    FAILURES = Counter "llm_gateway_health_check_failures_total" [];
    /// Tokens that the gateway's own health checks used.
    TOKENS = Counter "llm_gateway_health_check_tokens_total" [];
    /// What the gateway's own health checks cost, in US dollars.
    COST = Counter "llm_gateway_health_check_cost_usd_total" [];
}

#[derive(Debug)]
pub(super) struct HealthChecks;

impl Collector for HealthChecks {
    fn name(&self) -> &'static str {
        "health_checks"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        let facts = view.snapshot.health_checks;
        let totals = LabelSet::default().made_at(view.snapshot.made_at);
        let values: [(_, Value); 4] = [
            (&CHECKS, facts.checks.into()),
            (&FAILURES, facts.failures.into()),
            (&TOKENS, facts.tokens.into()),
            (&COST, facts.cost.as_f64().into()),
        ];
        for (metric, value) in values {
            out.family(metric);
            out.sample(&totals, None, value);
        }
        Ok(())
    }
}
