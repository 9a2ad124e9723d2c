//! The section `sources`: what is read of the gateway besides the events that it pushes; and the closed names its keys take.

use std::time::Duration;

use super::names::named;
use crate::event::Timestamp;

/// What is read of the gateway besides the events that it pushes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sources {
    /// Budgets and names in LiteLLM's database.
    pub litellm_budgets: LitellmBudgets,
    /// LiteLLM's spend log.
    pub litellm_spend_logs: SpendLogs,
}

/// How budgets and names are read from LiteLLM's database, where one is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LitellmBudgets {
    /// Whether they are.
    pub enabled: bool,
    /// How often.
    pub interval: Duration,
}

impl Default for LitellmBudgets {
    fn default() -> Self {
        Self { enabled: true, interval: Duration::from_mins(1) }
    }
}

/// How LiteLLM's spend log is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendLogs {
    /// Whether it is read, where there is a database.
    pub enabled: bool,
    /// What counts where nothing was read before.
    pub start: Start,
    /// How often it is asked for new rows.
    pub poll_interval: Duration,
    /// How long after it began a request's row may appear and be counted soon.
    pub lookback: Duration,
    /// How long after it began a request's row may appear and be counted at all. At least the `lookback`.
    pub sweep: Duration,
    /// Where it is left for the replica that takes over how far it was read.
    pub share: SpendLogShare,
}

impl Default for SpendLogs {
    fn default() -> Self {
        Self {
            enabled: true,
            start: Start::Now,
            poll_interval: Duration::from_secs(5),
            lookback: Duration::from_mins(30),
            sweep: Duration::from_hours(24),
            share: SpendLogShare::Auto,
        }
    }
}

/// Where replicas share how far they have read the spend log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SpendLogShare {
    /// In Redis where one is configured, and else nowhere.
    #[default]
    Auto,
    /// In a schema `llm_exporter` of the gateway's own database.
    Database,
    /// Nowhere.
    None,
}

named!(SpendLogShare: Auto = "auto", Database = "database", None = "none");

/// Where reading begins where nothing was read before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With requests that begin from now on.
    Now,
    /// With the oldest row.
    Beginning,
    /// With requests that began at this moment.
    At(Timestamp),
}
