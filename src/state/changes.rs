//! What changed in the state, and the state as it was before a restart.
//!
//! Changes are copied under the lock that counts and written down without it. What is taken together was true together.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::journal::Journal;
use super::kept::{Kept, KeptSource};
use super::table::{ChangedRow, RowChanges, Table, values_of};
use super::traffic::Traffic;
use super::{
    ConsumerFacts, DeploymentFacts, FallbackFacts, HealthCheckFacts, LedgerChange, ModelFacts, ProbeLatency,
    ProbeSpending, Source, UpstreamFacts, WithoutModelFacts,
};
use crate::event::{RowMark, Sighting, Timestamp};

/// What changed since it was taken the last time.
#[derive(Debug)]
pub struct Changes {
    deployments: RowChanges<Arc<DeploymentFacts>>,
    upstreams: RowChanges<Arc<UpstreamFacts>>,
    models: RowChanges<ModelFacts>,
    fallbacks: RowChanges<FallbackFacts>,
    consumers: RowChanges<ConsumerFacts>,
    probe_latencies: RowChanges<ProbeLatency>,
    totals: Totals,
    /// What was counted by hour and model, by keys of its own.
    pub ledger: Vec<LedgerChange>,
    /// The attempts that were seen.
    pub sightings: Vec<Sighting>,
    /// The rows of a gateway's database that were seen.
    pub rows: Vec<RowMark>,
    /// How far the source has come that reads these rows, where it told.
    pub progress: Option<String>,
    /// Rows of earlier minutes need not be remembered, where it told.
    pub rows_from: Option<i64>,
    /// What this replica must remember of itself, where that changed.
    pub handover: Option<String>,
}

/// What became of one row of a table.
#[derive(Debug)]
pub struct RowChange {
    /// The table.
    pub table: &'static str,
    /// The label values.
    pub key: Box<[u8]>,
    /// The facts as they are now; `None` for a row that is gone.
    pub value: Option<Vec<u8>>,
}

/// What is counted in no table.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Totals {
    made_at: Option<Timestamp>,
    health_checks: HealthCheckFacts,
    without_model: WithoutModelFacts,
    probe_spending: ProbeSpending,
    sources: BTreeMap<Cow<'static, str>, KeptSource>,
    /// By table.
    overflowed: BTreeMap<Cow<'static, str>, u64>,
}

/// Something that was kept, and can't be read.
#[derive(Debug, thiserror::Error)]
#[error("what was kept of {what} can't be read: {reason}")]
pub struct NotRestored {
    /// What it is about.
    pub what: String,
    /// Why.
    pub reason: String,
}

/// Does the same with each table whose rows are kept; its name is the one in the metrics.
macro_rules! each_kept_table {
    ($traffic:expr, |$name:ident, $table:ident| $body:expr) => {{
        let traffic = $traffic;
        let ($name, $table) = ("deployments", &mut traffic.deployments);
        $body;
        let ($name, $table) = ("upstreams", &mut traffic.upstreams);
        $body;
        let ($name, $table) = ("models", &mut traffic.models);
        $body;
        let ($name, $table) = ("fallbacks", &mut traffic.fallbacks);
        $body;
        let ($name, $table) = ("consumers", &mut traffic.consumers);
        $body;
        let ($name, $table) = ("probe_latencies", &mut traffic.probe_latencies);
        $body;
    }};
}

impl Changes {
    /// The rows that changed, written down; those that are gone first, as one of the same labels may have come after them.
    #[must_use]
    pub fn rows(&self) -> Vec<RowChange> {
        let mut rows = Vec::new();
        written("deployments", &self.deployments, &mut rows);
        written("upstreams", &self.upstreams, &mut rows);
        written("models", &self.models, &mut rows);
        written("fallbacks", &self.fallbacks, &mut rows);
        written("consumers", &self.consumers, &mut rows);
        written("probe_latencies", &self.probe_latencies, &mut rows);
        rows
    }

    /// What is counted in no table, written down.
    #[must_use]
    pub fn totals(&self) -> Vec<u8> {
        serde_json::to_vec(&self.totals).unwrap_or_default()
    }
}

fn written<F: Kept>(table: &'static str, changes: &RowChanges<F>, rows: &mut Vec<RowChange>) {
    rows.extend(changes.removed.iter().map(|key| RowChange { table, key: key.clone(), value: None }));
    rows.extend(changes.changed.iter().map(|ChangedRow { key, made_at, facts }| {
        let mut value = made_at.as_micros().to_le_bytes().to_vec();
        // Names are texts, so that it can't fail.
        _ = serde_json::to_writer(&mut value, &facts.form());
        RowChange { table, key: key.clone(), value: Some(value) }
    }));
}

impl Traffic {
    /// Keeps track of changes from now on.
    pub(super) fn track_changes(&mut self) {
        self.journal.get_or_insert_default();
        self.ledger.gather_changes();
        each_kept_table!(self, |_name, table| table.track_changes());
    }

    pub(super) fn take_changes(&mut self) -> Changes {
        let Journal { sightings, rows, progress, rows_from, handover } =
            self.journal.as_mut().map(std::mem::take).unwrap_or_default();
        Changes {
            totals: self.totals(),
            ledger: self.ledger.changes(),
            deployments: self.deployments.take_changes(),
            upstreams: self.upstreams.take_changes(),
            models: self.models.take_changes(),
            fallbacks: self.fallbacks.take_changes(),
            consumers: self.consumers.take_changes(),
            probe_latencies: self.probe_latencies.take_changes(),
            sightings,
            rows,
            progress,
            rows_from,
            handover,
        }
    }

    fn totals(&mut self) -> Totals {
        let mut overflowed = BTreeMap::new();
        each_kept_table!(&mut *self, |name, table| _ = overflowed.insert(Cow::Borrowed(name), table.size().overflowed));
        let sources = Source::ALL.iter().zip(&self.sources);
        Totals {
            made_at: self.made_at,
            health_checks: self.health_checks,
            without_model: self.without_model,
            probe_spending: self.probe_spending,
            sources: sources.map(|(source, facts)| (source.as_str().into(), KeptSource::new(facts))).collect(),
            overflowed,
        }
    }

    /// The label names of each table whose rows are kept: rows with other labels are other series.
    pub(super) fn kept_labels(&mut self) -> Vec<(&'static str, Vec<String>)> {
        let mut labels = Vec::new();
        each_kept_table!(self, |name, table| labels.push((name, table.label_names())));
        labels
    }

    pub(super) fn restore_row(&mut self, table: &str, key: &[u8], value: &[u8]) -> Result<(), NotRestored> {
        let window = self.settings.window;
        let unreadable = |reason: String| NotRestored { what: format!("a row of {table}"), reason };
        each_kept_table!(self, |name, rows| if name == table {
            return restore_row(rows, key, value, window).map_err(unreadable);
        });
        Err(unreadable("there is no such table in this version".to_owned()))
    }

    pub(super) fn restore_totals(&mut self, value: &[u8]) -> Result<(), NotRestored> {
        let unreadable =
            |error: serde_json::Error| NotRestored { what: "the totals".to_owned(), reason: error.to_string() };
        let totals: Totals = serde_json::from_slice(value).map_err(unreadable)?;
        let Totals { made_at, health_checks, without_model, probe_spending, sources, overflowed } = totals;
        (self.made_at, self.health_checks, self.without_model) = (made_at, health_checks, without_model);
        self.probe_spending = probe_spending;
        for source in Source::ALL {
            if let Some(kept) = sources.get(source.as_str()) {
                kept.restore(self.source_mut(source));
            }
        }
        each_kept_table!(self, |name, table| if let Some(count) = overflowed.get(name) {
            table.restore_overflowed(*count);
        });
        Ok(())
    }
}

fn restore_row<F: Kept>(
    table: &mut Table<F>,
    key: &[u8],
    value: &[u8],
    window: std::time::Duration,
) -> Result<(), String> {
    let values = values_of(key).ok_or("its key is none")?;
    let (made_at, json) = value.split_first_chunk().ok_or("it is too short")?;
    let made_at = Timestamp::from_micros(i64::from_le_bytes(*made_at));
    let form = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    table.restore(&values, made_at, F::from_form(&values, form, window));
    Ok(())
}
