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
