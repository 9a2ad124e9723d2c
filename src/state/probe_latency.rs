//! How long probes took.

use std::sync::LazyLock;

use super::Histogram;
use super::histogram::{Bounds, TIME_TO_FIRST_TOKEN};
use crate::event::ProbeOutcome;

/// The label names of the table.
pub(super) const LABELS: [&str; 3] = ["model", "provider", "level"];

/// From a connection in the same rack to the longest timeout that anybody sets.
pub static PROBE_DURATION: LazyLock<Bounds> =
    LazyLock::new(|| Bounds::new(&[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0]));

/// Latencies of the probes of one model at one provider and level.
#[derive(Debug, Clone, Default)]
pub struct ProbeLatency {
    /// From the beginning to the answer or the failure.
    pub duration: Histogram,
    /// To the first token, where there was one.
    pub time_to_first_token: Histogram,
}

impl ProbeLatency {
    pub(super) fn record(&mut self, outcome: &ProbeOutcome) {
        self.duration.observe(&PROBE_DURATION, outcome.duration, None);
        if let Some(waited) = outcome.time_to_first_token {
            self.time_to_first_token.observe(&TIME_TO_FIRST_TOKEN, waited, None);
        }
    }
}
