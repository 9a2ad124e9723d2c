//! What is yet to be committed, merged: as much as there is to say, however often a commit fails in between.

use std::collections::BTreeMap;

use super::store::Change;
use super::{Space, Write};

/// Changes that are yet to be committed, the later ones over the earlier.
///
/// Of a key only the last word is kept, so this is bounded by what is live, and by the keys that were deleted one by one since
/// the last commit: whether the store has them is not known here.
#[derive(Debug, Default)]
pub(super) struct Pending {
    spaces: [PendingSpace; Space::ALL.len()],
}

/// What is first deleted in a space, and then written.
#[derive(Debug, Default)]
struct PendingSpace {
    /// Every smaller key goes first.
    below: Option<Vec<u8>>,
    /// The last word on each key; `None` deletes it.
    keys: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Pending {
    /// Adds a later change.
    pub(super) fn add(&mut self, write: Write) {
        match write {
            Write::Put { space, key, value } => self.space(space).put(key, value),
            Write::Delete { space, key } => self.space(space).delete(key),
            Write::DeleteBelow { space, key } => self.space(space).delete_below(key),
        }
    }

    /// How many changes these are.
    pub(super) fn len(&self) -> usize {
        self.spaces.iter().map(|space| space.keys.len() + usize::from(space.below.is_some())).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn clear(&mut self) {
        self.spaces = Default::default();
    }

    /// The changes, in an order that comes to the same as that in which they were made.
    pub(super) fn changes(&self) -> impl Iterator<Item = (Space, Change<'_>)> {
        Space::ALL.into_iter().zip(&self.spaces).flat_map(|(space, pending)| {
            let below = pending.below.iter().map(|key| Change::DeleteBelow(key));
            let keys = pending.keys.iter().map(|(key, value)| match value {
                Some(value) => Change::Put(key, value),
                None => Change::Delete(key),
            });
            below.chain(keys).map(move |change| (space, change))
        })
    }

    fn space(&mut self, space: Space) -> &mut PendingSpace {
        &mut self.spaces[space.index()]
    }
}

impl PendingSpace {
    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.keys.insert(key, Some(value));
    }

    fn delete(&mut self, key: Vec<u8>) {
        if self.below.as_ref().is_some_and(|below| key < *below) {
            // What the store has of it goes with all that is below.
            self.keys.remove(&key);
        } else {
            self.keys.insert(key, None);
        }
    }

    fn delete_below(&mut self, key: Vec<u8>) {
        self.keys = self.keys.split_off(&key);
        if self.below.as_ref().is_none_or(|below| *below < key) {
            self.below = Some(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(writes: impl IntoIterator<Item = Write>) -> Vec<String> {
        let mut pending = Pending::default();
        writes.into_iter().for_each(|write| pending.add(write));
        let shown: Vec<_> = pending.changes().map(|(space, change)| format!("{space:?} {change:?}")).collect();
        assert_eq!((shown.len(), shown.is_empty()), (pending.len(), pending.is_empty()));
        shown
    }

    fn put(key: u8, value: u8) -> Write {
        Write::Put { space: Space::Window, key: vec![key], value: vec![value] }
    }

    fn delete(key: u8) -> Write {
        Write::Delete { space: Space::Window, key: vec![key] }
    }

    fn delete_below(key: u8) -> Write {
        Write::DeleteBelow { space: Space::Window, key: vec![key] }
    }

    #[test]
    fn of_a_key_the_last_word_counts() {
        assert_eq!(merged([put(1, 1), put(1, 2)]), ["Window Put([1], [2])"]);
        assert_eq!(merged([put(1, 1), delete(1)]), ["Window Delete([1])"]);
        assert_eq!(merged([delete(1), put(1, 3)]), ["Window Put([1], [3])"]);
    }

    #[test]
    fn what_is_deleted_below_a_key_is_not_written_first() {
        assert_eq!(
            merged([put(1, 1), put(2, 2), delete_below(2)]),
            ["Window DeleteBelow([2])", "Window Put([2], [2])"]
        );
        assert_eq!(merged([delete_below(9), delete_below(2)]), ["Window DeleteBelow([9])"]);
        assert_eq!(merged([delete_below(9), put(3, 3), delete(3)]), ["Window DeleteBelow([9])"]);
    }

    #[test]
    fn what_is_written_after_a_deletion_stays() {
        assert_eq!(merged([delete_below(9), put(3, 3)]), ["Window DeleteBelow([9])", "Window Put([3], [3])"]);
        assert_eq!(merged([delete_below(9), put(3, 3), delete_below(4)]), ["Window DeleteBelow([9])"]);
    }

    #[test]
    fn spaces_have_nothing_to_do_with_each_other() {
        let row = Write::Put { space: Space::Rows, key: vec![1], value: vec![1] };
        assert_eq!(merged([put(1, 2), row, delete_below(5)]), ["Rows Put([1], [1])", "Window DeleteBelow([5])"]);
    }

    #[test]
    fn a_window_that_moves_on_while_nothing_is_committed_does_not_grow() {
        let mut pending = Pending::default();
        for event in 0..1_000_u64 {
            pending.add(Write::Put { space: Space::Window, key: event.to_be_bytes().to_vec(), value: vec![] });
            let oldest = event.saturating_sub(9).to_be_bytes().to_vec();
            pending.add(Write::DeleteBelow { space: Space::Window, key: oldest });
        }
        assert_eq!(pending.len(), 11, "ten events, and one deletion");
        pending.clear();
        assert!(pending.is_empty());
    }
}
