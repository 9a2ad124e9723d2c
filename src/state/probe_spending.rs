//! What billed probes of this exporter have cost today: a restart must not begin a new budget.

use serde::{Deserialize, Serialize};

use crate::event::{Usd, UtcDay};

/// What billed probes have cost on one day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProbeSpending {
    /// Days since 1970-01-01.
    day: i64,
    spent: Usd,
}

impl ProbeSpending {
    /// The day of which it tells.
    #[must_use]
    pub const fn day(self) -> UtcDay {
        UtcDay::from_number(self.day)
    }

    /// What was spent on it.
    #[must_use]
    pub const fn spent(self) -> Usd {
        self.spent
    }

    /// A clock that goes back begins no new day.
    pub(super) fn add(&mut self, day: UtcDay, cost: Usd) {
        if day > self.day() {
            *self = Self { day: day.number(), spent: Usd::ZERO };
        }
        self.spent += cost;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_day_begins_at_nothing_and_an_old_one_does_not_come_again() {
        let (mut spending, cent) = (ProbeSpending::default(), Usd::from_f64(0.01).expect("an amount"));
        for (day, total) in [(5, 1), (5, 2), (6, 1), (5, 2)] {
            spending.add(UtcDay::from_number(day), cent);
            assert_eq!(spending.spent().as_picos(), total * cent.as_picos(), "day {day}");
        }
        assert_eq!(spending.day(), UtcDay::from_number(6));
    }
}
