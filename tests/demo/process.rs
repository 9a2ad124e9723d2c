//! The running demo: it shows living metrics, asks nobody outside, leaves nothing behind, and ends as it should.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use super::support::deadline::PATIENCE;
use super::support::demo::Demo;
use super::support::exporter::{Exporter, Launch};
use super::support::exposition::Exposition;

/// Night or day, a call or two begin in a second, and one in fourteen is answered from the cache.
const LONG: Duration = Duration::from_secs(120);

/// The values of a label of all series of this name that are not 0.
fn living(metrics: &Exposition, name: &str, label: &str) -> BTreeSet<String> {
    let samples = metrics.samples(name).filter(|sample| sample.value > 0.0);
    samples.map(|sample| sample.labels.get(label).to_owned()).collect()
}

#[test]
fn a_newcomer_sees_models_providers_callers_and_probes() {
    let exporter = Demo::start();
    exporter.wait_until("all models and providers have traffic, and all else that there is to see", LONG, |exporter| {
        let metrics = exporter.metrics();
        let requests = "llm_requests_total";
        living(&metrics, requests, "model").len() == 8
            && living(&metrics, requests, "provider").len() == 5
            && living(&metrics, "llm_model_up", "model").len() == 8
            && living(&metrics, "llm_consumer_requests_total", "team").len() == 4
            && living(&metrics, "llm_budget_spent_usd", "scope").len() == 2
            && metrics.sum("llm_probes_total", &[("level", "models")]) > 0.0
            && metrics.sum("llm_probes_total", &[("level", "connect")]) > 0.0
            && metrics.sum("llm_cache_hits_total", &[]) > 0.0
            && metrics.sum("llm_time_to_first_token_seconds_count", &[]) > 0.0
            && metrics.sum("llm_cost_usd_total", &[]) > 0.0
            && metrics.sum("llm_unpriced_requests_total", &[("model", "qwen3-32b")]) > 0.0
            && metrics.sum("llm_input_tokens_total", &[("kind", "cache_read")]) > 0.0
            && metrics.sum("llm_output_tokens_total", &[("kind", "reasoning")]) > 0.0
            && metrics.samples("llm_rate_limit_remaining").count() > 10
            && metrics.exemplars("llm_request_duration_seconds_bucket").count() > 0
    });
    let metrics = exporter.metrics();
    assert_eq!(metrics.sum("llm_source_rejected_total", &[]), 0.0, "every event is one");
    assert_eq!(metrics.sum("llm_source_duplicates_total", &[]), 0.0, "and none is told twice");
    assert_eq!(metrics.value("llm_gateway_info", &[("version", "1.109.1")]), Some(1.0));
    assert_eq!(metrics.value("llm_dependency_up", &[("dependency", "gateway")]), Some(1.0));
    assert_eq!(exporter.get("/health").status, 200);
    assert_eq!(exporter.get("/health/readiness").status, 200);
}

#[test]
fn the_environment_is_not_asked_for_anything() {
    let nowhere = "http://127.0.0.1:9";
    let environment = [
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing"),
        ("REDIS_URL", "redis://127.0.0.1:9"),
        ("LITELLM_PROXY_URL", nowhere),
        ("LITELLM_MASTER_KEY", "sk-real"),
        ("LLM_EXPORTER__GATEWAY__URL", nowhere),
        ("LLM_EXPORTER__STORAGE__PATH", "kept"),
        ("LLM_EXPORTER__INGEST__TOKEN", "s3cr3t"),
        ("LLM_EXPORTER__NO__SUCH_KEY", "at all"),
        ("HTTP_PROXY", nowhere),
        ("http_proxy", nowhere),
        ("ALL_PROXY", nowhere),
    ];
    let launch =
        environment.into_iter().fold(Launch::default(), |launch, (name, value)| launch.environment(name, value));
    let exporter = Demo::with(launch);
    exporter.wait_until("events arrive and probes find providers", PATIENCE, |exporter| {
        let metrics = exporter.metrics();
        metrics.sum("llm_source_events_total", &[]) > 0.0
            && metrics.value("llm_dependency_up", &[("dependency", "gateway")]) == Some(1.0)
            && metrics.sum("llm_probes_total", &[]) > 5.0
    });
    let metrics = exporter.metrics();
    assert_eq!(metrics.sum("llm_probe_failures_total", &[]), 0.0, "they were asked without a proxy");
    let services = exporter.get("/health/services").json();
    assert_eq!([&services["database"]["status"], &services["redis"]["status"]], ["not_configured"; 2]);
    assert_eq!(entries(&exporter), [""; 0], "nothing is written where it was started");
}

#[test]
fn it_ends_in_order_and_leaves_nothing_behind() {
    for signal in ["TERM", "INT"] {
        let mut exporter = Demo::start();
        exporter.wait_until("events arrive", PATIENCE, |exporter| {
            exporter.metrics().sum("llm_source_events_total", &[]) > 0.0
        });
        assert_eq!(names_in(exporter.temporary().path()).len(), 1, "what it counts is in a folder of its own");
        exporter.signal(signal);
        let status = exporter.wait_exit(PATIENCE);
        assert_eq!(status.code(), Some(0), "SIG{signal}: {status}\n{}", exporter.log());
        assert_eq!(names_in(exporter.temporary().path()), [""; 0], "that is gone with it");
        assert_eq!(entries(&exporter), [""; 0], "nothing is written where it was started");
        let log = exporter.log();
        assert!(!log.contains("ERROR") && !log.contains("events were lost"), "{log}");
    }
}

#[test]
fn one_seed_is_one_day() {
    let exporter = Demo::with(Launch::default().argument("--seed").argument("42"));
    let log = exporter.log();
    assert!(log.contains("all traffic is simulated") && log.contains("seed=42"), "{log}");
}

/// What is in the folder in which it was started.
fn entries(exporter: &Exporter) -> Vec<String> {
    names_in(exporter.folder())
}

fn names_in(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("it is there");
    entries.map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned()).collect()
}
