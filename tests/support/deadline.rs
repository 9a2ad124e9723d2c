//! Waiting for a condition, never for a time: every wait of the tests ends as soon as its condition holds.

use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for something that takes well under a second on an idle machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Asks until `condition` gives a value, and returns it; `None` when `patience` is over.
pub(crate) fn poll<T>(patience: Duration, mut condition: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(value) = condition() {
            return Some(value);
        }
        if Instant::now() >= deadline {
            return None;
        }
        thread::sleep(POLL_INTERVAL);
    }
}
