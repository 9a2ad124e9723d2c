//! How full the state is.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder, Value};
use crate::state::{LabelSet, TableSize};

metrics! {
    /// Rows in a table of the state. Each row is several series.
    SERIES = Gauge "llm_exporter_series" ["table"];
    /// The most rows that a table may have.
    LIMIT = Gauge "llm_exporter_series_limit" ["table"];
    /// What found no row in a full table and went to its row other, or, where values do not add up, nowhere: events, and at each
    /// reading the budgets that are left out.
    OVERFLOW = Counter "llm_exporter_series_overflow_total" ["table"];
}

#[derive(Debug)]
pub(super) struct Tables;

impl Collector for Tables {
    fn name(&self) -> &'static str {
        "tables"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        let labels = |name| LabelSet::new([("table", name)]).made_at(view.snapshot.made_at);
        let tables: Vec<_> = view.snapshot.tables.iter().map(|size| (labels(size.table), size)).collect();
        let mut each = |metric, value: fn(&TableSize) -> u64| {
            out.family(metric);
            for (labels, size) in &tables {
                out.sample(labels, None, Value::Whole(value(size)));
            }
        };
        each(&SERIES, |size| size.rows as u64);
        each(&LIMIT, |size| size.limit as u64);
        each(&OVERFLOW, |size| size.overflowed);
        Ok(())
    }
}
