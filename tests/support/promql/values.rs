//! The closed sets of label values, as the code has them.

use llm_exporter::collectors;
use llm_exporter::event::{BudgetScope, ErrorKind, InputTokens, OutputTokens, ProbeLevel, SkipReason, UnpricedReason};
use llm_exporter::health::HealthState;
use llm_exporter::own::{Refusal, Round, StartKind, Traffic};
use llm_exporter::state::{
    Bounds, DURATION, Dependency, GATEWAY_OVERHEAD, ListSource, PROBE_DURATION, Period, RejectReason, Source,
    SpendBuffer, TIME_PER_OUTPUT_TOKEN, TIME_TO_FIRST_TOKEN,
};
use llm_exporter::storage::{FailureKind, SetAsideReason};

use super::Values;

/// What the exporter shows of everything that was ever captured: each value of a closed set is there from the first event.
const EXPOSITION: &str = include_str!("../../data/golden/captures.openmetrics.txt");

/// The values of an enum by its names.
macro_rules! names {
    ($all:expr) => {
        Values::of($all.into_iter().map(|it| it.as_str()))
    };
}

/// The values that this label of this metric can take.
pub(super) fn of(metric: &str, label: &str) -> Values {
    match label {
        "error" if metric == "llm_probe_failures_total" => names!(ErrorKind::OF_PROBES),
        "error" => names!(ErrorKind::ALL),
        "dependency" => names!(Dependency::ALL),
        "state" => names!(HealthState::ALL),
        "source" if metric.starts_with("llm_models_list_") => names!(ListSource::ALL),
        "source" => names!(Source::ALL),
        "scope" => names!(BudgetScope::ALL),
        "level" => names!(ProbeLevel::ALL),
        "period" => names!(Period::ALL),
        "start" => names!(StartKind::ALL),
        "traffic" => names!(Traffic::ALL),
        "buffer" => names!(SpendBuffer::ALL),
        "collector" => Values::of(collectors::all().iter().map(|collector| collector.name())),
        "reason" => reasons(metric),
        "kind" => kinds(metric),
        "outcome" if metric == "llm_exporter_task_rounds_total" => names!(Round::ALL),
        "outcome" | "resource" | "side" | "stream" | "table" => shown(metric, label),
        _ => Values::Any,
    }
}

fn reasons(metric: &str) -> Values {
    match metric {
        "llm_source_rejected_total" => names!(RejectReason::ALL),
        "llm_probes_skipped_total" => names!(SkipReason::ALL),
        "llm_unpriced_requests_total" | "llm_unpriced_tokens_total" => names!(UnpricedReason::ALL),
        "llm_exporter_refused_requests_total" => names!(Refusal::ALL),
        "llm_exporter_storage_failures_total" => names!(FailureKind::ALL),
        "llm_exporter_storage_set_aside_total" => names!(SetAsideReason::ALL),
        _ => Values::Any,
    }
}

fn kinds(metric: &str) -> Values {
    match metric {
        "llm_input_tokens_total" => Values::of(InputTokens::default().by_kind().map(|(kind, _)| kind)),
        "llm_output_tokens_total" => Values::of(OutputTokens::default().by_kind().map(|(kind, _)| kind)),
        _ => Values::Any,
    }
}

/// The values that stand in the exposition.
fn shown(metric: &str, label: &str) -> Values {
    let is_of_metric =
        |line: &&str| line.strip_prefix(metric).is_some_and(|rest| rest.trim_start_matches("_bucket").starts_with('{'));
    let value = |line: &'static str| {
        let start = [format!("{{{label}=\""), format!(",{label}=\"")].into_iter().find(|start| line.contains(start))?;
        line.split_once(&start)?.1.split('"').next()
    };
    let values: Vec<&str> = EXPOSITION.lines().filter(is_of_metric).filter_map(value).collect();
    assert!(!values.is_empty(), "the golden exposition shows no {label} of {metric}");
    Values::of(values)
}

/// The bounds of a histogram's buckets, as they are written.
pub(super) fn bounds(histogram: &str) -> Values {
    let bounds: &Bounds = match histogram {
        "llm_request_duration_seconds" => &DURATION,
        "llm_time_to_first_token_seconds" | "llm_probe_time_to_first_token_seconds" => &TIME_TO_FIRST_TOKEN,
        "llm_time_per_output_token_seconds" => &TIME_PER_OUTPUT_TOKEN,
        "llm_gateway_overhead_seconds" => &GATEWAY_OVERHEAD,
        "llm_probe_duration_seconds" => &PROBE_DURATION,
        _ => panic!("{histogram} is new: say here which bounds it has"),
    };
    Values::of(bounds.labels().iter().map(|label| label.trim_start_matches("le=").trim_matches('"')))
}
