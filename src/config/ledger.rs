//! The section `ledger`: what was counted, compared with what the gateway booked.

use std::time::Duration;

/// How what was counted is compared with the gateway's spend log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// Whether it is, where the gateway's database is known.
    pub enabled: bool,
    /// How often.
    pub interval: Duration,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { enabled: true, interval: Duration::from_mins(5) }
    }
}
