//! A table of facts by labels, with a hard limit.
//!
//! A map that can be looked up without an allocation, iterated in a stable order, and never grows past its limit: what
//! has no place goes to one overflow row, so that sums stay exact.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use smallvec::SmallVec;

use super::label::{LabelSet, clean};
use crate::event::Timestamp;
pub(super) use changes::{ChangedRow, RowChanges, values_of};

#[path = "table/changes.rs"]
mod changes;

/// Ends each label value in a key: cleaned values hold no control characters.
const END: u8 = 0x1f;

/// Cleaned label values one after the other, each with its end: hashed and compared in one go.
type Key = SmallVec<[u8; 192]>;

/// The value of every label of the overflow row.
pub(crate) const OVERFLOW: &str = "other";

/// Facts by label values.
#[derive(Debug)]
pub(super) struct Table<F> {
    name: &'static str,
    names: Box<[Box<str>]>,
    entries: Vec<Entry<F>>,
    /// Positions in `entries` whose row was removed: the next rows go there.
    free: Vec<usize>,
    /// Positions in `entries`, by the hash of their key.
    index: HashTable<usize>,
    hasher: RandomState,
    /// Positions in `entries`, by key; rebuilt when a view asks after something was added.
    order: Vec<usize>,
    /// The labels in that order: shared with every copy, which then is a copy of plain facts.
    ordered_labels: Arc<[LabelSet]>,
    /// Whether `order` has the rows that there are.
    is_ordered: bool,
    overflow_row: Option<usize>,
    limit: usize,
    overflowed: u64,
    /// When whatever happens now happens.
    now: Timestamp,
    /// What changed since it was asked for the last time; `None` where nobody asks.
    changes: Option<changes::Tracker>,
}

#[derive(Debug)]
struct Entry<F> {
    key: Box<[u8]>,
    /// With the moment at which the row was made.
    labels: LabelSet,
    facts: F,
    /// Its place is among the changes.
    is_changed: bool,
    /// Its place is free.
    is_removed: bool,
}

/// A copy of all rows of a table, ordered by their labels.
#[derive(Debug, Clone)]
pub struct Rows<F> {
    labels: Arc<[LabelSet]>,
    facts: Vec<F>,
}

/// The facts of one set of labels.
#[derive(Debug)]
pub struct Row<'a, F> {
    /// The labels.
    pub labels: &'a LabelSet,
    /// What is known.
    pub facts: &'a F,
}

// Not derived: a reference can be copied whatever it refers to.
impl<F> Clone for Row<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Row<'_, F> {}

impl<F> Rows<F> {
    /// Each row, in the order of the labels.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_, F>> {
        self.labels.iter().zip(&self.facts).map(|(labels, facts)| Row { labels, facts })
    }
}

/// How full a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableSize {
    /// Its name.
    pub table: &'static str,
    /// Rows, not counting the overflow row.
    pub rows: usize,
    /// The most rows there may be.
    pub limit: usize,
    /// How often something went to the overflow row, or nowhere where there can be none.
    pub overflowed: u64,
}

impl<F> Table<F> {
    /// An empty table of this name, with these label names.
    #[must_use]
    pub(super) fn new<N: Into<Box<str>>>(name: &'static str, names: impl IntoIterator<Item = N>, limit: usize) -> Self {
        Self {
            name,
            names: names.into_iter().map(Into::into).collect(),
            entries: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            hasher: RandomState::default(),
            order: Vec::new(),
            ordered_labels: Arc::default(),
            is_ordered: true,
            overflow_row: None,
            limit,
            overflowed: 0,
            now: Timestamp::default(),
            changes: None,
        }
    }

    /// Rows that are made from now on are made at this moment.
    pub(super) fn tick(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// The row with these label values, made if there is room, and the overflow row if there is none.
    pub(super) fn entry(&mut self, values: &[&str], make: impl FnOnce() -> F) -> &mut F {
        let slot = self.slot(values, |_| make());
        self.at(slot.position())
    }

    /// Where the row with these label values is: made if there is room, and the overflow row if there is none. `make` is told
    /// the label values of the row that it makes, which are those of the overflow row where there is no room.
    pub(super) fn slot(&mut self, values: &[&str], make: impl FnOnce(&[&str]) -> F) -> Slot {
        let key = key_of(values);
        match self.place(&key) {
            Place::At(position) => Slot::Own(position),
            Place::New(hash) => Slot::Own(self.insert(values, key, hash, make(values))),
            Place::Full => Slot::Shared(self.overflow(make)),
        }
    }

    /// The facts at a position that a [`Slot`] told. Rows stay where they are.
    pub(super) fn at(&mut self, position: usize) -> &mut F {
        self.note_change(position);
        &mut self.entries[position].facts
    }

    /// The row with these label values, made if there is room. For facts that can't be added up: there an overflow
    /// row would mean nothing.
    pub(super) fn entry_or_drop(&mut self, values: &[&str], make: impl FnOnce() -> F) -> Option<&mut F> {
        let position = self.slot_or_drop(values, make)?;
        Some(self.at(position))
    }

    /// Where the row of [`entry_or_drop`](Self::entry_or_drop) is.
    pub(super) fn slot_or_drop(&mut self, values: &[&str], make: impl FnOnce() -> F) -> Option<usize> {
        let key = key_of(values);
        match self.place(&key) {
            Place::At(position) => Some(position),
            Place::New(hash) => Some(self.insert(values, key, hash, make())),
            Place::Full => {
                self.overflowed += 1;
                None
            }
        }
    }

    /// The row with these label values, if there is one.
    pub(super) fn get_mut(&mut self, values: &[&str]) -> Option<&mut F> {
        let key = key_of(values);
        let position = self.find(&key, self.hash(&key))?;
        Some(self.at(position))
    }

    /// Counts so many that have no row, and go nowhere.
    pub(super) fn note_overflows(&mut self, many: usize) {
        self.overflowed = self.overflowed.saturating_add(many as u64);
    }

    /// Counts something that goes to the overflow row by a position that is known already.
    pub(super) fn note_overflow(&mut self) {
        self.overflowed += 1;
    }

    /// Whether a row with these label values exists.
    #[must_use]
    pub(super) fn contains(&self, values: &[&str]) -> bool {
        let key = key_of(values);
        self.find(&key, self.hash(&key)).is_some()
    }

    /// Where the row with these label values counts: its own, or the overflow row where there is none of its own.
    #[must_use]
    pub(super) fn position(&self, values: &[&str]) -> Option<usize> {
        let key = key_of(values);
        self.find(&key, self.hash(&key)).or(self.overflow_row)
    }

    /// Where the overflow row is, if there is one.
    #[must_use]
    pub(super) const fn overflow_row(&self) -> Option<usize> {
        self.overflow_row
    }

    /// Each row but the overflow row, with its position.
    pub(super) fn own_rows(&mut self) -> impl Iterator<Item = (usize, &mut F)> {
        let overflow_row = self.overflow_row;
        let all = self.entries.iter_mut().enumerate();
        let own = all.filter(move |(position, entry)| Some(*position) != overflow_row && !entry.is_removed);
        own.map(|(position, entry)| (position, &mut entry.facts))
    }

    /// Removes the rows that `is_unwanted`, but for the overflow row; returns their positions, where other rows may be put later.
    pub(super) fn remove_if(&mut self, is_unwanted: impl Fn(&F) -> bool) -> Vec<usize> {
        let unwanted: Vec<usize> =
            self.own_rows().filter(|(_, facts)| is_unwanted(facts)).map(|(position, _)| position).collect();
        for position in &unwanted {
            self.entries[*position].is_removed = true;
            self.note_removal(*position);
            let hash = self.hash(&self.entries[*position].key);
            if let Ok(found) = self.index.find_entry(hash, |other| other == position) {
                found.remove();
            }
        }
        self.free.extend(&unwanted);
        if !unwanted.is_empty() {
            self.is_ordered = false;
        }
        unwanted
    }

    /// As metrics and the store call it.
    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    /// How full it is.
    #[must_use]
    pub(super) fn size(&self) -> TableSize {
        let rows = self.entries.len() - self.free.len() - usize::from(self.overflow_row.is_some());
        TableSize { table: self.name, rows, limit: self.limit, overflowed: self.overflowed }
    }

    /// A copy of all rows.
    pub(super) fn rows(&mut self) -> Rows<F>
    where
        F: Clone,
    {
        self.sort();
        let facts = self.order.iter().map(|position| self.entries[*position].facts.clone()).collect();
        Rows { labels: Arc::clone(&self.ordered_labels), facts }
    }

    fn sort(&mut self) {
        if self.is_ordered {
            return;
        }
        self.is_ordered = true;
        self.order = (0..self.entries.len()).filter(|position| !self.entries[*position].is_removed).collect();
        self.order.sort_unstable_by(|a, b| self.entries[*a].key.cmp(&self.entries[*b].key));
        let ordered = LabelSet::gathered(self.order.iter().map(|position| &self.entries[*position].labels));
        for (position, labels) in self.order.iter().zip(&ordered) {
            self.entries[*position].labels = labels.clone();
        }
        self.ordered_labels = ordered.into();
    }

    fn place(&self, key: &[u8]) -> Place {
        let hash = self.hash(key);
        match self.find(key, hash) {
            Some(position) => Place::At(position),
            None if self.size().rows < self.limit => Place::New(hash),
            None => Place::Full,
        }
    }

    fn find(&self, key: &[u8], hash: u64) -> Option<usize> {
        self.index.find(hash, |position| *self.entries[*position].key == *key).copied()
    }

    fn overflow(&mut self, make: impl FnOnce(&[&str]) -> F) -> usize {
        self.overflowed += 1;
        if let Some(position) = self.overflow_row {
            return position;
        }
        let values: Vec<&str> = self.names.iter().map(|_| OVERFLOW).collect();
        let key = key_of(&values);
        let hash = self.hash(&key);
        let position = match self.find(&key, hash) {
            Some(position) => position,
            None => self.insert(&values, key, hash, make(&values)),
        };
        self.overflow_row = Some(position);
        position
    }

    fn insert(&mut self, values: &[&str], key: Key, hash: u64, facts: F) -> usize {
        debug_assert_eq!(values.len(), self.names.len(), "one value for each label");
        let labels = LabelSet::new(self.names.iter().zip(values).map(|(name, value)| (&**name, *value)));
        let labels = labels.made_at(Some(self.now));
        let entry = Entry { key: key.into_boxed_slice(), labels, facts, is_changed: false, is_removed: false };
        self.is_ordered = false;
        let position = self.put(entry);
        let Self { index, entries, hasher, .. } = self;
        index.insert_unique(hash, position, |position| hasher.hash_one(&*entries[*position].key));
        position
    }

    fn put(&mut self, entry: Entry<F>) -> usize {
        if let Some(position) = self.free.pop() {
            self.entries[position] = entry;
            return position;
        }
        self.entries.push(entry);
        self.entries.len() - 1
    }

    fn hash(&self, key: &[u8]) -> u64 {
        self.hasher.hash_one(key)
    }
}

/// Tables of large facts share them with the copies that views are made from: a copy is then a count for each row, and a row is only
/// copied when it changes while a view looks at it.
impl<F: Clone> Table<Arc<F>> {
    /// The facts at a position that a [`Slot`] told, to be changed.
    pub(super) fn at_mut(&mut self, position: usize) -> &mut F {
        Arc::make_mut(self.at(position))
    }
}

/// Where a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// At this position, for these label values alone.
    Own(usize),
    /// At this position, which is that of the overflow row.
    Shared(usize),
}

impl Slot {
    /// The position.
    #[must_use]
    pub(super) const fn position(self) -> usize {
        match self {
            Self::Own(position) | Self::Shared(position) => position,
        }
    }
}

enum Place {
    At(usize),
    New(u64),
    Full,
}

/// Two values that look alike once cleaned are one series.
fn key_of(values: &[&str]) -> Key {
    let mut key = Key::new();
    for value in values {
        key.extend_from_slice(clean(value).as_bytes());
        key.push(END);
    }
    key
}

#[cfg(test)]
#[path = "table/tests.rs"]
mod tests;
