//! What the events of LiteLLM mean: its traps, one test each, on captured events and on edited copies of them.
//!
//! Which fact of LiteLLM a number depends on belongs here. That numbers add up whatever comes belongs into `properties`.

mod support;

#[path = "semantics/attempts.rs"]
mod attempts;
#[path = "semantics/callers.rs"]
mod callers;
#[path = "semantics/clocks.rs"]
mod clocks;
#[path = "semantics/failures.rs"]
mod failures;
#[path = "semantics/latency.rs"]
mod latency;
#[path = "semantics/lengths.rs"]
mod lengths;
#[path = "semantics/prices.rs"]
mod prices;
#[path = "semantics/refusals.rs"]
mod refusals;
#[path = "semantics/tokens.rs"]
mod tokens;

use support::exposition::Exposition;

/// What floats may differ by: less than a microsecond and than the smallest price.
const NOISE: f64 = 1e-7;

/// Asserts on the one series with exactly these labels.
#[track_caller]
fn assert_value(exposition: &Exposition, name: &str, labels: &[(&str, &str)], expected: f64) {
    let found = exposition.value(name, labels);
    assert!(found.is_some_and(|found| (found - expected).abs() < NOISE), "{name}{labels:?}: {found:?}, not {expected}");
}

/// Asserts on the sum of all series that have at least these labels.
#[track_caller]
fn assert_sum(exposition: &Exposition, name: &str, labels: &[(&str, &str)], expected: f64) {
    let found = exposition.sum(name, labels);
    assert!((found - expected).abs() < NOISE, "sum of {name}{labels:?}: {found}, not {expected}");
}

/// Asserts on the only kind of error that was counted under `name`.
#[track_caller]
fn assert_only_error(exposition: &Exposition, name: &str, labels: &[(&str, &str)], kind: &str) {
    let errors = exposition.samples(name).filter(|sample| sample.labels.include(labels) && sample.value > 0.0);
    let found: Vec<(&str, f64)> = errors.map(|sample| (sample.labels.get("error"), sample.value)).collect();
    assert_eq!(found, [(kind, 1.0)], "{name}{labels:?}");
}
