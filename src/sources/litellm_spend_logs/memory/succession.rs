//! What a replica takes over from the one that read before it, and what it finds that it claimed itself.

use std::collections::HashSet;

use super::{MOST_ROWS, Memory, Progress, Seen};
use crate::event::{RowMark, Timestamp};
use crate::handover::{Claimed, Start};

impl Memory {
    /// Goes on as a replica that takes over at this moment, and returns which rows it did not know that were claimed.
    ///
    /// These are remembered as seen, and are to be kept as such although they count nothing here: the next time this replica leads
    /// the share may have been lost, and then what it kept itself is all that keeps it from counting them.
    pub(in crate::sources::litellm_spend_logs) fn take_over(
        &mut self,
        start: Start,
        claimed: &Claimed,
        at: Timestamp,
    ) -> Vec<RowMark> {
        // First: what it has counted it knows by what it remembers itself.
        self.note_due(claimed);
        match start {
            _ if self.begins_now => {}
            Start::Own => {}
            Start::Shared(json) => match serde_json::from_str::<Progress>(&json) {
                Ok(progress) => self.adopt(progress.taken_over(at)),
                Err(error) => {
                    tracing::error!(%error, "how far another replica read the spend log can't be understood: it is read from now on");
                    self.begin_now(at);
                }
            },
            Start::Now => self.begin_now(at),
        }
        self.remember_claimed(claimed)
    }

    /// Notes which rows this replica claimed and did not count.
    pub(in crate::sources::litellm_spend_logs) fn note_due(&mut self, claimed: &Claimed) {
        let seen = self.seen.lock();
        let remembers_from = seen.from().min(self.behind());
        self.due = claimed.uncounted(remembers_from, |mark| seen.contains(*mark));
    }

    /// Those of them that are still not counted.
    pub(in crate::sources::litellm_spend_logs) fn due(&mut self) -> &[RowMark] {
        let seen = self.seen.lock();
        self.due.retain(|mark| !seen.contains(*mark));
        &self.due
    }

    /// Those of them that could be found are counted; the others were deleted.
    pub(in crate::sources::litellm_spend_logs) fn note_none_due(&mut self) {
        self.due.clear();
    }

    /// The rows it knows that nobody has claimed, as far back as they must be known.
    pub(in crate::sources::litellm_spend_logs) fn unclaimed(&self, claimed: &Claimed) -> Vec<RowMark> {
        let rows_from = self.rows_from();
        claimed.unclaimed(self.seen.lock().since(rows_from))
    }

    fn adopt(&mut self, progress: Progress) {
        let before = std::mem::replace(&mut *self.seen.lock(), Seen::new(progress.remembered_from, MOST_ROWS));
        self.progress = progress;
        self.sweep_at = i64::MIN;
        before.since(self.rows_from()).for_each(|mark| self.remember(mark));
    }

    fn begin_now(&mut self, at: Timestamp) {
        self.progress = Progress::unknown(at);
        self.begins_now = true;
    }

    fn remember_claimed(&mut self, claimed: &Claimed) -> Vec<RowMark> {
        let (rows_from, due) = (self.rows_from(), self.due.iter().collect::<HashSet<_>>());
        let is_unknown =
            |mark: &RowMark| mark.minute >= rows_from && !due.contains(mark) && !self.seen.lock().contains(*mark);
        let both = claimed.others.iter().chain(&claimed.own);
        let unknown: Vec<RowMark> = both.copied().filter(is_unknown).collect();
        unknown.iter().for_each(|mark| self.remember(*mark));
        unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, SpendLogs};
    use crate::sources::litellm_spend_logs::Restored;
    use crate::sources::litellm_spend_logs::pace::Pace;
    use crate::sources::litellm_spend_logs::place::Place;

    fn at(minute: i64) -> Timestamp {
        RowMark::beginning_of(minute)
    }

    /// One that has read until this minute, by its own word.
    fn progress_until(minute: i64) -> String {
        let pace = Pace::of(&SpendLogs::default());
        let mut memory = Memory::new(Restored::default());
        memory.begin(config::Start::At(at(100)), at(minute), &pace);
        memory.advance(Place::before(at(minute)));
        serde_json::to_string(&memory.progress).expect("JSON")
    }

    #[test]
    fn who_takes_over_goes_on_where_the_other_one_stopped_and_counts_what_it_had_claimed_itself() {
        let mark = |id| RowMark { minute: 5_000, id };
        let (counted, due, of_other) = (mark(1), mark(2), mark(3));
        let mut memory = Memory::new(Restored { rows: vec![counted], ..Restored::default() });
        let claimed = Claimed { own: vec![counted, due], others: vec![of_other] };
        let shared = Start::Shared(progress_until(5_001));
        let unknown = memory.take_over(shared, &claimed, at(6_000));
        assert_eq!(unknown, [of_other], "to be kept as well");
        assert_eq!(memory.due(), [due]);
        assert!(memory.is_new(due, at(5_000)), "it is still to be counted");
        assert!(!memory.is_new(counted, at(5_000)) && !memory.is_new(of_other, at(5_000)));
        assert_eq!(memory.progress.cursor(), Some(&Place::before(at(5_001))));
        assert_eq!(memory.progress.alone_since(), at(6_000));
        memory.remember(due);
        assert!(memory.due().is_empty());
        assert_eq!(memory.unclaimed(&claimed), []);
        assert_eq!(memory.unclaimed(&Claimed { own: vec![counted, due], others: Vec::new() }), [of_other]);
    }

    #[test]
    fn who_goes_on_by_itself_has_been_alone_since_before() {
        let mut memory = Memory::new(Restored { progress: Some(progress_until(5_001)), ..Restored::default() });
        memory.take_over(Start::Own, &Claimed::default(), at(6_000));
        assert_eq!(memory.progress.alone_since(), Timestamp::default());
        assert_eq!(memory.progress.cursor(), Some(&Place::before(at(5_001))));
    }

    #[test]
    fn what_is_not_known_of_others_is_begun_with_the_present_whatever_the_configuration_says() {
        let pace = Pace::of(&SpendLogs::default());
        for start in [Start::Now, Start::Shared("{not ours".to_owned())] {
            let mut memory = Memory::new(Restored { progress: Some(progress_until(5_001)), ..Restored::default() });
            memory.take_over(start, &Claimed::default(), at(6_000));
            // The database could not be read, and it is its turn once more.
            memory.take_over(Start::Own, &Claimed::default(), at(6_001));
            assert_eq!(memory.progress.cursor(), None);
            memory.begin(config::Start::Beginning, at(6_002), &pace);
            assert_eq!(memory.progress.start(), at(6_002));
        }
    }
}
