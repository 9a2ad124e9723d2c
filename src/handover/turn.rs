//! What a replica is to do, and what it knows by then of the rows that were read before.

use std::collections::HashSet;

use super::chunk::Chunk;
use super::start::Start;
use crate::dependencies::database::DatabaseError;
use crate::event::RowMark;
use crate::replicas::ReplicaId;

/// What a replica is to do next.
#[derive(Debug)]
pub enum Turn {
    /// Another one reads. What this one claimed, it counts now unless it has counted it; then it comes again.
    Standby {
        /// The rows, or none where they can't be known yet.
        claimed: Claimed,
    },
    /// Nobody knows who reads; it comes again, and nothing is read meanwhile.
    Unknown {
        /// Why the database could not be asked.
        error: DatabaseError,
    },
    /// It reads.
    Lead(Takeover),
}

/// What a replica knows that takes over.
#[derive(Debug)]
pub struct Takeover {
    /// From where it reads.
    pub start: Start,
    /// The rows of the look-back window that were claimed: whoever did, they are not counted again.
    pub claimed: Claimed,
}

/// Rows that were claimed, which is to say that one replica counts or will count them.
#[derive(Debug, Default)]
pub struct Claimed {
    /// By this replica, in this life or an earlier one.
    pub own: Vec<RowMark>,
    /// By the others.
    pub others: Vec<RowMark>,
}

impl Claimed {
    pub(super) fn in_chunks(chunks: &[Chunk], replica: &ReplicaId) -> Self {
        let mut claimed = Self::default();
        for chunk in chunks {
            let marks = if chunk.owner == *replica { &mut claimed.own } else { &mut claimed.others };
            marks.extend(chunk.marks());
        }
        claimed
    }

    /// Which of the rows that this replica remembers to have counted nobody has claimed: it counted them while the share was away, and
    /// ended before it could tell. To be [admitted](super::Lead::admit) first, so that whoever comes next knows.
    #[must_use]
    pub fn unclaimed(&self, counted: impl IntoIterator<Item = RowMark>) -> Vec<RowMark> {
        let claimed: HashSet<&RowMark> = self.own.iter().chain(&self.others).collect();
        counted.into_iter().filter(|mark| !claimed.contains(mark)).collect()
    }

    /// Which rows this replica claimed and never counted: it ended in between, and nobody else will count them. It tells what it
    /// has counted; of minutes before `remembers_from`, which it may have forgotten, it counted all.
    pub fn uncounted(&self, remembers_from: i64, has_counted: impl Fn(&RowMark) -> bool) -> Vec<RowMark> {
        let is_due = |mark: &&RowMark| mark.minute >= remembers_from && !has_counted(mark);
        self.own.iter().filter(is_due).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_claimed_and_not_counted_is_due_as_far_back_as_is_remembered() {
        let mark = |minute| RowMark { minute, id: 1 };
        let claimed = Claimed { own: vec![mark(9), mark(10), mark(11)], others: vec![mark(12)] };
        assert_eq!(claimed.uncounted(10, |other| *other == mark(11)), [mark(10)]);
    }

    #[test]
    fn what_was_counted_and_not_claimed_is_to_be_claimed() {
        let mark = |id| RowMark { minute: 1, id };
        let claimed = Claimed { own: vec![mark(1)], others: vec![mark(2)] };
        assert_eq!(claimed.unclaimed([mark(1), mark(2), mark(3)]), [mark(3)]);
    }
}
