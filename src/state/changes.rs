//! What changed in the state, and the state as it was before a restart.
//!
//! Changes are copied under the lock that counts and written down without it. What is taken together was true together.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::journal::Journal;
use super::kept::{Kept, KeptSource, each_kept_table};
use super::table::{ChangedRow, RowChanges, Table, values_of};
use super::traffic::Traffic;
use super::{HealthCheckFacts, LedgerChange, ProbeSpending, Source, SourceFacts, WithoutModelFacts};
use crate::event::Timestamp;

/// What changed since it was taken the last time.
#[derive(Debug)]
pub struct Changes {
    tables: Vec<TableChanges>,
    made_at: Option<Timestamp>,
    health_checks: HealthCheckFacts,
    without_model: WithoutModelFacts,
    probe_spending: ProbeSpending,
    sources: [SourceFacts; Source::ALL.len()],
    /// What was counted by hour and model, by keys of its own.
    pub ledger: Vec<LedgerChange>,
    /// What is no value of a metric.
    pub journal: Journal,
}

/// What changed in one table.
#[derive(Debug)]
struct TableChanges {
    table: &'static str,
    overflowed: u64,
    rows: Box<dyn WriteDown>,
}

/// Rows of whatever facts.
trait WriteDown: std::fmt::Debug + Send {
    /// Adds them to `rows`, written down; those that are gone first, as one of the same labels may have come after them.
    fn write_down(&self, table: &'static str, rows: &mut Vec<RowChange>);
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

impl Changes {
    /// The rows that changed, written down, to be made so in their order.
    #[must_use]
    pub fn rows(&self) -> Vec<RowChange> {
        let mut rows = Vec::new();
        self.tables.iter().for_each(|changes| changes.rows.write_down(changes.table, &mut rows));
        rows
    }

    /// What is counted in no table, written down.
    #[must_use]
    pub fn totals(&self) -> Vec<u8> {
        let sources = Source::ALL.iter().zip(&self.sources);
        let totals = Totals {
            made_at: self.made_at,
            health_checks: self.health_checks,
            without_model: self.without_model,
            probe_spending: self.probe_spending,
            sources: sources.map(|(source, facts)| (source.as_str().into(), KeptSource::new(facts))).collect(),
            overflowed: self.tables.iter().map(|changes| (changes.table.into(), changes.overflowed)).collect(),
        };
        serde_json::to_vec(&totals).unwrap_or_default()
    }
}

impl<F: Kept + std::fmt::Debug + Send> WriteDown for RowChanges<F> {
    fn write_down(&self, table: &'static str, rows: &mut Vec<RowChange>) {
        rows.extend(self.removed.iter().map(|key| RowChange { table, key: key.clone(), value: None }));
        rows.extend(self.changed.iter().map(|ChangedRow { key, made_at, facts }| {
            let mut value = made_at.as_micros().to_le_bytes().to_vec();
            // Names are texts, so that it can't fail.
            _ = serde_json::to_writer(&mut value, &facts.form());
            RowChange { table, key: key.clone(), value: Some(value) }
        }));
    }
}

impl Traffic {
    /// Keeps track of changes from now on.
    pub(super) fn track_changes(&mut self) {
        self.journal.get_or_insert_default();
        self.ledger.gather_changes();
        each_kept_table!(self, |table| table.track_changes());
    }

    pub(super) fn take_changes(&mut self) -> Changes {
        let mut tables = Vec::new();
        each_kept_table!(&mut *self, |table| {
            let rows = Box::new(table.take_changes());
            tables.push(TableChanges { table: table.name(), overflowed: table.size().overflowed, rows });
        });
        Changes {
            tables,
            made_at: self.made_at,
            health_checks: self.health_checks,
            without_model: self.without_model,
            probe_spending: self.probe_spending,
            sources: self.sources,
            ledger: self.ledger.changes(),
            journal: self.journal.as_mut().map(std::mem::take).unwrap_or_default(),
        }
    }

    /// The label names of each table whose rows are kept: rows with other labels are other series.
    pub(super) fn kept_labels(&mut self) -> Vec<(&'static str, Vec<String>)> {
        let mut labels = Vec::new();
        each_kept_table!(self, |table| labels.push((table.name(), table.label_names())));
        labels
    }

    pub(super) fn restore_row(&mut self, table: &str, key: &[u8], value: &[u8]) -> Result<(), NotRestored> {
        let window = self.settings.window;
        let unreadable = |reason: String| NotRestored { what: format!("a row of {table}"), reason };
        each_kept_table!(self, |rows| if rows.name() == table {
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
        each_kept_table!(self, |table| if let Some(count) = overflowed.get(table.name()) {
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
