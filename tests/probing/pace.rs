//! How soon probes come, and how few while a provider is down.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::scene::{Scene, changes, counted, endpoint, holds_for, wait_for, wait_for_requests};
use crate::support::deadline::{PATIENCE, poll};
use crate::support::provider::{Behaviour, Provider};

#[test]
fn a_first_failure_is_confirmed_long_before_three_intervals_are_over() {
    let provider = Provider::start();
    provider.behave(Behaviour::Status(500));
    // The first turn comes within the first ten seconds of it.
    let settings = "probes: {interval: 1m, confirm_after: 200ms, max_backoff: 1m}\n";
    let exporter = Scene::with(settings).model("gpt", &provider.api_base()).start();
    wait_for_requests(&exporter, &provider, 1);
    assert_eq!(exporter.metrics().value("llm_exporter_probe_interval_seconds", &[]), Some(60.0));
    let began = Instant::now();
    wait_for(&exporter, "gpt", "unhealthy");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(provider.all_requests(), 3, "three failures in a row are enough, and then it is left alone");
    assert!(holds_for(Duration::from_secs(1), || provider.all_requests() == 3), "the pauses are long now");
}

#[test]
fn while_a_provider_is_down_the_pauses_grow_to_their_ceiling() {
    let provider = Provider::start();
    provider.behave(Behaviour::Status(500));
    let settings = "probes: {interval: 200ms, confirm_after: 50ms, max_backoff: 3s}\n";
    let exporter = Scene::with(settings).model("gpt", &provider.api_base()).start();
    wait_for(&exporter, "gpt", "unhealthy");
    let began = Instant::now();
    // 200 ms, 400 ms, 800 ms, 1.6 s, 3 s, 3 s: without growth it were 30 in six seconds.
    let asked = provider.all_requests();
    assert!(holds_for(Duration::from_secs(6), || provider.all_requests() <= asked + 7), "{:?}", began.elapsed());
    wait_for_requests(&exporter, &provider, asked + 5);
    // And they end: what is well again is found within the ceiling, and then confirmed at once.
    provider.behave(Behaviour::Healthy);
    wait_for(&exporter, "gpt", "healthy");
}

#[test]
fn what_answers_again_is_degraded_first_and_healthy_when_that_is_confirmed() {
    let provider = Provider::start();
    // Slow enough to be seen at each step, by a look at the log once a second as well.
    let settings = "probes: {interval: 3s, confirm_after: 3s, max_backoff: 3s}\n";
    let exporter = Scene::with(settings).model("gpt", &provider.api_base()).start();
    wait_for(&exporter, "gpt", "healthy");
    provider.behave(Behaviour::Status(500));
    assert_eq!(wait_for(&exporter, "gpt", "degraded")["reason"], "latest_probe_failed");
    assert_eq!(wait_for(&exporter, "gpt", "unhealthy")["reason"], "unreachable");
    provider.behave(Behaviour::Healthy);
    let shown = wait_for(&exporter, "gpt", "degraded");
    assert_eq!((&shown["reason"], &shown["consecutive_failures"]), (&json!("reachable_again"), &json!(0)));
    assert_eq!(exporter.get("/health").status, 200, "what is degraded can serve");
    let shown = wait_for(&exporter, "gpt", "healthy");
    assert_eq!((&shown["error"], &shown["last_error"]), (&json!(null), &json!("HTTP 500: provider says 500")));
    let expected = ["unknown", "healthy", "degraded", "unhealthy", "degraded", "healthy"];
    let expected: Vec<(String, String)> =
        expected.windows(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect();
    exporter.wait_until("each change is in the log", PATIENCE, |exporter| changes(exporter, "gpt").len() >= 5);
    assert_eq!(changes(&exporter, "gpt"), expected, "{}", exporter.log());
    let log = exporter.log();
    for reason in ["health.failure_threshold probes in a row failed", "HTTP 500: provider says 500"] {
        assert!(log.contains(reason), "{reason}: {log}");
    }
    assert_eq!(log.matches("unhealthy: /health answers 503").count(), 1, "{log}");
    assert_eq!(log.matches("healthy: /health answers 200").count(), 1, "{log}");
}

#[test]
fn one_failure_is_no_outage() {
    let provider = Provider::start();
    let settings = "probes: {interval: 3s, confirm_after: 1s, max_backoff: 3s}\n";
    let exporter = Scene::with(settings).model("gpt", &provider.api_base()).start();
    wait_for(&exporter, "gpt", "healthy");
    let before = provider.all_requests();
    provider.behave(Behaviour::Status(500));
    wait_for_requests(&exporter, &provider, before + 1);
    provider.behave(Behaviour::Healthy);
    wait_for_requests(&exporter, &provider, before + 2);
    let shown = wait_for(&exporter, "gpt", "healthy");
    assert_eq!(shown["consecutive_failures"], 0);
    assert!(!changes(&exporter, "gpt").iter().any(|(_, to)| to == "unhealthy"), "{}", exporter.log());
}

#[test]
fn first_turns_are_spread_and_no_more_probes_are_under_way_than_allowed() {
    let provider = Provider::start();
    provider.behave(Behaviour::Hang);
    let settings = "probes: {interval: 500ms, timeout: 20s, confirm_after: 100ms, concurrency: 2}\n";
    let scene = (0..10).fold(Scene::with(settings), |scene, n| scene.model(&format!("gpt-{n}"), &provider.api_base()));
    let exporter = scene.start();
    wait_for_requests(&exporter, &provider, 2);
    assert!(holds_for(Duration::from_secs(2), || provider.all_requests() == 2), "{}", provider.all_requests());
    assert_eq!(exporter.get("/health").status, 200);
    drop(provider);
    assert!(
        poll(PATIENCE, || (counted_all(&exporter) >= 10.0).then_some(())).is_some(),
        "all have their turn in the end"
    );
    assert!(endpoint(&exporter, "gpt-0").is_some());
    assert!(counted(&exporter, "llm_probes_total", "gpt-0", &[]) >= 1.0);
}

fn counted_all(exporter: &crate::support::exporter::Exporter) -> f64 {
    exporter.metrics().sum("llm_probes_total", &[])
}
