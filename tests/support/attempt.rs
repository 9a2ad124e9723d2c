//! An attempt, told as any source tells it.

use llm_exporter::event::{
    AttemptKey, Caller, Cost, Delivery, Deployment, Outcome, Reach, RequestEvent, Timestamp, Twins, Usage, Usd,
};

/// A success at this moment that took no time, used nothing and cost nothing, and of which nothing else is known.
pub(crate) fn attempt<'a>(key: AttemptKey, deployment: Deployment<'a>, at: Timestamp) -> RequestEvent<'a> {
    RequestEvent {
        attempt: key,
        twins: Twins::default(),
        call: None,
        reach: Reach::Deployment(deployment),
        outcome: Outcome::Success,
        started_at: at,
        ended_at: at,
        first_token_at: None,
        delivery: Delivery::Whole,
        usage: Usage::default(),
        cost: Cost::Booked(Usd::ZERO),
        gateway_overhead: None,
        caller: Caller::default(),
        budgets: Vec::new(),
        trace_id: None,
        retries: 0,
        fallbacks: 0,
        fallback_from: None,
    }
}
