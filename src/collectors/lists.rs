//! Where the models are known from.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder, Value};
use crate::state::{LabelSet, ListFacts, ListSource};

metrics! {
    /// 1 if the list of models could be read the last time, 0 if not: then the list before it holds. By where it is from. Absent
    /// before the first reading.
    UP = Gauge "llm_models_list_up" ["source"];
    /// When the list of models that is in use was asked for.
    LAST_SUCCESS = Gauge "llm_models_list_last_success_timestamp_seconds" ["source"];
    /// Deployments on the list of models that is in use.
    DEPLOYMENTS = Gauge "llm_models_list_deployments" ["source"];
}

#[derive(Debug)]
pub(super) struct Lists;

impl Collector for Lists {
    fn name(&self) -> &'static str {
        "lists"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        let configured = || ListSource::ALL.iter().zip(&view.report.lists);
        let mut each = |metric, value: fn(&ListFacts) -> Option<Value>| {
            out.family(metric);
            for (source, facts) in configured() {
                if let Some(value) = facts.as_ref().and_then(value) {
                    out.sample(&LabelSet::new([("source", source.as_str())]), None, value);
                }
            }
        };
        each(&UP, |facts| Some(facts.error.is_none().into()));
        each(&LAST_SUCCESS, |facts| Some(facts.last_success_at?.as_secs_f64().into()));
        each(&DEPLOYMENTS, |facts| facts.last_success_at.map(|_| Value::Whole(facts.deployments as u64)));
        Ok(())
    }
}
