//! What a type demands of a family: names, values, labels, exemplars, and series that stand together.

use std::collections::HashSet;

use super::family::{Family, Sample};
use super::format::{Format, MetricType};
use super::histogram;
use super::violation::Violation;

/// Checks one complete family.
pub(crate) fn check(format: Format, family: &Family) -> Result<(), Violation> {
    check_name(format, family).map_err(|rule| Violation::new(family.line, rule))?;
    let distinguishing = match family.metric_type {
        MetricType::Histogram => histogram::THRESHOLD,
        MetricType::StateSet => family.name.as_str(),
        MetricType::Counter | MetricType::Gauge | MetricType::Info => "",
    };
    let mut seen = HashSet::new();
    let identity = |sample: &Sample| sample.labels.identity_without(distinguishing);
    for metric in family.samples.chunk_by(|left, right| identity(left) == identity(right)) {
        if !seen.insert(identity(&metric[0])) {
            return Err(Violation::new(metric[0].line, "a series stands twice or is interleaved with another"));
        }
        check_metric(family, metric)?;
    }
    Ok(())
}

fn check_name(format: Format, family: &Family) -> Result<(), String> {
    let name = &family.name;
    let is_total = name.ends_with("_total");
    match (family.metric_type, format) {
        (MetricType::Counter, Format::Text004) if !is_total => Err(format!("the counter {name} is not a _total")),
        (MetricType::Counter, Format::Text004) => Ok(()),
        (_, _) if is_total => Err(format!("{name}: _total is for a counter's samples")),
        (MetricType::Info, _) if name.ends_with("_info") => Err(format!("{name}: _info is for the samples")),
        _ => Ok(()),
    }
}

fn check_metric(family: &Family, metric: &[Sample]) -> Result<(), Violation> {
    match family.metric_type {
        MetricType::Counter => check_counter(metric),
        MetricType::Gauge => check_gauge(metric),
        MetricType::Histogram => histogram::check(metric),
        MetricType::Info => check_info(metric),
        MetricType::StateSet => check_state_set(&family.name, metric),
    }
}

fn check_counter(metric: &[Sample]) -> Result<(), Violation> {
    let (totals, created): (Vec<_>, Vec<_>) = metric.iter().partition(|sample| !sample.name.ends_with("_created"));
    let first = &metric[0];
    demand(totals.len() == 1 && created.len() <= 1, first, "not exactly one _total, or _created stands twice")?;
    demand(created.iter().all(|sample| sample.exemplar.is_none()), first, "an exemplar on _created")?;
    demand(totals[0].value >= 0.0, totals[0], "a counter is negative or NaN")
}

fn check_gauge(metric: &[Sample]) -> Result<(), Violation> {
    let sample = only(metric)?;
    if sample.name.ends_with("_info") {
        return check_info(metric);
    }
    demand(sample.exemplar.is_none(), sample, "an exemplar on a gauge")
}

fn check_info(metric: &[Sample]) -> Result<(), Violation> {
    let sample = only(metric)?;
    demand(sample.value == 1.0, sample, "an info is always 1")?;
    demand(sample.exemplar.is_none(), sample, "an exemplar on an info")
}

fn check_state_set(name: &str, metric: &[Sample]) -> Result<(), Violation> {
    let mut states = HashSet::new();
    for sample in metric {
        let state = sample.labels.get(name);
        demand(!state.is_empty(), sample, "a state set's sample has no label named like the family")?;
        demand(states.insert(state), sample, "a state stands twice")?;
        demand(sample.value == 0.0 || sample.value == 1.0, sample, "a state is neither 0 nor 1")?;
        demand(sample.exemplar.is_none(), sample, "an exemplar on a state set")?;
    }
    let active = metric.iter().filter(|sample| sample.value == 1.0).count();
    demand(active == 1, &metric[0], "not exactly one state is 1")
}

fn only(metric: &[Sample]) -> Result<&Sample, Violation> {
    match metric {
        [sample] => Ok(sample),
        [_, second, ..] => Err(Violation::new(second.line, "a series stands twice")),
        [] => unreachable!("a chunk is never empty"),
    }
}

/// Turns a broken rule into a violation at that sample's line.
pub(crate) fn demand(holds: bool, sample: &Sample, rule: &str) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation::new(sample.line, rule)) }
}
