//! What changed in a table, and rows as they were before a restart.

use super::{END, Entry, OVERFLOW, Table, key_of};
use crate::event::Timestamp;

/// What changed since it was taken the last time.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    /// Positions of rows that changed. Their entries say so too, so that each is here once.
    changed: Vec<usize>,
    /// Keys of rows that are gone.
    removed: Vec<Box<[u8]>>,
}

/// The rows of a table that changed.
#[derive(Debug)]
pub(in crate::state) struct RowChanges<F> {
    pub(in crate::state) changed: Vec<ChangedRow<F>>,
    /// The keys of those that are gone, unless they are among the others again.
    pub(in crate::state) removed: Vec<Box<[u8]>>,
}

/// A row that changed.
#[derive(Debug)]
pub(in crate::state) struct ChangedRow<F> {
    pub(in crate::state) key: Box<[u8]>,
    pub(in crate::state) made_at: Timestamp,
    pub(in crate::state) facts: F,
}

impl<F> Table<F> {
    /// Keeps track of changes from now on.
    pub(in crate::state) fn track_changes(&mut self) {
        self.changes.get_or_insert_default();
    }

    /// Puts back a row as it was before a restart, unless there is one already. Also where the limit was lowered since: a counter that
    /// moves to the overflow row would look like so many events at once.
    pub(in crate::state) fn restore(&mut self, values: &[&str], made_at: Timestamp, facts: F) {
        let key = key_of(values);
        let hash = self.hash(&key);
        if values.len() != self.names.len() || self.find(&key, hash).is_some() {
            return;
        }
        let now = std::mem::replace(&mut self.now, made_at);
        let position = self.insert(values, key, hash, facts);
        self.now = now;
        if values.iter().all(|value| *value == OVERFLOW) {
            self.overflow_row = Some(position);
        }
    }

    /// Goes on counting what found no row.
    pub(in crate::state) fn restore_overflowed(&mut self, overflowed: u64) {
        self.overflowed = overflowed;
    }

    /// The names of the labels, as they stand in the store beside the rows.
    pub(in crate::state) fn label_names(&self) -> Vec<String> {
        self.names.iter().map(|name| (**name).to_owned()).collect()
    }

    /// Notes that the row at this position changed otherwise than by [`Table::at`].
    pub(in crate::state) fn note_change(&mut self, position: usize) {
        if let Some(tracker) = &mut self.changes
            && !std::mem::replace(&mut self.entries[position].is_changed, true)
        {
            tracker.changed.push(position);
        }
    }

    pub(super) fn note_removal(&mut self, position: usize) {
        if let Some(tracker) = &mut self.changes {
            tracker.removed.push(self.entries[position].key.clone());
        }
    }
}

impl<F: Clone> Table<F> {
    /// What changed since this was asked the last time.
    pub(in crate::state) fn take_changes(&mut self) -> RowChanges<F> {
        let Tracker { changed, removed } = self.changes.as_mut().map(std::mem::take).unwrap_or_default();
        let mut take = |position: usize| {
            let Entry { key, labels, facts, is_changed, is_removed } = self.entries.get_mut(position)?;
            // A row that took the place of one that is gone may be named twice.
            let is_wanted = std::mem::take(is_changed) && !*is_removed;
            let made_at = labels.since().unwrap_or_default();
            is_wanted.then(|| ChangedRow { key: key.clone(), made_at, facts: facts.clone() })
        };
        let changed = changed.into_iter().filter_map(&mut take).collect();
        RowChanges { changed, removed }
    }
}

/// The label values in a key that was [taken](Table::take_changes); `None` where it is none.
pub(in crate::state) fn values_of(key: &[u8]) -> Option<Vec<&str>> {
    let inner = key.strip_suffix(&[END])?;
    inner.split(|byte| *byte == END).map(|value| std::str::from_utf8(value).ok()).collect()
}
