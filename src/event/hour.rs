//! Hours.

use std::fmt;

use super::{Timestamp, UtcDay};

const MICROS_PER_HOUR: i64 = 3_600_000_000;
const HOURS_PER_DAY: i64 = 24;

/// An hour in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcHour(i64);

impl UtcHour {
    /// The hour of this moment.
    #[must_use]
    pub const fn of(at: Timestamp) -> Self {
        Self(at.as_micros().div_euclid(MICROS_PER_HOUR))
    }

    /// The first hour that begins at this moment or after it.
    #[must_use]
    pub const fn at_or_after(at: Timestamp) -> Self {
        let hour = Self::of(at);
        if at.as_micros() == hour.beginning().as_micros() { hour } else { hour.plus(1) }
    }

    /// From the hours since 1970-01-01.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// The hours since 1970-01-01.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The hour so many hours later, or earlier.
    #[must_use]
    pub const fn plus(self, hours: i64) -> Self {
        Self(self.0.saturating_add(hours))
    }

    /// When it begins.
    #[must_use]
    pub const fn beginning(self) -> Timestamp {
        Timestamp::from_micros(self.0.saturating_mul(MICROS_PER_HOUR))
    }

    /// When it is over, which is when the next begins.
    #[must_use]
    pub const fn end(self) -> Timestamp {
        self.plus(1).beginning()
    }

    /// The first hour of a day.
    #[must_use]
    pub const fn first_of(day: UtcDay) -> Self {
        Self(day.number().saturating_mul(HOURS_PER_DAY))
    }

    /// The hours from this one to the one before `end`.
    pub fn until(self, end: Self) -> impl DoubleEndedIterator<Item = Self> {
        (self.0..end.0).map(Self)
    }
}

/// `2026-11-24T10:00:00Z`
impl fmt::Display for UtcHour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        jiff::Timestamp::from(self.beginning()).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_begin_on_the_hour_and_end_where_the_next_begins() {
        let ten = UtcHour::of(Timestamp::from_micros(1_795_514_400_000_000));
        assert_eq!(ten.beginning().as_micros(), 1_795_514_400_000_000);
        assert_eq!(ten.to_string(), "2026-11-24T10:00:00Z");
        assert_eq!(UtcHour::of(Timestamp::from_micros(1_795_514_399_999_999)), ten.plus(-1));
        assert_eq!(ten.end(), ten.plus(1).beginning());
        assert_eq!(UtcHour::at_or_after(ten.beginning()), ten);
        assert_eq!(UtcHour::at_or_after(Timestamp::from_micros(1_795_514_400_000_001)), ten.plus(1));
        assert_eq!(UtcHour::first_of(UtcDay::of(ten.beginning())), ten.plus(-10));
        assert_eq!(ten.until(ten.plus(2)).collect::<Vec<_>>(), [ten, ten.plus(1)]);
    }
}
