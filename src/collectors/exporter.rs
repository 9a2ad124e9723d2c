//! The exporter itself.

use super::{CollectError, Collector, View};
use crate::event::Usd;
use crate::exposition::{Descriptor, Encoder, Value};
use crate::own::{ConfiguredFacts, OwnMetrics, ProbingFacts, Refusal, Round, TaskFacts};
use crate::state::LabelSet;

metrics! {
    /// 1, with the version of the exporter, and whose traffic it tells of: gateway, or simulated in the demo.
    BUILD_INFO = Info "llm_exporter_build_info" ["version", "traffic"];
    /// How long the last scrape took to render and compress.
    SCRAPE_DURATION = Gauge "llm_exporter_scrape_duration_seconds" ["view"];
    /// How large the last scrape was, before compression.
    SCRAPE_SIZE = Gauge "llm_exporter_scrape_size_bytes" ["view"];
    /// Requests to the exporter that it refused, by reason.
    REFUSED = Counter "llm_exporter_refused_requests_total" ["reason"];
    /// Bytes of pushed bodies that are being received or decoded.
    IN_FLIGHT = Gauge "llm_exporter_ingest_in_flight_bytes" [];
    /// A push that would take llm_exporter_ingest_in_flight_bytes beyond it is refused as too_many_pushes.
    IN_FLIGHT_LIMIT = Gauge "llm_exporter_ingest_in_flight_limit_bytes" [];
    /// Groups of metrics that are missing from a scrape because they could not be collected.
    COLLECTOR_FAILURES = Counter "llm_exporter_collector_failures_total" ["collector"];
    /// 1 if this exporter probes the deployments, 0 if another replica does. Absent where nobody does.
    PROBES = Gauge "llm_exporter_probes_itself" [];
    /// How often each deployment is probed, in seconds, as configured. Absent where nobody probes.
    PROBE_INTERVAL = Gauge "llm_exporter_probe_interval_seconds" [];
    /// What billed probes may cost from midnight to midnight UTC, in US dollars. Absent where none are sent.
    PROBE_BUDGET = Gauge "llm_exporter_probe_budget_usd" [];
    /// What billed probes cost since midnight UTC, in US dollars, those of other replicas included where they share a Redis.
    PROBE_SPENT = Gauge "llm_exporter_probe_budget_spent_usd" [];
    /// Background tasks that broke and were started again.
    TASK_RESTARTS = Counter "llm_exporter_task_restarts_total" ["task"];
    /// Rounds of background tasks, by how they went: ok or failed.
    TASK_ROUNDS = Counter "llm_exporter_task_rounds_total" ["task", "outcome"];
    /// How long the latest round of a background task took.
    TASK_DURATION = Gauge "llm_exporter_task_duration_seconds" ["task"];
    /// When a round of a background task last went well.
    TASK_SUCCESS = Gauge "llm_exporter_task_last_success_timestamp_seconds" ["task"];
    /// 1 if the configuration that was last read is the one in use.
    RELOAD_SUCCESSFUL = Gauge "llm_exporter_config_last_reload_successful" [];
    /// When the configuration in use was read.
    RELOAD_TIME = Gauge "llm_exporter_config_last_reload_success_timestamp_seconds" [];
}

#[derive(Debug)]
pub(super) struct Exporter;

impl Collector for Exporter {
    fn name(&self) -> &'static str {
        "exporter"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        let own = view.own;
        let labels = own.labels();
        out.family(&BUILD_INFO);
        out.sample(
            &LabelSet::new([("version", crate::VERSION), ("traffic", own.traffic().as_str())]),
            None,
            Value::Whole(1),
        );
        collect_scrape(own, out);
        out.family(&REFUSED);
        for reason in Refusal::ALL {
            out.sample(&labels, Some(("reason", reason.as_str())), own.refused(reason).into());
        }
        for (metric, bytes) in [(&IN_FLIGHT, own.in_flight().used()), (&IN_FLIGHT_LIMIT, own.in_flight().limit())] {
            out.family(metric);
            out.sample(&labels, None, Value::Whole(bytes));
        }
        out.family(&COLLECTOR_FAILURES);
        for (collector, failures) in own.collector_failures() {
            out.sample(&labels, Some(("collector", collector)), failures.into());
        }
        collect_probing(own.probing().facts(), &labels, out);
        collect_tasks(&own.tasks().all(), &labels, out);
        let ConfiguredFacts { is_latest, read_at } = own.configured().facts();
        for (metric, value) in [(&RELOAD_SUCCESSFUL, is_latest.into()), (&RELOAD_TIME, read_at.as_secs_f64().into())] {
            out.family(metric);
            out.sample(&labels, None, value);
        }
        Ok(())
    }
}

/// Absent in the first scrape: there was no last one.
fn collect_scrape(own: &OwnMetrics, out: &mut dyn Encoder) {
    let Some(last) = own.last_scrape() else { return };
    let (labels, native) = (own.labels(), Some(("view", "native")));
    out.family(&SCRAPE_DURATION);
    out.sample(&labels, native, last.duration.as_secs_f64().into());
    out.family(&SCRAPE_SIZE);
    out.sample(&labels, native, Value::Whole(last.bytes));
}

fn collect_probing(facts: ProbingFacts, labels: &LabelSet, out: &mut dyn Encoder) {
    let ProbingFacts { probes_itself, interval, budget, spent } = facts;
    let usd = |usd: Usd| Value::Float(usd.as_f64());
    for (metric, value) in [
        (&PROBES, probes_itself.map(Value::from)),
        (&PROBE_INTERVAL, interval.map(|interval| interval.as_secs_f64().into())),
        (&PROBE_BUDGET, budget.map(usd)),
        (&PROBE_SPENT, budget.map(|_| usd(spent))),
    ] {
        out.family(metric);
        if let Some(value) = value {
            out.sample(labels, None, value);
        }
    }
}

fn collect_tasks(tasks: &[(&'static str, TaskFacts)], own: &LabelSet, out: &mut dyn Encoder) {
    let mut each = |metric, outcomes: &[Outcome]| {
        out.family(metric);
        for (task, facts) in tasks {
            for (outcome, value) in outcomes {
                if let Some(value) = value(facts) {
                    out.sample(&own.and("task", task), outcome.map(|round| ("outcome", round.as_str())), value);
                }
            }
        }
    };
    each(&TASK_RESTARTS, &[(None, |facts| Some(facts.restarts.into()))]);
    each(
        &TASK_ROUNDS,
        &[
            (Some(Round::Succeeded), |facts| Some(facts.succeeded.into())),
            (Some(Round::Failed), |facts| Some(facts.failed.into())),
        ],
    );
    each(&TASK_DURATION, &[(None, |facts| Some(facts.last_duration?.as_secs_f64().into()))]);
    each(&TASK_SUCCESS, &[(None, |facts| Some(facts.last_success_at?.as_secs_f64().into()))]);
}

/// An outcome of rounds, where a metric tells them apart, and what is told of it.
type Outcome = (Option<Round>, fn(&TaskFacts) -> Option<Value>);
