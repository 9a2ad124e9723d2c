//! Budgets as last told, by a request or by the gateway's own list.

use std::sync::Arc;

use super::{Entity, LabelSet, clean};
use crate::event::{Budget, BudgetScope, Timestamp, Usd};

/// The label names of the budgets table. The alias is none of them: whoever is renamed is still the same.
pub(super) const LABELS: [&str; 2] = ["scope", "id"];

/// The budget of an entity, and until when the entity is valid.
#[derive(Debug, Clone)]
pub struct BudgetFacts {
    /// The limit; `None` where there is none, or none any more.
    pub limit: Option<Usd>,
    /// What is spent of it; `None` where nobody knows.
    pub spent: Option<Usd>,
    /// When spending starts again at nothing.
    pub resets_at: Option<Timestamp>,
    /// When the entity stops being valid.
    pub expires_at: Option<Timestamp>,
    /// Scope, id and latest alias.
    pub labels: LabelSet,
    /// The same without the scope, where there is an expiry to show.
    pub expiry_labels: LabelSet,
    scope: BudgetScope,
    id: Arc<str>,
    alias: Arc<str>,
    told_at: Timestamp,
}

/// What is told of an entity at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    scope: BudgetScope,
    id: &'a str,
    alias: &'a str,
    limit: Option<Usd>,
    spent: Option<Usd>,
    resets_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
}

impl<'a> From<&'a Budget<'_>> for Told<'a> {
    fn from(budget: &'a Budget<'_>) -> Self {
        let Budget { scope, id, alias, limit, spent, resets_at } = budget;
        let (scope, limit, spent, resets_at) = (*scope, *limit, Some(*spent), *resets_at);
        Self { scope, id, alias, limit, spent, resets_at, expires_at: None }
    }
}

impl<'a> Told<'a> {
    pub(super) fn of(scope: BudgetScope, entity: &'a Entity) -> Self {
        let Entity { id, alias, limit, spent, resets_at, expires_at } = entity;
        let (limit, spent, resets_at, expires_at) = (*limit, *spent, *resets_at, *expires_at);
        Self { scope, id, alias, limit, spent, resets_at, expires_at }
    }
}

impl BudgetFacts {
    pub(super) fn new(told: Told<'_>, told_at: Timestamp) -> Self {
        let Told { scope, id, alias, limit, spent, resets_at, expires_at } = told;
        let labels = LabelSet::new([("scope", scope.as_str()), ("id", id), ("alias", alias)]);
        let expiry_labels = expires_at.map(|_| LabelSet::new([("id", id), ("alias", alias)])).unwrap_or_default();
        // As the table keeps it, so that what is told later is compared with what it keeps.
        let (id, alias) = (clean(id).into(), alias.into());
        Self { limit, spent, resets_at, expires_at, labels, expiry_labels, scope, id, alias, told_at }
    }

    /// Takes over what a request says of its budget, unless a later request said it already.
    pub(super) fn update(&mut self, told: Told<'_>, told_at: Timestamp) {
        if told_at >= self.told_at {
            self.replace(told, told_at);
        }
    }

    /// Takes over all that is told.
    pub(super) fn replace(&mut self, told: Told<'_>, told_at: Timestamp) {
        // The labels say the alias, and are only made for an expiry.
        if *self.alias != *told.alias || self.expires_at.is_some() != told.expires_at.is_some() {
            *self = Self::new(told, told_at);
            return;
        }
        let Told { scope: _, id: _, alias: _, limit, spent, resets_at, expires_at } = told;
        (self.limit, self.spent, self.resets_at, self.expires_at) = (limit, spent, resets_at, expires_at);
        self.told_at = told_at;
    }

    /// Takes over what a request adds to the list that the entity is on. A request tells no limit that stands elsewhere than with
    /// the entity, no alias of a user, and no reset of a team: what it does not tell stays as it is listed.
    pub(super) fn refresh(&mut self, budget: &Budget<'_>, told_at: Timestamp) {
        let Budget { scope: _, id: _, alias: _, limit, spent, resets_at } = budget;
        if told_at <= self.told_at || limit.is_none() {
            return;
        }
        (self.limit, self.spent) = (*limit, Some(*spent));
        self.resets_at = resets_at.or(self.resets_at);
        self.told_at = told_at;
    }

    /// What kind of entity it is.
    pub(super) const fn scope(&self) -> BudgetScope {
        self.scope
    }

    /// The gateway's id for the entity, as the table keeps it.
    pub(super) fn id(&self) -> &str {
        &self.id
    }
}
