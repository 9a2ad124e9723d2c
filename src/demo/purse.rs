//! What may be spent, what is, and when that begins anew.

use std::time::Duration;

use crate::event::Timestamp;

/// What somebody may spend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Allotment {
    pub(super) usd: f64,
    /// Periods follow one another from the epoch on.
    pub(super) period: Duration,
    /// The share of it that is used when the demo begins.
    pub(super) used: f64,
}

/// An allotment in use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Purse {
    allotment: Allotment,
    spent: f64,
    resets_at: Timestamp,
}

impl Purse {
    pub(super) fn new(allotment: Allotment, now: Timestamp) -> Self {
        Self { allotment, spent: allotment.usd * allotment.used, resets_at: next_period(allotment.period, now) }
    }

    /// Begins anew where its time has come.
    pub(super) fn tick(&mut self, now: Timestamp) {
        if now >= self.resets_at {
            self.spent = 0.0;
            self.resets_at = next_period(self.allotment.period, now);
        }
    }

    pub(super) fn spend(&mut self, usd: f64) {
        self.spent += usd;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.spent >= self.allotment.usd
    }

    pub(super) const fn limit(&self) -> f64 {
        self.allotment.usd
    }

    pub(super) const fn spent(&self) -> f64 {
        self.spent
    }

    pub(super) const fn resets_at(&self) -> Timestamp {
        self.resets_at
    }
}

/// The first end of a period after `now`.
fn next_period(period: Duration, now: Timestamp) -> Timestamp {
    let period = i64::try_from(period.as_micros()).unwrap_or(i64::MAX).max(1);
    let periods = now.as_micros().div_euclid(period).saturating_add(1);
    Timestamp::from_micros(periods.saturating_mul(period))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purse_is_used_up_and_filled_again_when_its_time_has_come() {
        let hour = Duration::from_hours(1);
        let start = Timestamp::from_micros(0).plus(Duration::from_mins(90));
        let mut purse = Purse::new(Allotment { usd: 10.0, period: hour, used: 0.5 }, start);
        assert_eq!((purse.spent(), purse.limit(), purse.is_empty()), (5.0, 10.0, false));
        assert_eq!(purse.resets_at(), Timestamp::from_micros(0).plus(2 * hour));
        purse.spend(5.0);
        purse.tick(start.plus(Duration::from_mins(29)));
        assert!(purse.is_empty());
        purse.tick(start.plus(Duration::from_mins(30)));
        assert_eq!((purse.spent(), purse.resets_at()), (0.0, Timestamp::from_micros(0).plus(3 * hour)));
    }
}
