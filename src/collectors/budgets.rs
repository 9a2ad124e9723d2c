//! Budgets.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder, Value};
use crate::state::BudgetFacts;

metrics! {
    /// The budget of a key, team or user, in US dollars, as of its latest request. Absent where there is no limit.
    LIMIT = Gauge "llm_budget_limit_usd" ["scope", "id", "alias"];
    /// What is spent of llm_budget_limit_usd, as of the latest request.
    SPENT = Gauge "llm_budget_spent_usd" ["scope", "id", "alias"];
    /// When spending starts again at nothing. Absent where it never does.
    RESET = Gauge "llm_budget_reset_timestamp_seconds" ["scope", "id", "alias"];
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
        let mut each = |metric, value: fn(&BudgetFacts) -> Option<Value>| {
            out.family(metric);
            for facts in view.snapshot.budgets.iter().map(|row| row.facts).filter(|facts| facts.limit.is_some()) {
                if let Some(value) = value(facts) {
                    out.sample(&facts.labels, None, value);
                }
            }
        };
        each(&LIMIT, |facts| Some(facts.limit?.as_f64().into()));
        each(&SPENT, |facts| Some(facts.spent.as_f64().into()));
        each(&RESET, |facts| Some(facts.resets_at?.as_secs_f64().into()));
        Ok(())
    }
}
