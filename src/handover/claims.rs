//! What the holder has claimed so far, as the share should hold it: to be told again where that failed or was forgotten.
//!
//! It is kept packed, about nine bytes a row, and only for the minutes that are read again.

use super::chunk::{Chunk, MOST_MARKS};
use crate::event::RowMark;
use crate::replicas::ReplicaId;

/// The claims of the look-back window, by whomever, and which of them the share has.
#[derive(Debug, Default)]
pub(super) struct Claims {
    kept: Vec<Kept>,
    numbers: u64,
}

#[derive(Debug)]
struct Kept {
    chunk: Chunk,
    is_shared: bool,
}

impl Claims {
    /// Those that were found in the share.
    pub(super) fn found(chunks: Vec<Chunk>) -> Self {
        Self { kept: chunks.into_iter().map(|chunk| Kept { chunk, is_shared: true }).collect(), numbers: 0 }
    }

    /// Keeps the last claim of that epoch for as long as one of this minute, however old its rows are. Whoever made it may have ended
    /// before it counted them, and is to find them when it is there again; of the earlier ones it counted all.
    pub(super) fn keep_last(&mut self, epoch: u64, minute: i64) {
        let of_epoch = self.kept.iter_mut().filter(|kept| kept.chunk.epoch == epoch);
        if let Some(last) = of_epoch.max_by_key(|kept| kept.chunk.number)
            && last.chunk.newest < minute
        {
            last.chunk.newest = minute;
            last.is_shared = false;
        }
    }

    /// Adds those that were found later.
    pub(super) fn add_found(&mut self, chunks: Vec<Chunk>) {
        self.kept.extend(Self::found(chunks).kept);
    }

    /// Adds these rows, which are still to be told.
    pub(super) fn add(&mut self, owner: &ReplicaId, epoch: u64, marks: &[RowMark]) {
        for marks in marks.chunks(MOST_MARKS) {
            self.numbers += 1;
            let chunk = Chunk::new(owner, epoch, self.numbers, marks);
            self.kept.extend(chunk.map(|chunk| Kept { chunk, is_shared: false }));
        }
    }

    /// Drops what is not read again: chunks whose newest minute is before this one.
    pub(super) fn prune(&mut self, rows_from: i64) {
        self.kept.retain(|kept| kept.chunk.newest >= rows_from);
    }

    /// The first few that the share does not have, from the oldest on.
    pub(super) fn untold(&self, most: usize) -> Vec<&Chunk> {
        self.kept.iter().filter(|kept| !kept.is_shared).map(|kept| &kept.chunk).take(most).collect()
    }

    /// How many the share has.
    pub(super) fn told(&self) -> usize {
        self.kept.iter().filter(|kept| kept.is_shared).count()
    }

    /// The first few that the share did not have are there now.
    pub(super) fn note_told(&mut self, count: usize) {
        self.kept.iter_mut().filter(|kept| !kept.is_shared).take(count).for_each(|kept| kept.is_shared = true);
    }

    /// The share has forgotten what it had.
    pub(super) fn note_forgotten(&mut self) {
        self.kept.iter_mut().for_each(|kept| kept.is_shared = false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(minute: i64, count: u64) -> Vec<RowMark> {
        (0..count).map(|id| RowMark { minute, id }).collect()
    }

    #[test]
    fn the_last_claim_of_an_epoch_is_told_again_and_outlives_its_minute() {
        let owner = ReplicaId::of_this_process();
        let mut claims = Claims::default();
        (0..3).for_each(|minute| claims.add(&owner, 1, &marks(minute, 1)));
        claims.add(&owner, 2, &marks(3, 1));
        claims.note_told(4);
        claims.keep_last(1, 1_000);
        claims.prune(100);
        assert_eq!(claims.untold(9).iter().map(|chunk| (chunk.number, chunk.newest)).collect::<Vec<_>>(), [(3, 1_000)]);
        assert_eq!(claims.told(), 0);
    }

    #[test]
    fn claims_are_told_once_unless_they_were_forgotten_and_go_with_their_minutes() {
        let owner = ReplicaId::of_this_process();
        let mut claims = Claims::default();
        claims.add(&owner, 1, &marks(10, 25_000));
        claims.add(&owner, 1, &marks(11, 1));
        assert_eq!(
            claims.untold(9).iter().map(|chunk| chunk.marks().len()).collect::<Vec<_>>(),
            [10_000, 10_000, 5_000, 1]
        );
        claims.note_told(3);
        assert_eq!((claims.told(), claims.untold(9).len()), (3, 1));
        claims.note_told(1);
        claims.note_forgotten();
        assert_eq!((claims.told(), claims.untold(2).len()), (0, 2), "no more than was asked for");
        claims.prune(11);
        assert_eq!(claims.untold(9).len(), 1);
    }
}
