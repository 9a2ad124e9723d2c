//! `scrape.created`: every counter and histogram tells when it was made.

use super::support::captures;
use super::support::deadline::PATIENCE;
use super::support::exporter::Launch;
use super::support::exposition::{Family, MetricType};
use super::support::spend_log::{Version, config, database};

/// How many series a family has, and how many of them tell when they were made.
fn series(family: &Family) -> (usize, usize) {
    let ending = |suffix: &str| family.samples.iter().filter(|sample| sample.name.ends_with(suffix)).count();
    (ending(if family.metric_type == MetricType::Counter { "_total" } else { "_count" }), ending("_created"))
}

#[test]
fn every_counter_and_histogram_tells_when_it_was_made() {
    let server = database(Version::Current);
    let exporter = Launch::default().config(&(config(&server.url(), "") + "scrape: {created: true}\n")).start();
    for scenario in captures::scenarios() {
        exporter.push(captures::body(&scenario));
    }
    let took_over = [("source", "litellm_spend_logs"), ("start", "own")];
    exporter.wait_until("it reads the spend log", PATIENCE, |exporter| {
        exporter.metrics().value("llm_source_takeovers_total", &took_over).is_some()
    });
    let scraped = exporter.metrics();
    let made = |family: &&Family| [MetricType::Counter, MetricType::Histogram].contains(&family.metric_type);
    let families: Vec<&Family> = scraped.families().iter().filter(made).collect();
    for name in ["llm_requests", "llm_request_duration_seconds", "llm_exporter_storage_commits", "llm_source_takeovers"]
    {
        assert!(families.iter().any(|family| family.name == name), "{name} is exposed");
    }
    let silent = families.into_iter().filter(|family| {
        let (series, created) = series(family);
        series != created
    });
    let silent: Vec<&str> = silent.map(|family| &*family.name).collect();
    assert!(silent.is_empty(), "these do not say of each series when it was made: {silent:?}");
}
