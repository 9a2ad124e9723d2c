//! Budgets.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder};

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
        out.family(&LIMIT);
        for row in view.snapshot.budgets.iter() {
            out.sample(row.labels, None, row.facts.limit.as_f64().into());
        }
        out.family(&SPENT);
        for row in view.snapshot.budgets.iter() {
            out.sample(row.labels, None, row.facts.spent.as_f64().into());
        }
        out.family(&RESET);
        for row in view.snapshot.budgets.iter() {
            if let Some(at) = row.facts.resets_at {
                out.sample(row.labels, None, at.as_secs_f64().into());
            }
        }
        Ok(())
    }
}
