//! The database, Redis and the gateway.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder, Value};
use crate::health::DependencyReport;
use crate::state::LabelSet;

metrics! {
    /// 1 if the latest check of the dependency was answered, 0 if not or if none was made lately. Absent for one that is not
    /// configured.
    UP = Gauge "llm_dependency_up" ["dependency"];
    /// How long the latest check of the dependency took, answered or not.
    LATENCY = Gauge "llm_dependency_latency_seconds" ["dependency"];
    /// When a check of the dependency was last answered.
    LAST_SUCCESS = Gauge "llm_dependency_last_success_timestamp_seconds" ["dependency"];
}

#[derive(Debug)]
pub(super) struct Dependencies;

impl Collector for Dependencies {
    fn name(&self) -> &'static str {
        "dependencies"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        let reports = &view.report.dependencies;
        let mut each = |metric, value: fn(&DependencyReport) -> Option<Value>| {
            out.family(metric);
            for report in reports {
                let labels = LabelSet::new([("dependency", report.dependency.as_str())]);
                if let Some(value) = value(report) {
                    out.sample(&labels, None, value);
                }
            }
        };
        each(&UP, |report| report.is_up().map(Into::into));
        each(&LATENCY, |report| Some(report.latency?.as_secs_f64().into()));
        each(&LAST_SUCCESS, |report| Some(report.last_success_at?.as_secs_f64().into()));
        Ok(())
    }
}
