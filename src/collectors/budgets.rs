//! Budgets, the expiry of keys, and how fresh both are.

use super::{CollectError, Collector, View};
use crate::event::BudgetScope;
use crate::exposition::{Descriptor, Encoder, Value};
use crate::state::{BudgetFacts, EntityListFacts, LabelSet};

metrics! {
    /// The budget of a key, team, user, organisation or end user, in US dollars, from the gateway's database; without one from
    /// the latest request of the key, team or user. Absent where there is no limit.
    LIMIT = Gauge "llm_budget_limit_usd" ["scope", "id", "alias"];
    /// What is spent of llm_budget_limit_usd, from the gateway's database or a later request.
    SPENT = Gauge "llm_budget_spent_usd" ["scope", "id", "alias"];
    /// When spending starts again at nothing, from the gateway's database or a later request. Absent where it never does.
    RESET = Gauge "llm_budget_reset_timestamp_seconds" ["scope", "id", "alias"];
    /// When a key stops being valid, from the gateway's database. A key that is blocked or has expired stays until it is deleted.
    /// Absent where a key does not expire.
    EXPIRY = Gauge "llm_key_expiry_timestamp_seconds" ["id", "alias"];
    /// 1 if the budgets of this scope could be read from the gateway's database the last time, 0 if not: then those read before
    /// stay. Absent before the first reading.
    UP = Gauge "llm_budgets_up" ["scope"];
    /// When the budgets that are shown were asked for in the gateway's database.
    LAST_SUCCESS = Gauge "llm_budgets_last_success_timestamp_seconds" ["scope"];
}

#[derive(Debug)]
pub(super) struct Budgets;

impl Collector for Budgets {
    fn name(&self) -> &'static str {
        "budgets"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        collect_limits(view, out);
        out.family(&EXPIRY);
        for facts in view.snapshot.budgets.iter().map(|row| row.facts) {
            if let Some(expires_at) = facts.expires_at {
                out.sample(&facts.expiry_labels, None, expires_at.as_secs_f64().into());
            }
        }
        collect_freshness(view, out);
        Ok(())
    }
}

fn collect_limits(view: &View<'_>, out: &mut dyn Encoder) {
    let mut each = |metric, value: fn(&BudgetFacts) -> Option<Value>| {
        out.family(metric);
        for facts in view.snapshot.budgets.iter().map(|row| row.facts).filter(|facts| facts.limit.is_some()) {
            if let Some(value) = value(facts) {
                out.sample(&facts.labels, None, value);
            }
        }
    };
    each(&LIMIT, |facts| Some(facts.limit?.as_f64().into()));
    each(&SPENT, |facts| Some(facts.spent?.as_f64().into()));
    each(&RESET, |facts| Some(facts.resets_at?.as_secs_f64().into()));
}

fn collect_freshness(view: &View<'_>, out: &mut dyn Encoder) {
    let mut each = |metric, value: fn(&EntityListFacts) -> Option<Value>| {
        out.family(metric);
        for (scope, facts) in BudgetScope::ALL.iter().zip(&view.snapshot.entity_lists) {
            if let Some(value) = facts.as_ref().and_then(value) {
                out.sample(&LabelSet::new([("scope", scope.as_str())]), None, value);
            }
        }
    };
    each(&UP, |facts| Some(facts.is_up.into()));
    each(&LAST_SUCCESS, |facts| Some(facts.last_success_at?.as_secs_f64().into()));
}
