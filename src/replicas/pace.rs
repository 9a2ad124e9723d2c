//! When Redis is asked again who leads.

use std::time::{Duration, Instant};

use super::replica_id::random;

/// Followers spread their attempts over this part of the interval, so that they don't come all at once.
const JITTER: u32 = 4;

/// When Redis is asked again who leads: once in a third of a lease time at most, whatever came of it.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    next: Instant,
}

impl Pace {
    /// Asks at once, and then not again within `interval`.
    pub(super) fn new(interval: Duration, now: Instant) -> Self {
        Self { interval, next: now }
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        now >= self.next
    }

    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// The leader renews in time.
    pub(super) fn renew_later(&mut self, now: Instant) {
        self.next = now + self.interval;
    }

    /// Everybody else tries again some time later.
    pub(super) fn try_later(&mut self, now: Instant) {
        self.next = now + self.interval + jitter(self.interval / JITTER, random());
    }
}

/// A part of `most`, spread evenly by a random number.
fn jitter(most: Duration, random: u64) -> Duration {
    let micros = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(random % micros.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(5);

    #[test]
    fn an_attempt_is_due_at_once_and_then_not_within_the_interval() {
        let now = Instant::now();
        let mut pace = Pace::new(INTERVAL, now);
        assert!(pace.is_due(now));
        for _ in 0..100 {
            pace.try_later(now);
            assert!(!pace.is_due(now + INTERVAL - Duration::from_millis(1)));
            assert!(pace.is_due(now + INTERVAL + INTERVAL / JITTER), "and due soon after");
        }
    }

    #[test]
    fn the_leader_is_never_late_by_jitter() {
        let now = Instant::now();
        let mut pace = Pace::new(INTERVAL, now);
        pace.renew_later(now);
        assert!(pace.is_due(now + INTERVAL));
    }

    #[test]
    fn no_interval_is_no_division_by_zero() {
        assert_eq!(jitter(Duration::ZERO, 7), Duration::ZERO);
    }
}
