//! What happened last, whatever order it is told in.

use super::Times;
use crate::event::Timestamp;

/// How many of the latest outcomes of a kind are remembered by their time.
pub(super) const REMEMBERED: usize = 16;

/// The failures since the latest success, and the successes since the latest failure.
///
/// Several workers of a gateway tell of their requests each in its own time, so that a success may be told after a failure that came
/// later. What is told late takes its place by its own time, as far as the times before it are remembered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Streak {
    last_success_at: Option<Timestamp>,
    last_failure_at: Option<Timestamp>,
    successes: Run,
    failures: Run,
}

/// Outcomes of one kind since the latest one of the other kind.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    count: u64,
    /// The times of the latest ones, in no order.
    recent: [Timestamp; REMEMBERED],
}

impl Streak {
    /// Adds a success. One at the very time of a failure counts as the later one.
    pub(super) fn add_success(&mut self, at: Timestamp) {
        if self.last_success_at < Some(at) {
            self.failures.keep(|failed_at| failed_at > at);
        }
        if self.last_failure_at <= Some(at) {
            self.successes.add(at);
        }
        self.last_success_at = self.last_success_at.max(Some(at));
    }

    /// Adds a failure.
    pub(super) fn add_failure(&mut self, at: Timestamp) {
        if self.last_failure_at < Some(at) {
            self.successes.keep(|served_at| served_at >= at);
        }
        if self.last_success_at < Some(at) {
            self.failures.add(at);
        }
        self.last_failure_at = self.last_failure_at.max(Some(at));
    }

    /// Adds successes that another replica tells of. Those whose time it does not tell count where all of them belong to the row.
    pub(super) fn add_successes(&mut self, told: &Times) {
        told.latest.iter().for_each(|at| self.add_success(*at));
        if told.since.is_some() && self.last_failure_at <= told.since {
            self.successes.count = self.successes.count.saturating_add(told.earlier);
        }
    }

    /// Adds failures in the same way.
    pub(super) fn add_failures(&mut self, told: &Times) {
        told.latest.iter().for_each(|at| self.add_failure(*at));
        if told.since.is_some() && self.last_success_at < told.since {
            self.failures.count = self.failures.count.saturating_add(told.earlier);
        }
    }

    /// Dates nothing later than `now`.
    pub(super) fn not_after(&mut self, now: Timestamp) {
        let Self { last_success_at, last_failure_at, successes, failures } = self;
        for at in [last_success_at, last_failure_at].into_iter().flatten() {
            *at = now.min(*at);
        }
        for at in successes.recent.iter_mut().chain(&mut failures.recent) {
            *at = now.min(*at);
        }
    }

    /// The latest success.
    #[must_use]
    pub const fn last_success_at(&self) -> Option<Timestamp> {
        self.last_success_at
    }

    /// The latest failure.
    #[must_use]
    pub const fn last_failure_at(&self) -> Option<Timestamp> {
        self.last_failure_at
    }

    /// Successes since the latest failure.
    #[must_use]
    pub const fn successes(&self) -> u64 {
        self.successes.count
    }

    /// Failures since the latest success.
    #[must_use]
    pub const fn failures(&self) -> u64 {
        self.failures.count
    }
}

impl Run {
    fn add(&mut self, at: Timestamp) {
        self.count = self.count.saturating_add(1);
        if let Some(earliest) = self.recent.iter_mut().min()
            && *earliest < at
        {
            *earliest = at;
        }
    }

    /// Only those with these times still belong to it. Where all that is remembered does, so may what is not.
    fn keep(&mut self, still_belongs: impl Fn(Timestamp) -> bool) {
        let left = self.recent.iter().filter(|at| still_belongs(**at)).count();
        if left < REMEMBERED {
            self.count = self.count.min(left as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a streak says of outcomes told in this order: failures and successes in a row.
    fn told(outcomes: &[(i64, bool)]) -> (u64, u64) {
        let mut streak = Streak::default();
        for (at, is_success) in outcomes {
            let at = Timestamp::from_micros(*at);
            if *is_success { streak.add_success(at) } else { streak.add_failure(at) }
        }
        (streak.failures(), streak.successes())
    }

    /// The same by definition: how many stand at the end, ordered by time.
    fn counted(outcomes: &[(i64, bool)]) -> (u64, u64) {
        let mut ordered = outcomes.to_vec();
        ordered.sort_unstable();
        let run_of = |kind: bool| ordered.iter().rev().take_while(|(_, is_success)| *is_success == kind).count() as u64;
        (run_of(false), run_of(true))
    }

    proptest! {
        #[test]
        fn the_order_of_telling_does_not_matter(outcomes in proptest::collection::vec((1_i64..40, any::<bool>()), 0..REMEMBERED)) {
            prop_assert_eq!(told(&outcomes), counted(&outcomes));
        }

        #[test]
        fn in_order_any_number_is_counted(outcomes in proptest::collection::vec(any::<bool>(), 0..200)) {
            let outcomes: Vec<(i64, bool)> = (1..).zip(outcomes).collect();
            prop_assert_eq!(told(&outcomes), counted(&outcomes));
        }
    }

    #[test]
    fn a_success_far_back_does_not_end_a_row_that_is_longer_than_what_is_remembered() {
        let mut outcomes: Vec<(i64, bool)> = (10..110).map(|at| (at, false)).collect();
        outcomes.push((5, true));
        assert_eq!(told(&outcomes), (100, 0));
        outcomes.push((107, true));
        assert_eq!(told(&outcomes), (2, 0));
    }

    #[test]
    fn what_is_told_late_pushes_nothing_newer_out_of_memory() {
        let newer = (101..121).map(|at| (at, false));
        let late = (60..76).map(|at| (at, false));
        let outcomes: Vec<(i64, bool)> = newer.chain(late).chain([(90, true)]).collect();
        assert!(told(&outcomes).0 >= 20, "{:?}", told(&outcomes));
    }
}
