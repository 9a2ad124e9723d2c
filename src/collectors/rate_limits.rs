//! The providers' rate limits.

use super::{CollectError, Collector, View};
use crate::event;
use crate::exposition::{Descriptor, Encoder};
use crate::state::{RateLimitFacts, Row};

metrics! {
    /// What the provider allows a deployment per period, from the headers of its latest answer.
    LIMIT = Gauge "llm_rate_limit_limit" ["deployment", "resource"];
    /// What is left of llm_rate_limit_limit in this period, from the headers of the provider's latest answer.
    REMAINING = Gauge "llm_rate_limit_remaining" ["deployment", "resource"];
}

#[derive(Debug)]
pub(super) struct RateLimits;

impl Collector for RateLimits {
    fn name(&self) -> &'static str {
        "rate_limits"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        let is_gone = |facts: &RateLimitFacts| view.report.gone.contains(&*facts.deployment);
        let rows: Vec<_> = view.snapshot.rate_limits.iter().filter(|row| !is_gone(row.facts)).collect();
        out.family(&LIMIT);
        emit(&rows, out, |limits| [limits.limit_requests, limits.limit_tokens]);
        out.family(&REMAINING);
        emit(&rows, out, |limits| [limits.remaining_requests, limits.remaining_tokens]);
        Ok(())
    }
}

fn emit(rows: &[Row<'_, RateLimitFacts>], out: &mut dyn Encoder, values: fn(&event::RateLimits) -> [Option<u64>; 2]) {
    for row in rows {
        for (resource, value) in ["requests", "tokens"].into_iter().zip(values(&row.facts.limits)) {
            if let Some(value) = value {
                out.sample(row.labels, Some(("resource", resource)), value.into());
            }
        }
    }
}
