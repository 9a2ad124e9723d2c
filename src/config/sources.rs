//! The section `sources`: what is read of the gateway besides the events that it pushes.

use std::time::Duration;

/// What is read of the gateway besides the events that it pushes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sources {
    /// Budgets and names in LiteLLM's database.
    pub litellm_budgets: LitellmBudgets,
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
