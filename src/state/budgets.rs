//! Budgets as last told.

use crate::event::{Budget, Timestamp, Usd};

/// The label names of the budgets table.
pub(super) const LABELS: [&str; 3] = ["scope", "id", "alias"];

/// A budget as of the latest request that it paid for.
#[derive(Debug, Clone, Copy, Default)]
pub struct BudgetFacts {
    /// The limit.
    pub limit: Usd,
    /// What is spent of it.
    pub spent: Usd,
    /// When spending starts again at nothing.
    pub resets_at: Option<Timestamp>,
    told_at: Timestamp,
}

impl BudgetFacts {
    /// Takes over what a request says of its budget, unless a later request said it already.
    pub(super) fn update(&mut self, budget: &Budget<'_>, told_at: Timestamp) {
        if told_at < self.told_at {
            return;
        }
        *self = Self { limit: budget.limit, spent: budget.spent, resets_at: budget.resets_at, told_at };
    }
}
