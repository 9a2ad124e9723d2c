//! Money, and what has no price.

use super::{CollectError, Collector, View};
use crate::event::UnpricedReason;
use crate::exposition::{Descriptor, Encoder};

metrics! {
    /// What the gateway booked for requests, in US dollars, whatever their outcome. From its events.
    COST = Counter "llm_cost_usd_total" ["model", "provider", "deployment"];
    /// Successful requests that used tokens and for which the gateway knows no price, by the reason it gives. From its events.
    UNPRICED_REQUESTS = Counter "llm_unpriced_requests_total" ["model", "provider", "reason"];
    /// Tokens of the requests counted in llm_unpriced_requests_total.
    UNPRICED_TOKENS = Counter "llm_unpriced_tokens_total" ["model", "provider", "reason"];
}

#[derive(Debug)]
pub(super) struct Spending;

impl Collector for Spending {
    fn name(&self) -> &'static str {
        "cost"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        out.family(&COST);
        for row in view.snapshot.with_traffic() {
            out.sample(row.labels, None, row.facts.cost.as_f64().into());
        }
        out.family(&UNPRICED_REQUESTS);
        for row in view.snapshot.upstreams.iter() {
            for (reason, count) in UnpricedReason::ALL.iter().zip(row.facts.unpriced_requests) {
                out.sample(row.labels, Some(("reason", reason.as_str())), count.into());
            }
        }
        out.family(&UNPRICED_TOKENS);
        for row in view.snapshot.upstreams.iter() {
            for (reason, count) in UnpricedReason::ALL.iter().zip(row.facts.unpriced_tokens) {
                out.sample(row.labels, Some(("reason", reason.as_str())), count.into());
            }
        }
        Ok(())
    }
}
