//! What the sources deliver.

use std::time::Duration;

use super::{CollectError, Collector, View};
use crate::event::Timestamp;
use crate::exposition::{Descriptor, Encoder, Value};
use crate::state::{LabelSet, Reading, RejectReason, Snapshot, Source, SourceFacts};

metrics! {
    /// 1 if the latest delivery of the source could be taken, or the latest reading of it went well, 0 if not; where another replica
    /// reads it, whether this one could ask if it should. Absent before the first.
    UP = Gauge "llm_source_up" ["source"];
    /// Events that were taken from the source.
    EVENTS = Counter "llm_source_events_total" ["source"];
    /// What the source delivered and is no event, by reason.
    REJECTED = Counter "llm_source_rejected_total" ["source", "reason"];
    /// Events that the source delivered and that had been taken before.
    DUPLICATES = Counter "llm_source_duplicates_total" ["source"];
    /// When the latest request that the source told of ended.
    LAST_EVENT = Gauge "llm_source_last_event_timestamp_seconds" ["source"];
    /// How long after its end the latest request was told of; of the spend log, which is read, how far what was counted is behind,
    /// and nothing where another replica reads it.
    LAG = Gauge "llm_source_lag_seconds" ["source"];
    /// Rows of the source that were found long after their requests began: after long streams, and after outages.
    LATE = Counter "llm_source_late_rows_total" ["source"];
    /// Processes of the gateway that are alive, as its database tells. Absent where the gateway does not tell.
    WORKERS = Gauge "llm_gateway_workers" [];
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
        let rows = rows(view);
        let mut each = |metric, value: fn(&SourceRow<'_>) -> Option<Value>| {
            out.family(metric);
            for row in &rows {
                if let Some(value) = value(row) {
                    out.sample(&row.labels, None, value);
                }
            }
        };
        each(&UP, |row| row.facts.up.map(Into::into));
        each(&EVENTS, |row| Some(row.facts.events.into()));
        each(&DUPLICATES, |row| Some(row.facts.duplicates.into()));
        each(&LAST_EVENT, |row| Some(row.facts.last_event_at?.as_secs_f64().into()));
        each(&LAG, |row| Some(row.lag()?.as_secs_f64().into()));
        each(&LATE, |row| row.reading.map(|_| row.facts.late.into()));
        out.family(&WORKERS);
        if let Some(workers) = rows.iter().find_map(|row| row.reading?.workers) {
            out.sample(&LabelSet::default(), None, workers.into());
        }
        out.family(&REJECTED);
        for row in &rows {
            for reason in RejectReason::ALL {
                let count = row.facts.rejected[reason.index()];
                out.sample(&row.labels, Some(("reason", reason.as_str())), count.into());
            }
        }
        Ok(())
    }
}

/// One source.
struct SourceRow<'a> {
    labels: LabelSet,
    facts: &'a SourceFacts,
    /// How reading it goes, where it is read.
    reading: Option<&'a Reading>,
    now: Timestamp,
}

/// Whoever may push does so unasked. A source that is read is shown only where it is.
fn rows<'a>(view: &'a View<'_>) -> Vec<SourceRow<'a>> {
    let Snapshot { fleet, sources, .. } = view.snapshot;
    let each = Source::ALL.into_iter().zip(sources).zip(&fleet.readings);
    let shown = each.filter(|((source, facts), reading)| source.is_pushed() || reading.is_some() || facts.has_any());
    let row = |((source, facts), reading): ((Source, &'a SourceFacts), &'a Option<Reading>)| SourceRow {
        labels: LabelSet::new([("source", source.as_str())]).made_at(view.snapshot.made_at),
        facts,
        reading: reading.as_ref(),
        now: fleet.at,
    };
    shown.map(row).collect()
}

impl SourceRow<'_> {
    fn lag(&self) -> Option<Duration> {
        self.reading.map_or(self.facts.lag, |reading| reading.lag(self.now))
    }
}
