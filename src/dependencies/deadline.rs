//! How much time is left of what one check may take, and how it is shared out.

use std::time::Duration;

use tokio::time::Instant;

/// The moment when patience ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    instant: Instant,
    patience: Duration,
}

impl Deadline {
    pub(super) fn after(patience: Duration) -> Self {
        Self { instant: Instant::now() + patience, patience }
    }

    /// How much there was at first.
    pub(super) fn patience(self) -> Duration {
        self.patience
    }

    pub(super) fn instant(self) -> Instant {
        self.instant
    }

    pub(super) fn is_over(self) -> bool {
        Instant::now() >= self.instant
    }

    /// What is left, shared out evenly: one that hangs leaves time for the others.
    pub(super) fn share(self, among: usize) -> Duration {
        let left = self.instant.saturating_duration_since(Instant::now());
        left / u32::try_from(among.max(1)).unwrap_or(u32::MAX)
    }
}

/// A duration for people: without the microseconds that went by before the clock was read.
pub(super) fn rounded(duration: Duration) -> Duration {
    const STEP: u128 = 10;
    let steps = (duration.as_millis() + STEP / 2) / STEP;
    Duration::from_millis(u64::try_from(steps * STEP).unwrap_or(u64::MAX))
}
