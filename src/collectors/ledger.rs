//! What was counted, beside what the gateway booked.

use super::{CollectError, Collector, View};
use crate::exposition::{Descriptor, Encoder, Value};
use crate::state::{ComparedModel, Comparison, LabelSet, Period};

metrics! {
    /// Requests that began in the last full hour, or in the last full day (UTC), by who says so: counted, from the gateway's events and
    /// rows; spend_log, the rows there are; daily, the gateway's daily totals. An hour is full a quarter of an hour after its end. More
    /// are counted than there are rows where attempts failed and another one made up for them: those have none. Absent for a period that
    /// was not counted from its beginning.
    REQUESTS = Gauge "llm_ledger_requests" ["model", "period", "side"];
    /// What the requests in llm_ledger_requests cost, in US dollars, by who says so.
    COST = Gauge "llm_ledger_cost_usd" ["model", "period", "side"];
    /// What the spend log says beyond what was counted, in US dollars: above 0 where something was not counted, below 0 where the spend
    /// log lacks it.
    DRIFT = Gauge "llm_ledger_drift_usd" ["model", "period"];
    /// When the period began that llm_ledger_requests, llm_ledger_cost_usd and llm_ledger_drift_usd tell of.
    PERIOD_START = Gauge "llm_ledger_period_start_timestamp_seconds" ["period"];
    /// When what was counted was last compared with the spend log.
    LAST_SUCCESS = Gauge "llm_ledger_last_success_timestamp_seconds" [];
}

#[derive(Debug)]
pub(super) struct Ledger;

/// What one side says of a model.
struct Side {
    name: &'static str,
    requests: u64,
    cost_usd: f64,
}

impl Collector for Ledger {
    fn name(&self) -> &'static str {
        "ledger"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        let agreement = &view.snapshot.agreement;
        let compared: Vec<(Period, &Comparison)> = Period::ALL
            .into_iter()
            .zip(&agreement.periods)
            .filter_map(|(period, comparison)| Some((period, comparison.as_deref()?)))
            .collect();
        let rows: Vec<(LabelSet, &ComparedModel)> =
            compared.iter().flat_map(|(period, it)| rows(*period, it)).collect();
        let mut by_side = |metric, value: fn(&Side) -> Value| {
            out.family(metric);
            for (labels, compared) in &rows {
                for side in sides(compared) {
                    out.sample(labels, Some(("side", side.name)), value(&side));
                }
            }
        };
        by_side(&REQUESTS, |side| side.requests.into());
        by_side(&COST, |side| side.cost_usd.into());
        out.family(&DRIFT);
        for (labels, compared) in &rows {
            out.sample(labels, None, compared.drift_usd().into());
        }
        out.family(&PERIOD_START);
        for (period, comparison) in &compared {
            let labels = LabelSet::new([("period", period.as_str())]);
            out.sample(&labels, None, comparison.from.as_secs_f64().into());
        }
        out.family(&LAST_SUCCESS);
        if let Some(at) = agreement.last_success_at {
            out.sample(&LabelSet::default(), None, at.as_secs_f64().into());
        }
        Ok(())
    }
}

fn rows(period: Period, comparison: &Comparison) -> impl Iterator<Item = (LabelSet, &ComparedModel)> {
    let labels = move |model: &str| LabelSet::new([("model", model), ("period", period.as_str())]);
    comparison.models.iter().map(move |compared| (labels(&compared.model), compared))
}

fn sides(compared: &ComparedModel) -> impl Iterator<Item = Side> {
    let ComparedModel { model: _, counted, spend_log, daily } = compared;
    let side = |name, requests, cost: crate::event::Usd| Side { name, requests, cost_usd: cost.as_f64() };
    let told = [side("counted", counted.requests, counted.cost), side("spend_log", spend_log.requests, spend_log.cost)];
    told.into_iter().chain(daily.map(|daily| side("daily", daily.requests, daily.cost)))
}
