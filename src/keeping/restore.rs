//! Puts back what was kept.

use std::collections::VecDeque;
use std::sync::Arc;

use super::keeper::Keeper;
use super::keys;
use crate::event::{RowMark, Sighting};
use crate::sink::Sink;
use crate::state::State;
use crate::storage::{Space, Store, StoreError, Write};

/// What was kept for others than the state and the sink.
#[derive(Debug, Default)]
pub struct Restored {
    /// How many rows of the state's tables were put back.
    pub series: usize,
    /// How far the source has come that reads rows.
    pub progress: Option<String>,
    /// The rows that it has seen.
    pub rows: Vec<RowMark>,
    /// What this replica remembers of itself.
    pub handover: Option<String>,
}

/// Puts back what was kept in `store`: counters into `state`, the latest `window` attempts into `sink`. What can't be read is told in the
/// log and begins anew.
///
/// # Errors
/// When the store can't be read.
pub fn restore(
    store: &Store,
    state: &Arc<State>,
    sink: &Sink,
    window: usize,
) -> Result<(Keeper, Restored), StoreError> {
    let is_new = |table: &str, labels: &[Labels]| labels.iter().any(|known| known.table == table && known.differ);
    let labels = labels(store, state)?;
    let mut restored = Restored::default();
    let gone = restore_rows(store, state, |table| is_new(table, &labels), &mut restored)?;
    restore_meta(store, state, &mut restored)?;
    store.read(Space::Ledger, |key, value| state.restore_ledger(key, value))?;
    let chunks = restore_window(store, sink)?;
    let last_of_window = chunks.back().map(|(number, _)| *number);
    let last_of_seen = restore_seen(store, &mut restored.rows)?;
    let next_chunk = last_of_window.max(last_of_seen).map_or(0, |last| last.saturating_add(1));
    let mut keeper = Keeper::new(Arc::clone(state), window, chunks, next_chunk);
    gone.into_iter().for_each(|key| keeper.also(Write::Delete { space: Space::Rows, key }));
    for Labels { table, names, .. } in labels {
        keeper.also(Write::Put { space: Space::Meta, key: keys::labels(table), value: names });
    }
    Ok((keeper, restored))
}

/// The label names of a table.
struct Labels {
    table: &'static str,
    /// As they are now, as JSON.
    names: Vec<u8>,
    /// Whether they were others when the rows were kept.
    differ: bool,
}

fn labels(store: &Store, state: &State) -> Result<Vec<Labels>, StoreError> {
    let now = state.kept_labels().into_iter();
    let mut labels: Vec<Labels> = now
        .map(|(table, names)| Labels { table, names: serde_json::to_vec(&names).unwrap_or_default(), differ: false })
        .collect();
    store.read(Space::Meta, |key, value| {
        for labels in &mut labels {
            labels.differ |= *keys::labels(labels.table) == *key && labels.names != value;
        }
    })?;
    Ok(labels)
}

/// Returns the keys of rows that belong to other labels than there are now.
fn restore_rows(
    store: &Store,
    state: &State,
    is_gone: impl Fn(&str) -> bool,
    restored: &mut Restored,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut gone = Vec::new();
    store.read(Space::Rows, |row, value| {
        let Some((table, key)) = keys::table_and_key(row) else { return };
        if is_gone(table) {
            gone.push(row.to_vec());
            return;
        }
        match state.restore_row(table, key, value) {
            Ok(()) => restored.series += 1,
            Err(error) => tracing::warn!(%error, "a row of the store is left out: its counters begin anew"),
        }
    })?;
    if !gone.is_empty() {
        let rows = gone.len();
        tracing::warn!(rows, "consumer labels are others than before: their counters begin anew");
    }
    Ok(gone)
}

fn restore_meta(store: &Store, state: &State, restored: &mut Restored) -> Result<(), StoreError> {
    store.read(Space::Meta, |key, value| match key {
        keys::TOTALS => {
            if let Err(error) = state.restore_totals(value) {
                tracing::warn!(%error, "a part of the store is left out: its counters begin anew");
            }
        }
        keys::PROGRESS => restored.progress = String::from_utf8(value.to_vec()).ok(),
        keys::HANDOVER => restored.handover = String::from_utf8(value.to_vec()).ok(),
        _ => {}
    })
}

/// Returns the parts of the window, by number, with how many attempts are in each.
fn restore_window(store: &Store, sink: &Sink) -> Result<VecDeque<(u64, usize)>, StoreError> {
    let mut chunks = VecDeque::new();
    store.read(Space::Window, |key, value| {
        let Some(number) = keys::number_of_chunk(key) else { return };
        let (mut rest, mut count) = (value, 0);
        while let Some(sighting) = Sighting::decode(&mut rest) {
            sink.restore(&sighting);
            count += 1;
        }
        chunks.push_back((number, count));
    })?;
    Ok(chunks)
}

/// Returns the number of the latest part.
fn restore_seen(store: &Store, rows: &mut Vec<RowMark>) -> Result<Option<u64>, StoreError> {
    let mut last = None;
    store.read(Space::Seen, |key, value| {
        let Some((minute, number)) = keys::minute_and_number(key) else { return };
        last = last.max(Some(number));
        let ids = value.as_chunks().0.iter().map(|id| u64::from_le_bytes(*id));
        rows.extend(ids.map(|id| RowMark { minute, id }));
    })?;
    Ok(last)
}
