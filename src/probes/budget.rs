//! What billed probes may cost in a day, and what they have cost. Pure: the callers bring the time.

use crate::event::{Timestamp, Usd, UtcDay};

/// The spending of one UTC day.
///
/// What a probe may cost is set aside before it is sent, so that probes under way at the same time can't spend more together than
/// there is. What is under way at midnight counts for the new day.
#[derive(Debug)]
pub struct Budget {
    limit: Usd,
    day: UtcDay,
    spent: Usd,
    under_way: Vec<UnderWay>,
    next_id: u64,
    /// Whether `spent` is all that was spent.
    is_known: bool,
}

/// What was set aside and is not settled.
#[derive(Debug)]
struct UnderWay {
    id: u64,
    since: UtcDay,
    amount: Usd,
}

/// Money set aside for one probe. It stays so until [`Budget::settle`], and where that never comes until the end of the next day.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "what is set aside and never settled can't be spent"]
pub struct Reservation(u64);

impl Budget {
    /// Nothing is spent yet.
    #[must_use]
    pub const fn new(limit: Usd, now: Timestamp) -> Self {
        Self { limit, day: UtcDay::of(now), spent: Usd::ZERO, under_way: Vec::new(), next_id: 0, is_known: true }
    }

    /// So much may be spent in a day from now on. What was spent and is set aside stays so.
    pub const fn set_limit(&mut self, limit: Usd) {
        self.limit = limit;
    }

    /// Sets aside what a probe costs at most; `None` when the day's budget has not that much left.
    pub fn reserve(&mut self, worst_case: Usd, now: Timestamp) -> Option<Reservation> {
        self.turn_to(UtcDay::of(now));
        if !self.is_known || self.spent + self.set_aside() + worst_case > self.limit {
            return None;
        }
        let id = self.next_id;
        self.next_id += 1;
        self.under_way.push(UnderWay { id, since: self.day, amount: worst_case });
        Some(Reservation(id))
    }

    /// Books what a probe really cost in place of what was set aside for it.
    pub fn settle(&mut self, reservation: Reservation, cost: Usd, now: Timestamp) {
        self.turn_to(UtcDay::of(now));
        self.under_way.retain(|under_way| under_way.id != reservation.0);
        self.spent += cost;
    }

    /// Takes over what was spent on that day by whoever probed before: a larger total counts, a day that is over doesn't.
    pub fn sync(&mut self, day: UtcDay, total: Usd) {
        self.is_known = true;
        self.turn_to(day);
        if day == self.day {
            self.spent = self.spent.max(total);
        }
    }

    /// Nothing more is set aside until [`sync`](Self::sync): others spend as well, and nobody says what.
    pub const fn suspend(&mut self) {
        self.is_known = false;
    }

    /// What was spent on the day of `now`.
    #[must_use]
    pub fn spent(&self, now: Timestamp) -> Usd {
        if UtcDay::of(now) > self.day { Usd::ZERO } else { self.spent }
    }

    /// What can still be set aside, to the nearest picodollar.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Usd {
        if !self.is_known {
            return Usd::ZERO;
        }
        let taken = self.spent(now) + self.set_aside();
        self.limit.saturating_sub(taken)
    }

    fn set_aside(&self) -> Usd {
        self.under_way.iter().map(|under_way| under_way.amount).sum()
    }

    /// A clock that goes back gives no second budget.
    fn turn_to(&mut self, day: UtcDay) {
        if day > self.day {
            self.under_way.retain(|under_way| under_way.since == self.day);
            self.day = day;
            self.spent = Usd::ZERO;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000_000;

    fn usd(amount: f64) -> Usd {
        Usd::from_f64(amount).expect("an amount")
    }

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    #[test]
    fn what_is_under_way_can_not_be_spent_twice() {
        let mut budget = Budget::new(usd(0.03), at(0));
        let one = budget.reserve(usd(0.01), at(0)).expect("a third");
        let _two = budget.reserve(usd(0.02), at(0)).expect("the rest, exactly");
        assert_eq!(budget.reserve(usd(0.000_001), at(0)), None);
        assert_eq!(budget.left(at(0)), Usd::ZERO);
        budget.settle(one, usd(0.002), at(1));
        assert_eq!(budget.spent(at(1)), usd(0.002));
        assert_eq!(budget.left(at(1)), usd(0.008));
        assert!(budget.reserve(usd(0.008), at(1)).is_some());
    }

    #[test]
    fn a_new_day_has_a_new_budget_and_what_is_under_way_counts_for_it() {
        let mut budget = Budget::new(usd(1.0), at(0));
        let first = budget.reserve(usd(0.5), at(0)).expect("half");
        let late = budget.reserve(usd(0.5), at(DAY - 1)).expect("the other half");
        budget.settle(first, usd(0.5), at(DAY - 1));
        assert_eq!(budget.spent(at(DAY)), Usd::ZERO);
        assert_eq!(budget.left(at(DAY)), usd(0.5));
        assert_eq!(budget.reserve(usd(0.6), at(DAY)), None);
        budget.settle(late, usd(0.4), at(DAY));
        assert_eq!(budget.spent(at(DAY)), usd(0.4));
    }

    #[test]
    fn what_is_never_settled_is_free_again_after_the_next_day() {
        let mut budget = Budget::new(usd(1.0), at(0));
        let _lost = budget.reserve(usd(1.0), at(0)).expect("all of it");
        assert_eq!(budget.reserve(usd(0.1), at(DAY)), None);
        assert!(budget.reserve(usd(1.0), at(2 * DAY)).is_some());
    }

    #[test]
    fn a_clock_that_goes_back_gives_no_second_budget() {
        let mut budget = Budget::new(usd(1.0), at(DAY));
        let all = budget.reserve(usd(1.0), at(DAY)).expect("all of it");
        budget.settle(all, usd(1.0), at(DAY));
        assert_eq!(budget.reserve(usd(0.1), at(0)), None);
        assert_eq!(budget.spent(at(0)), usd(1.0));
        assert_eq!(budget.reserve(usd(0.1), at(DAY)), None);
    }

    #[test]
    fn another_limit_changes_nothing_of_what_was_spent() {
        let mut budget = Budget::new(usd(1.0), at(0));
        let first = budget.reserve(usd(0.5), at(0)).expect("half");
        budget.set_limit(usd(0.4));
        assert_eq!((budget.left(at(0)), budget.reserve(usd(0.1), at(0))), (Usd::ZERO, None));
        budget.settle(first, usd(0.3), at(0));
        assert_eq!(budget.left(at(0)), usd(0.1));
        budget.set_limit(usd(2.0));
        assert_eq!((budget.spent(at(0)), budget.left(at(0))), (usd(0.3), usd(1.7)));
    }

    #[test]
    fn what_another_replica_has_spent_is_spent() {
        let mut budget = Budget::new(usd(1.0), at(DAY));
        budget.sync(UtcDay::of(at(DAY)), usd(0.9));
        assert_eq!(budget.reserve(usd(0.2), at(DAY)), None);
        budget.sync(UtcDay::of(at(DAY)), usd(0.1));
        assert_eq!(budget.spent(at(DAY)), usd(0.9), "a smaller total is an older one");
        budget.sync(UtcDay::of(at(0)), usd(5.0));
        assert_eq!(budget.spent(at(DAY)), usd(0.9), "yesterday is over");
        budget.sync(UtcDay::of(at(2 * DAY)), usd(0.3));
        assert_eq!(budget.spent(at(2 * DAY)), usd(0.3));
    }
}
