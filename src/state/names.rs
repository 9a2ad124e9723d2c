//! The names that people use for the ids of a gateway.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::Entity;
use crate::event::{BudgetScope, ConsumerLabel};

type Aliases = HashMap<Box<str>, Box<str>, RandomState>;

/// Aliases by id, as last listed, by the place of their scope in [`BudgetScope::ALL`].
#[derive(Debug, Default)]
pub(super) struct Names([Aliases; BudgetScope::ALL.len()]);

impl Names {
    /// Forgets the names of one scope for those on this list, at most so many.
    pub(super) fn replace(&mut self, scope: BudgetScope, entities: &[Entity], limit: usize) {
        let named = entities.iter().filter(|entity| !entity.alias.is_empty());
        let pairs = named.map(|entity| (entity.id.as_str().into(), entity.alias.as_str().into()));
        self.0[scope.index()] = pairs.take(limit).collect();
    }

    /// What stands in this label for `value`: the alias, where `value` is an id that has one.
    pub(super) fn resolve<'a>(&'a self, label: &ConsumerLabel, value: &'a str) -> &'a str {
        let Some(scope) = label.named_scope() else { return value };
        // A map that is empty hashes nothing.
        self.0[scope.index()].get(value).map_or(value, |alias| alias)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(id: &str, alias: &str) -> Entity {
        Entity { id: id.into(), alias: alias.into(), ..Entity::default() }
    }

    #[test]
    fn at_most_so_many_names_are_kept_and_ids_without_one_stay_as_they_are() {
        let mut names = Names::default();
        let teams = [entity("nameless", ""), entity("a", "A"), entity("b", "B"), entity("c", "C")];
        names.replace(BudgetScope::Team, &teams, 2);
        let resolved = |label| ["nameless", "a", "b", "c"].map(|id| names.resolve(&label, id).to_owned());
        assert_eq!(resolved(ConsumerLabel::Team), ["nameless", "A", "B", "c"]);
        assert_eq!(resolved(ConsumerLabel::Key), ["nameless", "a", "b", "c"], "a team's id is no key's");
        assert_eq!(resolved(ConsumerLabel::Tag("team".into())), ["nameless", "a", "b", "c"]);
    }
}
