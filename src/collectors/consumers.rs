//! Who uses what, by the labels that the operator chose.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder, Value};
use crate::state::ConsumerFacts;

metrics! {
    /// Everything that a consumer asked: answers of deployments and of the cache, and refusals. From the gateway's events.
    REQUESTS = Counter "llm_consumer_requests_total" ["consumer labels", "model"];
    /// What failed or was refused of llm_consumer_requests_total.
    ERRORS = Counter "llm_consumer_errors_total" ["consumer labels", "model"];
    /// Input tokens that a consumer used, without those of cache hits and of failures that were not billed.
    INPUT_TOKENS = Counter "llm_consumer_input_tokens_total" ["consumer labels", "model"];
    /// Output tokens that a consumer used, without those of cache hits and of failures that were not billed.
    OUTPUT_TOKENS = Counter "llm_consumer_output_tokens_total" ["consumer labels", "model"];
    /// What the gateway booked for a consumer, in US dollars.
    COST = Counter "llm_consumer_cost_usd_total" ["consumer labels", "model"];
}

#[derive(Debug)]
pub(super) struct Consumers;

impl Collector for Consumers {
    fn name(&self) -> &'static str {
        "consumers"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        let mut emit = |metric, value: fn(&ConsumerFacts) -> Value| {
            out.family(metric);
            for row in view.snapshot.consumers.iter() {
                out.sample(row.labels, None, value(row.facts));
            }
        };
        emit(&REQUESTS, |facts| facts.requests.into());
        emit(&ERRORS, |facts| facts.errors.into());
        emit(&INPUT_TOKENS, |facts| facts.input_tokens.into());
        emit(&OUTPUT_TOKENS, |facts| facts.output_tokens.into());
        emit(&COST, |facts| facts.cost.as_f64().into());
        Ok(())
    }
}
