//! Traffic and probes together: who is asked, and whose word holds.

use std::time::Duration;

use serde_json::{Value, json};

use crate::scene::{KEY, Scene, counted, endpoint, holds_for, wait_for, wait_for_requests};
use crate::support::deadline::{PATIENCE, poll};
use crate::support::events::{array, event};
use crate::support::exporter::Exporter;
use crate::support::provider::{Behaviour, Provider};

/// Turns come often, and traffic stays fresh for longer than the longest pause between two pushes.
const FRESH_FOR_LONG: &str = "\
probes: {interval: 300ms, confirm_after: 100ms}
health: {freshness: 1m, stale_after: 5m}
";
/// Traffic is stale soon.
const SOON_STALE: &str = "\
probes: {interval: 300ms, confirm_after: 100ms}
health: {freshness: 3s, stale_after: 5m}
";

#[test]
fn fresh_traffic_makes_probes_needless_and_each_that_is_left_out_counts() {
    let provider = Provider::start();
    let exporter = Scene::with(FRESH_FOR_LONG).model("gpt", &provider.api_base()).start();
    wait_for(&exporter, "gpt", "healthy");
    exporter.push(event("gpt").json());
    let skipped =
        |exporter: &Exporter| counted(exporter, "llm_probes_skipped_total", "gpt", &[("reason", "fresh_traffic")]);
    exporter.wait_until("a turn is left out", PATIENCE, |exporter| skipped(exporter) >= 1.0);
    let (asked, connections) = (provider.all_requests(), provider.connections());
    exporter.wait_until("more turns are left out", PATIENCE, |exporter| skipped(exporter) >= 5.0);
    assert_eq!((provider.all_requests(), provider.connections()), (asked, connections));
    let shown = wait_for(&exporter, "gpt", "healthy");
    assert_eq!(shown["reason"], "answers", "traffic decides");
}

#[test]
fn when_traffic_stops_probes_begin() {
    let provider = Provider::start();
    let exporter = Scene::with(SOON_STALE).model("gpt", &provider.api_base()).start();
    wait_for(&exporter, "gpt", "healthy");
    exporter.push(event("gpt").json());
    exporter.wait_until("a turn is left out", PATIENCE, |exporter| {
        counted(exporter, "llm_probes_skipped_total", "gpt", &[("reason", "fresh_traffic")]) >= 1.0
    });
    wait_for_requests(&exporter, &provider, provider.all_requests() + 2);
}

#[test]
fn requests_that_fail_outrank_a_provider_that_can_be_reached() {
    let provider = Provider::start();
    let exporter = Scene::with(SOON_STALE).model("gpt", &provider.api_base()).start();
    wait_for(&exporter, "gpt", "healthy");
    exporter.push(array(&[event("gpt").failed(), event("gpt").failed(), event("gpt").failed()]));
    let shown = wait_for(&exporter, "gpt", "unhealthy");
    assert_eq!(shown["reason"], "failures_in_a_row");
    // Probes go on, succeed, and change nothing.
    wait_for_requests(&exporter, &provider, provider.all_requests() + 1);
    assert!(holds_for(Duration::from_secs(2), || status(&exporter, "gpt") == "unhealthy"));
    exporter.push(event("gpt").json());
    wait_for(&exporter, "gpt", "degraded");
    exporter.push(event("gpt").json());
    wait_for(&exporter, "gpt", "healthy");
    assert_eq!(provider.billed_requests(), 0);
}

#[test]
fn one_failed_request_is_followed_up_by_a_probe_and_not_by_a_storm_of_them() {
    let provider = Provider::start();
    let settings = "probes: {interval: 2s, confirm_after: 50ms}\nhealth: {freshness: 1s, stale_after: 5m}\n";
    let exporter = Scene::with(settings).model("gpt", &provider.api_base()).start();
    wait_for(&exporter, "gpt", "healthy");
    exporter.push(event("gpt").failed().json());
    wait_for(&exporter, "gpt", "degraded");
    let asked = provider.all_requests();
    wait_for_requests(&exporter, &provider, asked + 2);
    // By the interval; probes can't tell whether requests are answered, so that asking again at once is of no use.
    assert!(holds_for(Duration::from_secs(3), || provider.all_requests() <= asked + 5), "{}", provider.all_requests());
}

#[test]
fn a_provider_that_went_away_since_the_latest_answer_is_found_by_probes() {
    let provider = Provider::start();
    let exporter = Scene::with(SOON_STALE).model("gpt", &provider.api_base()).start();
    wait_for(&exporter, "gpt", "healthy");
    exporter.push(event("gpt").json());
    provider.behave(Behaviour::Status(500));
    assert_eq!(wait_for(&exporter, "gpt", "unhealthy")["reason"], "unreachable");
    exporter.push(event("gpt").json());
    assert_eq!(
        wait_for(&exporter, "gpt", "healthy")["reason"],
        "answers",
        "a request that was answered is the better proof"
    );
}

#[test]
fn a_probe_that_comes_to_a_listed_deployment_merges_with_its_traffic() {
    let provider = Provider::start();
    let exporter = Scene::with(SOON_STALE).model("gpt", &provider.api_base()).start();
    wait_for(&exporter, "gpt", "healthy");
    exporter.push(event("gpt").json());
    exporter.wait_until("the request counts", PATIENCE, |exporter| {
        counted(exporter, "llm_requests_total", "gpt", &[]) == 1.0
    });
    let lists = exporter.get("/health/models?model=gpt").json();
    let all: Vec<&Value> =
        ["healthy", "unhealthy", "unknown"].into_iter().filter_map(|list| lists[list].get(0)).collect();
    assert_eq!(all.len(), 1, "{lists}");
    let shown = exporter.metrics();
    assert_eq!(shown.samples("llm_deployment_info").filter(|sample| sample.labels.get("model") == "gpt").count(), 1);
}

#[test]
fn an_explanation_tells_the_facts_the_policy_and_the_rule() {
    let provider = Provider::start();
    let exporter =
        Scene::with(SOON_STALE).model("gpt", &provider.api_base()).model("other", &provider.api_base()).start();
    wait_for(&exporter, "gpt", "healthy");
    provider.behave(Behaviour::Refusal(500, format!("{{\"error\": \"{KEY} is broken\"}}")));
    wait_for(&exporter, "gpt", "unhealthy");
    let answer = exporter.get("/health/models?model=gpt&debug=true");
    assert_eq!(answer.status, 503);
    let debug = answer.json()["debug"].clone();
    assert_eq!(debug.as_array().map(Vec::len), Some(1), "only the one that was asked for: {debug}");
    let why = &debug[0];
    assert_eq!((&why["status"], &why["rule"]), (&json!("unhealthy"), &json!("unreachable")));
    assert!(why["rule_in_words"].as_str().is_some_and(|words| words.contains("health.failure_threshold")), "{why}");
    assert_eq!(why["facts"]["listing"], "listed");
    assert!(why["facts"]["probes"]["failures_in_a_row"].as_u64() >= Some(3), "{why}");
    assert_eq!(why["facts"]["probes"]["level"], "models");
    assert_eq!(why["facts"]["last_error"]["kind"], "server_error");
    assert_eq!(why["policy"]["freshness_seconds"], 3.0);
    assert!(!answer.text().contains(KEY), "{}", answer.text());
    assert!(exporter.get("/health/models?model=gpt").json().get("debug").is_none());
}

#[test]
fn evidence_that_is_not_renewed_grows_stale_and_unknown() {
    let provider = Provider::start();
    // The gateway is asked to be left alone for longer than what is known of it holds.
    let settings = "\
probes: {interval: 300ms, confirm_after: 100ms, max_backoff: 1s}
health: {freshness: 1s, stale_after: 2s}
";
    let exporter = Scene::with(settings).model("gpt", &provider.api_base()).start();
    wait_for(&exporter, "gpt", "healthy");
    provider.behave(Behaviour::RateLimited("3600".to_owned()));
    wait_for(&exporter, "gpt", "degraded");
    assert_eq!(wait_for(&exporter, "gpt", "unknown")["reason"], "stale");
    assert_eq!(exporter.get("/health").status, 200);
}

fn status(exporter: &Exporter, model: &str) -> String {
    let shown = poll(PATIENCE, || endpoint(exporter, model)).expect("it is listed");
    shown["status"].as_str().unwrap_or_default().to_owned()
}
