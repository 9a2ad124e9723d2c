//! Points in time, to the microsecond.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Microseconds since the Unix epoch: exact to compare, small to store, the precision that gateways send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// 9999-12-31: nothing a gateway sends in good faith is later, and no arithmetic near it can overflow.
const LATEST_SECONDS: f64 = 253_402_300_799.0;

impl Timestamp {
    /// From whole microseconds since the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From seconds since the epoch; `None` when they are not finite, negative or after the year 9999.
    #[must_use]
    pub fn from_secs_f64(seconds: f64) -> Option<Self> {
        if !(0.0..=LATEST_SECONDS).contains(&seconds) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked above")]
        let micros = (seconds * 1e6).round() as i64;
        Some(Self(micros))
    }

    /// Seconds since the epoch, as Prometheus writes them.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The moment so long before; the first that there is where that is before all.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(micros(by)))
    }

    /// The moment so long after; the last that there is where that is after all.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(micros(by)))
    }

    /// How far apart this and another moment are, whichever is first.
    #[must_use]
    pub const fn distance(self, other: Self) -> Duration {
        Duration::from_micros(self.0.abs_diff(other.0))
    }

    /// The time that passed since `earlier`; `None` when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Option<Duration> {
        let micros = self.0.checked_sub(earlier.0)?;
        u64::try_from(micros).ok().map(Duration::from_micros)
    }

    /// Whether more than `age` has passed since this moment.
    #[must_use]
    pub fn is_older_than(self, age: Duration, now: Self) -> bool {
        now.since(self).is_some_and(|passed| passed > age)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl From<Timestamp> for SystemTime {
    fn from(at: Timestamp) -> Self {
        let distance = Duration::from_micros(at.0.unsigned_abs());
        if at.0 < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }
}

/// What jiff has no moment for, before the year -9999 or after 9999, is the epoch.
impl From<Timestamp> for jiff::Timestamp {
    fn from(at: Timestamp) -> Self {
        Self::from_microsecond(at.0).unwrap_or_default()
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(at: jiff::Timestamp) -> Self {
        Self(at.as_microsecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_moved_and_end_where_time_does() {
        let (hour, at) = (Duration::from_hours(1), Timestamp::from_micros(5_000_000));
        assert_eq!(at.plus(hour).minus(hour), at);
        assert_eq!((at.distance(at.minus(hour)), at.minus(hour).distance(at)), (hour, hour));
        assert_eq!(Timestamp::from_micros(i64::MIN).minus(hour).as_micros(), i64::MIN);
        assert_eq!(at.plus(Duration::MAX).as_micros(), i64::MAX);
    }
}
