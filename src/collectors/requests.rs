//! Requests: how many, how many failed, how many were refused.

use super::{CollectError, Collector, View};
use crate::event::ErrorKind;
use crate::exposition::{Descriptor, Encoder};
use crate::state::LabelSet;

metrics! {
    /// Finished requests, one per attempt that reached a deployment, from the gateway's events.
    REQUESTS = Counter "llm_requests_total" ["model", "provider", "deployment"];
    /// Finished requests that failed, by kind of error, from the gateway's events.
    ERRORS = Counter "llm_request_errors_total" ["model", "provider", "deployment", "error"];
    /// Requests that the gateway refused before any deployment, from its events. Model names that the gateway is not known to
    /// serve are counted as other.
    REJECTED = Counter "llm_rejected_requests_total" ["model", "error"];
    /// Calls that ask no model, such as for a file or a batch. They are no requests to any deployment. From the gateway's events.
    WITHOUT_MODEL = Counter "llm_calls_without_model_total" [];
    /// What the gateway booked for the calls counted in llm_calls_without_model_total, in US dollars.
    WITHOUT_MODEL_COST = Counter "llm_calls_without_model_cost_usd_total" [];
}

#[derive(Debug)]
pub(super) struct Requests;

impl Collector for Requests {
    fn name(&self) -> &'static str {
        "requests"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        out.family(&REQUESTS);
        for row in view.snapshot.with_traffic() {
            out.sample(row.labels, None, row.facts.requests.into());
        }
        out.family(&ERRORS);
        for row in view.snapshot.with_traffic() {
            for kind in ErrorKind::ALL {
                let failed = row.facts.errors[kind.index()];
                out.sample(row.labels, Some(("error", kind.as_str())), failed.into());
            }
        }
        out.family(&REJECTED);
        for row in view.snapshot.models.iter() {
            for kind in ErrorKind::ALL {
                let refused = row.facts.rejected[kind.index()];
                out.sample(row.labels, Some(("error", kind.as_str())), refused.into());
            }
        }
        let totals = LabelSet::default().made_at(view.snapshot.made_at);
        out.family(&WITHOUT_MODEL);
        out.sample(&totals, None, view.snapshot.without_model.calls.into());
        out.family(&WITHOUT_MODEL_COST);
        out.sample(&totals, None, view.snapshot.without_model.cost.as_f64().into());
        Ok(())
    }
}
