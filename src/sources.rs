//! Where events come from, pushed or read, and who may spend how much: one module for each source, which alone knows its wire format.

pub mod litellm;
pub mod litellm_budgets;
pub mod litellm_spend_logs;
