//! Writes down what changed in the state.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::keys;
use crate::event::{RowMark, Sighting};
use crate::state::{Changes, Journal, LedgerChange, RowChange, State};
use crate::storage::{Space, Write};

/// Writes down what changed in the state since it did so the last time.
#[derive(Debug)]
pub struct Keeper {
    state: Arc<State>,
    /// As many attempts are remembered.
    window: usize,
    /// The parts of the window that are in the store, from the oldest on, with how many attempts are in each.
    chunks: VecDeque<(u64, usize)>,
    /// How many attempts are in them.
    kept: usize,
    next_chunk: u64,
    /// As they stand in the store.
    totals: Vec<u8>,
    /// Rows of earlier minutes are in the store no more.
    rows_from: Option<i64>,
    /// What is to be written besides.
    pending: Vec<Write>,
}

impl Keeper {
    /// Writes down what changes in `state` from now on, with the latest `window` attempts; `chunks` are those that are kept already.
    pub(super) fn new(state: Arc<State>, window: usize, chunks: VecDeque<(u64, usize)>, next_chunk: u64) -> Self {
        state.track_changes();
        let kept = chunks.iter().map(|(_, count)| count).sum();
        let (totals, pending) = (Vec::new(), Vec::new());
        Self { state, window, chunks, kept, next_chunk, totals, rows_from: None, pending }
    }

    /// Writes this with the next changes.
    pub(super) fn also(&mut self, write: Write) {
        self.pending.push(write);
    }

    /// Everything that changed.
    pub fn take_changes(&mut self) -> Vec<Write> {
        let changes = self.state.take_changes();
        let mut writes = std::mem::take(&mut self.pending);
        writes.extend(changes.rows().into_iter().map(row));
        writes.extend(changes.ledger.iter().map(counted));
        self.keep_totals(&changes, &mut writes);
        self.keep_journal(changes.journal, &mut writes);
        writes
    }

    fn keep_journal(&mut self, journal: Journal, writes: &mut Vec<Write>) {
        let Journal { sightings, rows, progress, rows_from, handover } = journal;
        let number = self.next_chunk;
        self.next_chunk += 1;
        self.keep_sightings(number, &sightings, writes);
        keep_rows_seen(number, &rows, writes);
        if let Some(from) = rows_from
            && self.rows_from.replace(from) != Some(from)
        {
            writes.push(Write::DeleteBelow { space: Space::Seen, key: keys::minute(from) });
        }
        let texts = [(keys::PROGRESS, progress), (keys::HANDOVER, handover)];
        let told = texts.into_iter().filter_map(|(key, text)| Some((key, text?)));
        writes.extend(told.map(|(key, text)| one(key, text.into_bytes())));
    }

    fn keep_totals(&mut self, changes: &Changes, writes: &mut Vec<Write>) {
        let totals = changes.totals();
        if totals != self.totals {
            writes.push(one(keys::TOTALS, totals.clone()));
            self.totals = totals;
        }
    }

    fn keep_sightings(&mut self, number: u64, sightings: &[Sighting], writes: &mut Vec<Write>) {
        if sightings.is_empty() {
            return;
        }
        let mut value = Vec::new();
        sightings.iter().for_each(|sighting| sighting.encode(&mut value));
        writes.push(Write::Put { space: Space::Window, key: keys::chunk(number), value });
        self.chunks.push_back((number, sightings.len()));
        self.kept += sightings.len();
        let mut is_any_gone = false;
        while let Some((_, count)) = self.chunks.front()
            && self.kept - count >= self.window
        {
            self.kept -= count;
            self.chunks.pop_front();
            is_any_gone = true;
        }
        if let Some((oldest, _)) = self.chunks.front().filter(|_| is_any_gone) {
            writes.push(Write::DeleteBelow { space: Space::Window, key: keys::chunk(*oldest) });
        }
    }
}

/// What there is one of.
fn one(key: &[u8], value: Vec<u8>) -> Write {
    Write::Put { space: Space::Meta, key: key.to_vec(), value }
}

fn row(change: RowChange) -> Write {
    let RowChange { table, key, value } = change;
    let (space, key) = (Space::Rows, keys::row(table, &key));
    match value {
        Some(value) => Write::Put { space, key, value },
        None => Write::Delete { space, key },
    }
}

fn counted((key, value): &LedgerChange) -> Write {
    let (space, key) = (Space::Ledger, key.clone());
    match value {
        Some(value) => Write::Put { space, key, value: value.clone() },
        None => Write::Delete { space, key },
    }
}

fn keep_rows_seen(number: u64, rows: &[RowMark], writes: &mut Vec<Write>) {
    let mut by_minute: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
    for row in rows {
        by_minute.entry(row.minute).or_default().extend(row.id.to_le_bytes());
    }
    writes.extend(by_minute.into_iter().map(|(minute, value)| {
        let key = keys::chunk_of_minute(minute, number);
        Write::Put { space: Space::Seen, key, value }
    }));
}
