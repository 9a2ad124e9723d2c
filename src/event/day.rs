//! Days.

use std::fmt;

use super::Timestamp;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcDay(i64);

impl UtcDay {
    /// The day of this moment.
    #[must_use]
    pub const fn of(now: Timestamp) -> Self {
        Self(now.as_micros().div_euclid(MICROS_PER_DAY))
    }

    /// From the days since 1970-01-01.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// The days since 1970-01-01.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

/// `2026-11-24`
impl fmt::Display for UtcDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.saturating_mul(MICROS_PER_DAY / 1_000_000);
        let midnight = jiff::Timestamp::from_second(seconds).unwrap_or_default();
        jiff::tz::TimeZone::UTC.to_datetime(midnight).date().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight_utc() {
        let midnight = 1_795_478_400_000_000;
        assert_eq!(UtcDay::of(Timestamp::from_micros(midnight)).to_string(), "2026-11-24");
        assert_eq!(UtcDay::of(Timestamp::from_micros(midnight - 1)).to_string(), "2026-11-23");
        assert_eq!(UtcDay::of(Timestamp::from_micros(i64::MAX)).to_string(), "1970-01-01", "no moment of this world");
    }
}
