//! Who may spend, as a gateway lists them: keys, teams, users, organisations and end users.
//!
//! A list has the last word on who there is and who has a limit. What requests say in between is newer, and no more than that.

use std::borrow::Cow;
use std::collections::HashSet;

use foldhash::fast::RandomState;

use super::budgets::Told;
use super::table::Table;
use super::traffic::Traffic;
use super::{BudgetFacts, clean};
use crate::event::{Budget, BudgetScope, Timestamp, Usd};

/// One entity, as the gateway stores it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entity {
    /// The gateway's id for it.
    pub id: String,
    /// The name that people use for it; empty where it has none.
    pub alias: String,
    /// Its limit; `None` where it has none.
    pub limit: Option<Usd>,
    /// What is spent of that; `None` where nobody knows.
    pub spent: Option<Usd>,
    /// When spending starts again at nothing.
    pub resets_at: Option<Timestamp>,
    /// When it stops being valid.
    pub expires_at: Option<Timestamp>,
}

impl Entity {
    /// Whether there is more to show of it than a name.
    #[must_use]
    pub const fn has_facts(&self) -> bool {
        self.limit.is_some() || self.expires_at.is_some()
    }
}

/// Who there is in one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityList {
    /// The scope.
    pub scope: BudgetScope,
    /// When they were asked for.
    pub asked_at: Timestamp,
    /// Those that were told, the most important first.
    pub entities: Vec<Entity>,
}

impl EntityList {
    fn with_facts(&self) -> impl Iterator<Item = &Entity> {
        self.entities.iter().filter(|entity| entity.has_facts())
    }
}

/// How reading the list of one scope went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntityListFacts {
    /// Whether it could be read the last time.
    pub is_up: bool,
    /// When the list that is in use was asked for; `None` where it could never be read.
    pub last_success_at: Option<Timestamp>,
}

impl Traffic {
    /// Takes over these lists. Returns for each how many had no room.
    pub(super) fn list_entities(&mut self, lists: &[EntityList]) -> Vec<usize> {
        let shares = self.shares(lists);
        // First who is gone, of all lists, so that others have their room.
        for (list, share) in lists.iter().zip(&shares) {
            let ids: HashSet<Cow<'_, str>, RandomState> =
                list.with_facts().take(*share).map(|entity| clean(&entity.id)).collect();
            self.budgets.remove_if(|facts| facts.scope() == list.scope && !ids.contains(facts.id()));
        }
        lists.iter().zip(shares).map(|(list, share)| self.take_list(list, share)).collect()
    }

    fn take_list(&mut self, list: &EntityList, share: usize) -> usize {
        let EntityList { scope, asked_at, entities } = list;
        let facts = EntityListFacts { is_up: true, last_success_at: Some(*asked_at) };
        self.entity_lists[scope.index()] = Some(facts);
        if self.settings.consumer_labels.iter().any(|label| label.named_scope() == Some(*scope)) {
            self.names.replace(*scope, entities, self.settings.consumers);
        }
        for entity in list.with_facts().take(share) {
            upsert(&mut self.budgets, *scope, entity, *asked_at);
        }
        let left_out = list.with_facts().skip(share).count();
        self.budgets.note_overflows(left_out);
        left_out
    }

    /// How many of each list have a row. Where there is no room for all, a short list is shown whole and the longest have what is
    /// left: ten thousand keys do not hide a dozen teams.
    fn shares(&mut self, lists: &[EntityList]) -> Vec<usize> {
        let is_listed = |scope| lists.iter().any(|list| list.scope == scope);
        let others = self.budgets.own_rows().filter(|(_, facts)| !is_listed(facts.scope())).count();
        let mut room = self.settings.budgets.saturating_sub(others);
        let wanted: Vec<usize> = lists.iter().map(|list| list.with_facts().count()).collect();
        let mut by_length: Vec<usize> = (0..lists.len()).collect();
        by_length.sort_by_key(|list| wanted[*list]);
        let mut shares = vec![0; lists.len()];
        for (served, list) in by_length.into_iter().enumerate() {
            shares[list] = wanted[list].min(room / (lists.len() - served));
            room -= shares[list];
        }
        shares
    }

    /// Notes that the list of one scope could not be read: the one before holds.
    pub(super) fn note_unread_entities(&mut self, scope: BudgetScope) {
        let facts = &mut self.entity_lists[scope.index()];
        let last_success_at = facts.and_then(|facts| facts.last_success_at);
        *facts = Some(EntityListFacts { is_up: false, last_success_at });
    }

    /// Takes over what a request says of whoever pays for it.
    pub(super) fn record_budget(&mut self, budget: &Budget<'_>, at: Timestamp) {
        let key = [budget.scope.as_str(), &budget.id];
        if self.is_listed(budget.scope) {
            if let Some(facts) = self.budgets.get_mut(&key) {
                facts.refresh(budget, at);
            }
            return;
        }
        // Most have no limit, and of those only the ones that had one are known.
        if budget.limit.is_none() && !self.budgets.contains(&key) {
            return;
        }
        if let Some(facts) = self.budgets.entry_or_drop(&key, || BudgetFacts::new(Told::from(budget), at)) {
            facts.update(Told::from(budget), at);
        }
    }

    fn is_listed(&self, scope: BudgetScope) -> bool {
        self.entity_lists[scope.index()].is_some_and(|facts| facts.last_success_at.is_some())
    }
}

fn upsert(budgets: &mut Table<BudgetFacts>, scope: BudgetScope, entity: &Entity, at: Timestamp) {
    let told = Told::of(scope, entity);
    let key = [scope.as_str(), &entity.id];
    if let Some(facts) = budgets.entry_or_drop(&key, || BudgetFacts::new(told, at)) {
        facts.replace(told, at);
    }
}
