//! The section `probes`: what is asked of deployments, how often, and what it may cost.

use std::path::PathBuf;
use std::time::Duration;

use crate::event::Usd;

/// How deployments are probed.
#[derive(Debug, Clone, PartialEq)]
pub struct Probes {
    /// Whether they are probed at all.
    pub enabled: bool,
    /// How often each is, while it is well.
    pub interval: Duration,
    /// How long one probe may take.
    pub timeout: Duration,
    /// How many are under way at once.
    pub concurrency: usize,
    /// How soon a first failure, or a first success after an outage, is confirmed.
    pub confirm_after: Duration,
    /// The longest interval between probes of a deployment that is down. At most `health.stale_after`.
    pub max_backoff: Duration,
    /// Whether providers are asked for their list of models.
    pub models: bool,
    /// Certificates to trust besides those of the operating system when providers are reached.
    pub ca_file: Option<PathBuf>,
    /// Billed probes.
    pub completion: CompletionProbes,
}

/// Billed probes.
#[derive(Debug, Clone, PartialEq)]
pub struct CompletionProbes {
    /// Whether they are sent to every deployment that can take one.
    pub enabled: bool,
    /// What they may cost from midnight to midnight UTC, in USD, of all deployments together.
    pub daily_budget_usd: f64,
    /// The most tokens of one answer.
    pub max_tokens: u64,
    /// How often each deployment gets one at most. Between two, cheaper probes are sent.
    pub interval: Duration,
}

impl Default for Probes {
    fn default() -> Self {
        Self {
            enabled: true,
            interval: Duration::from_mins(1),
            timeout: Duration::from_secs(10),
            concurrency: 8,
            confirm_after: Duration::from_secs(5),
            max_backoff: Duration::from_mins(4),
            models: true,
            ca_file: None,
            completion: CompletionProbes::default(),
        }
    }
}

impl Default for CompletionProbes {
    fn default() -> Self {
        Self { enabled: false, daily_budget_usd: 0.0, max_tokens: 64, interval: Duration::from_mins(4) }
    }
}

impl CompletionProbes {
    /// The day's budget. Where it was read from a configuration it is an amount.
    #[must_use]
    pub fn daily_budget(&self) -> Usd {
        Usd::from_f64(self.daily_budget_usd).unwrap_or(Usd::ZERO)
    }
}
