//! What the gateway does when an attempt fails.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder};

metrics! {
    /// Attempts that repeated a failed one of the same call and model, as far as the gateway tells of them.
    RETRIES = Counter "llm_retries_total" ["model"];
    /// Calls that another model took over, by the model that failed, the one that took over, and whether it answered. The model
    /// that failed is other where the gateway does not tell within half a minute. From its events, put together by call.
    FALLBACKS = Counter "llm_fallbacks_total" ["model", "fallback_model", "outcome"];
}

#[derive(Debug)]
pub(super) struct Routing;

impl Collector for Routing {
    fn name(&self) -> &'static str {
        "routing"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        out.family(&RETRIES);
        for row in view.snapshot.models.iter() {
            out.sample(row.labels, None, row.facts.retries.into());
        }
        out.family(&FALLBACKS);
        for row in view.snapshot.fallbacks.iter() {
            out.sample(row.labels, Some(("outcome", "success")), row.facts.succeeded.into());
            out.sample(row.labels, Some(("outcome", "failure")), row.facts.failed.into());
        }
        Ok(())
    }
}
