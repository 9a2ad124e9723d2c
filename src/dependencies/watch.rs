//! Checks a dependency on its own clock.

use std::time::{Duration, SystemTime};

use tokio::time::{Instant, MissedTickBehavior};

use super::Check;
use crate::event::Timestamp;
use crate::redact::redact_message;

/// What one check found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// When the answer was there, or patience was over.
    pub at: Timestamp,
    /// How long it took.
    pub latency: Duration,
    /// Why the dependency counts as not there, in words without secrets.
    pub result: Result<(), String>,
}

/// Checks at once and then once per interval, for ever. A check that takes longer than the interval delays the next.
pub async fn watch(mut check: Check, interval: Duration, timeout: Duration, report: impl Fn(Checked)) {
    // A clock without an interval panics.
    let mut clock = tokio::time::interval(interval.max(Duration::from_millis(1)));
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        report(check.timed(timeout).await);
    }
}

impl Check {
    /// Checks once, takes the time, and puts what went wrong into words.
    pub async fn timed(&mut self, timeout: Duration) -> Checked {
        let begin = Instant::now();
        let result = self.check(timeout).await;
        let latency = begin.elapsed();
        let result = result.map_err(|error| redact_message(&error.to_string()));
        Checked { at: SystemTime::now().into(), latency, result }
    }
}
