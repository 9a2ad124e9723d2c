//! What the sources deliver.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder, Value};
use crate::state::{LabelSet, RejectReason, Source, SourceFacts};

metrics! {
    /// 1 if the latest delivery of the source could be taken, 0 if not. Absent before the first.
    UP = Gauge "llm_source_up" ["source"];
    /// Events that were taken from the source.
    EVENTS = Counter "llm_source_events_total" ["source"];
    /// What the source delivered and is no event, by reason.
    REJECTED = Counter "llm_source_rejected_total" ["source", "reason"];
    /// Events that the source delivered and that had been taken before.
    DUPLICATES = Counter "llm_source_duplicates_total" ["source"];
    /// When the latest request that the source told of ended.
    LAST_EVENT = Gauge "llm_source_last_event_timestamp_seconds" ["source"];
    /// How long after its end the latest request was told of.
    LAG = Gauge "llm_source_lag_seconds" ["source"];
}

#[derive(Debug)]
pub(super) struct Sources;

impl Collector for Sources {
    fn name(&self) -> &'static str {
        "sources"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        let labels =
            Source::ALL.map(|source| LabelSet::new([("source", source.as_str())]).made_at(view.snapshot.made_at));
        let rows = || labels.iter().zip(&view.snapshot.sources);
        let mut each = |metric, value: fn(&SourceFacts) -> Option<Value>| {
            out.family(metric);
            for (labels, facts) in rows() {
                if let Some(value) = value(facts) {
                    out.sample(labels, None, value);
                }
            }
        };
        each(&UP, |facts| facts.up.map(Into::into));
        each(&EVENTS, |facts| Some(facts.events.into()));
        each(&DUPLICATES, |facts| Some(facts.duplicates.into()));
        each(&LAST_EVENT, |facts| Some(facts.last_event_at?.as_secs_f64().into()));
        each(&LAG, |facts| Some(facts.lag?.as_secs_f64().into()));
        out.family(&REJECTED);
        for (labels, facts) in rows() {
            for reason in RejectReason::ALL {
                let count = facts.rejected[reason.index()];
                out.sample(labels, Some(("reason", reason.as_str())), count.into());
            }
        }
        Ok(())
    }
}
