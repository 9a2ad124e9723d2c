//! Each way in which a provider fails, and what is said of it.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};

use crate::scene::{KEY, Scene, changes, counted, endpoint, everything_shown, holds_for, wait_for};
use crate::support::deadline::PATIENCE;
use crate::support::exporter::Exporter;
use crate::support::provider::{Behaviour, Provider};

/// A fault, the level at which it shows, the kind by which it counts, and words that tell it.
type Fault = (Behaviour, &'static str, &'static str, &'static str);

/// Every fault of a provider that has answered before.
fn faults() -> Vec<Fault> {
    let bad_key =
        json!({"error": {"message": format!("Incorrect API key provided: {KEY}"), "code": "invalid_api_key"}});
    vec![
        (Behaviour::Slow(Duration::from_secs(20)), "models", "timeout", "no answer from 127.0.0.1:"),
        (Behaviour::Hang, "models", "timeout", "within 1s"),
        (Behaviour::HangMidBody, "models", "timeout", "the answer was not complete from 127.0.0.1:"),
        (Behaviour::Status(500), "models", "server_error", "HTTP 500: provider says 500"),
        (Behaviour::Status(503), "models", "overloaded", "HTTP 503"),
        (Behaviour::Status(401), "models", "auth", "HTTP 401"),
        (Behaviour::Status(403), "models", "auth", "HTTP 403"),
        (Behaviour::Refusal(401, bad_key.to_string()), "models", "auth", "Incorrect API key provided: ***"),
        (Behaviour::Garbage, "models", "bad_response", "the list of models is no JSON"),
        (Behaviour::NoHttp, "models", "bad_response", "127.0.0.1:"),
        (Behaviour::Endless, "models", "bad_response", "the answer is longer than 4 MiB"),
        (Behaviour::CloseAtOnce, "models", "connect", "127.0.0.1:"),
    ]
}

#[test]
fn every_fault_makes_unhealthy_with_its_words_and_its_kind_and_passes() {
    let cases: Vec<(String, Fault, Provider)> =
        (0..).zip(faults()).map(|(n, fault)| (format!("model-{n}"), fault, Provider::start())).collect();
    let scene =
        cases.iter().fold(Scene::quick(), |scene, (model, _, provider)| scene.model(model, &provider.api_base()));
    let exporter = scene.start();
    for (model, ..) in &cases {
        wait_for(&exporter, model, "healthy");
    }
    for (_, (behaviour, ..), provider) in &cases {
        provider.behave(behaviour.clone());
    }
    for (model, fault, _) in &cases {
        is_down(&exporter, model, fault);
    }
    assert_eq!(exporter.get("/health").status, 503, "no model answers");

    for (.., provider) in &cases {
        provider.behave(Behaviour::Healthy);
    }
    for (model, (_, _, _, words), _) in &cases {
        let shown = wait_for(&exporter, model, "healthy");
        assert_eq!((&shown["error"], &shown["consecutive_failures"]), (&json!(null), &json!(0)), "{shown}");
        assert!(text(&shown["last_error"]).contains(words), "it stays to be read: {shown}");
        assert!(shown["last_error_at"].is_string(), "{shown}");
    }
    assert_eq!(exporter.get("/health").status, 200);
    let billed: usize = cases.iter().map(|(.., provider)| provider.billed_requests()).sum();
    assert_eq!(billed, 0, "no billed route was called");
    for (model, ..) in &cases {
        each_change_is_told_once(&exporter, model);
    }
    assert!(!everything_shown(&exporter).contains(KEY));
}

fn is_down(exporter: &Exporter, model: &str, (behaviour, level, kind, words): &Fault) {
    let shown = wait_for(exporter, model, "unhealthy");
    assert_eq!(shown["reason"], "unreachable", "{behaviour:?}: {shown}");
    assert!(text(&shown["error"]).contains(words), "{behaviour:?}: {shown}");
    assert_eq!(shown["error"], shown["last_error"], "{behaviour:?}: {shown}");
    assert!(shown["consecutive_failures"].as_u64() >= Some(3), "{behaviour:?}: {shown}");
    let failed = |labels: &[(&str, &str)]| counted(exporter, "llm_probe_failures_total", model, labels);
    let of_kind = failed(&[("level", level), ("error", kind)]);
    assert!(of_kind >= 3.0, "{behaviour:?}: {of_kind} of {kind} at {level}\n{}", exporter.get("/metrics").text());
    assert_eq!(exporter.get(&format!("/health/models?model={model}")).status, 503, "{behaviour:?}");
    let metrics = exporter.metrics();
    let state = |state| metrics.sum("llm_deployment_health", &[("model", model), ("state", state)]);
    assert_eq!([state("healthy"), state("degraded"), state("unhealthy"), state("unknown")], [0.0, 0.0, 1.0, 0.0]);
    assert_eq!(metrics.sum("llm_model_up", &[("model", model)]), 0.0, "{behaviour:?}");
}

/// Each line of the log begins where the one before it ended, and the last is about what is so now.
fn each_change_is_told_once(exporter: &Exporter, model: &str) {
    exporter.wait_until("the log tells that all is well", PATIENCE, |exporter| {
        let changes = changes(exporter, model);
        changes.last().is_some_and(|(_, to)| to == "healthy") && changes.iter().any(|(_, to)| to == "unhealthy")
    });
    let mut state = "unknown".to_owned();
    for (from, to) in changes(exporter, model) {
        assert_eq!(from, state, "{model}: {:?}", changes(exporter, model));
        assert_ne!(from, to);
        state = to;
    }
}

#[test]
fn a_provider_that_is_slow_within_the_timeout_is_healthy() {
    let provider = Provider::start();
    provider.behave(Behaviour::Slow(Duration::from_millis(200)));
    let settings = "probes: {interval: 400ms, timeout: 20s, confirm_after: 100ms}\n";
    let exporter = Scene::with(settings).model("gpt", &provider.api_base()).start();
    wait_for(&exporter, "gpt", "healthy");
    assert_eq!(counted(&exporter, "llm_probe_failures_total", "gpt", &[]), 0.0);
    let sum = exporter.metrics().sum("llm_probe_duration_seconds_sum", &[("model", "gpt"), ("level", "models")]);
    assert!(sum >= 0.2, "{sum}");
}

#[test]
fn a_port_that_nobody_listens_on_is_unhealthy_from_the_start() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    let exporter = Scene::quick().model("gpt", &format!("http://{address}/v1")).start();
    let shown = wait_for(&exporter, "gpt", "unhealthy");
    assert!(text(&shown["error"]).contains(&address.to_string()), "{shown}");
    assert!(text(&shown["error"]).contains("refused"), "{shown}");
    assert!(counted(&exporter, "llm_probe_failures_total", "gpt", &[("error", "connect")]) >= 3.0);
}

#[test]
fn a_certificate_that_nobody_signed_or_for_another_name_is_told_and_a_trusted_one_is_fine() {
    let (trusted, untrusted, other) =
        (Provider::start_tls(), Provider::start_tls(), Provider::start_tls_as("other.example"));
    let settings = format!(
        "probes: {{interval: 400ms, timeout: 20s, confirm_after: 100ms, ca_file: {}}}\n",
        trusted.ca_file().display()
    );
    let models = [("trusted", &trusted), ("untrusted", &untrusted), ("other", &other)];
    let scene = models.iter().fold(Scene::with(&settings), |scene, (model, at)| scene.model(model, &at.api_base()));
    let scene = scene.model_with("by-connection", &untrusted.api_base(), "probe: connect");
    let exporter = scene.start();
    wait_for(&exporter, "trusted", "healthy");
    for model in ["untrusted", "other", "by-connection"] {
        let shown = wait_for(&exporter, model, "unhealthy");
        assert!(text(&shown["error"]).contains("certificate"), "{shown}");
        assert!(counted(&exporter, "llm_probe_failures_total", model, &[("error", "connect")]) >= 3.0);
    }
    assert_eq!((untrusted.all_requests(), other.all_requests()), (0, 0), "nobody else was shown the key");
}

#[test]
fn one_hanging_provider_keeps_no_other_from_being_probed() {
    let (hanging, well) = (Provider::start(), Provider::start());
    hanging.behave(Behaviour::Hang);
    let scene = (0..4).fold(Scene::quick(), |scene, n| scene.model(&format!("hangs-{n}"), &hanging.api_base()));
    let exporter = scene.model("well", &well.api_base()).start();
    wait_for(&exporter, "well", "healthy");
    for n in 0..4 {
        wait_for(&exporter, &format!("hangs-{n}"), "unhealthy");
    }
    let before = well.all_requests();
    exporter.wait_until("the other goes on", PATIENCE, |_| well.all_requests() >= before + 3);
    assert_eq!(endpoint(&exporter, "well").expect("it is listed")["status"], "healthy");
    assert_eq!(exporter.get("/health").status, 200, "one model answers");
}

#[test]
fn a_refusal_by_the_rate_limit_is_degraded_and_the_provider_is_left_alone_as_long_as_it_asked() {
    let provider = Provider::start();
    let exporter = Scene::quick().model("gpt", &provider.api_base()).start();
    wait_for(&exporter, "gpt", "healthy");
    provider.behave(Behaviour::RateLimited("6".to_owned()));
    let shown = wait_for(&exporter, "gpt", "degraded");
    assert_eq!(shown["reason"], "probe_throttled");
    assert!(text(&shown["error"]).contains("HTTP 429"), "{shown}");
    // Without it, another probe would come in less than half a second.
    let asked = provider.all_requests();
    assert!(holds_for(Duration::from_secs(3), || provider.all_requests() == asked), "it was asked in between");
    assert_eq!(counted(&exporter, "llm_probe_failures_total", "gpt", &[("error", "rate_limited_provider")]), 1.0);
    assert_eq!(exporter.get("/health/models?model=gpt").status, 200, "it can serve");
    provider.behave(Behaviour::Healthy);
    wait_for(&exporter, "gpt", "healthy");
    assert!(!changes(&exporter, "gpt").iter().any(|(_, to)| to == "unhealthy"), "{}", exporter.log());
}

#[test]
fn no_secret_of_an_address_is_shown_to_anybody_whatever_fails() {
    let provider = Provider::start();
    let base = format!("http://admin:pass-4711-word@{}/v1?api_key=query-0815-secret", provider.address());
    let echo = format!("bad request to {base} with Bearer {KEY}");
    let exporter = Scene::quick().model("gpt", &base).start();
    for (behaviour, status) in [
        (Behaviour::Healthy, "healthy"),
        (Behaviour::Refusal(401, json!({"error": {"message": echo}}).to_string()), "unhealthy"),
        (Behaviour::Refusal(500, echo), "unhealthy"),
        (Behaviour::CloseAtOnce, "unhealthy"),
    ] {
        provider.behave(behaviour.clone());
        wait_for(&exporter, "gpt", status);
        let seen = provider.all_requests();
        crate::scene::wait_for_requests(&exporter, &provider, seen + 2);
        let shown = everything_shown(&exporter);
        for secret in [KEY, "pass-4711-word", "query-0815-secret"] {
            assert!(!shown.contains(secret), "{behaviour:?} shows {secret}:\n{shown}");
        }
    }
    let shown = endpoint(&exporter, "gpt").expect("it is listed");
    assert!(text(&shown["api_base"]).contains(&provider.address().to_string()), "the rest of it is: {shown}");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
