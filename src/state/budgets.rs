//! Budgets as last told.

use std::sync::Arc;

use super::LabelSet;
use crate::event::{Budget, BudgetScope, Timestamp, Usd};

/// The label names of the budgets table. The alias is none of them: whoever is renamed is still the same.
pub(super) const LABELS: [&str; 2] = ["scope", "id"];

/// A budget as of the latest request that it paid for.
#[derive(Debug, Clone)]
pub struct BudgetFacts {
    /// The limit; `None` where there is none any more.
    pub limit: Option<Usd>,
    /// What is spent of it.
    pub spent: Usd,
    /// When spending starts again at nothing.
    pub resets_at: Option<Timestamp>,
    /// Scope, id and latest alias.
    pub labels: LabelSet,
    alias: Arc<str>,
    told_at: Timestamp,
}

impl BudgetFacts {
    /// As a request tells it.
    pub(super) fn new(budget: &Budget<'_>, told_at: Timestamp) -> Self {
        let Budget { scope, id, alias, limit, spent, resets_at } = budget;
        let labels = labels(*scope, id, alias);
        Self { limit: *limit, spent: *spent, resets_at: *resets_at, labels, alias: (&**alias).into(), told_at }
    }

    /// Takes over what a request says of its budget, unless a later request said it already.
    pub(super) fn update(&mut self, budget: &Budget<'_>, told_at: Timestamp) {
        if told_at < self.told_at {
            return;
        }
        if *self.alias != *budget.alias {
            *self = Self::new(budget, told_at);
            return;
        }
        (self.limit, self.spent, self.resets_at) = (budget.limit, budget.spent, budget.resets_at);
        self.told_at = told_at;
    }
}

fn labels(scope: BudgetScope, id: &str, alias: &str) -> LabelSet {
    LabelSet::new([("scope", scope.as_str()), ("id", id), ("alias", alias)])
}
