//! What the gateway refused before it asked any deployment, and its own health checks, which nobody asked for.

use llm_exporter::exposition::Dialect;
use serde_json::{Value, json};

use super::support::edited::{Edited, event};
use super::support::pipeline::{NOW, Pipeline, scrape_of, settings};
use super::{assert_only_error, assert_sum, assert_value};

const HEALTH_CHECK: &str = "litellm-internal-health-check";

/// Asserts that these events are all refusals, and that `hidden` stands nowhere in what they leave behind.
#[track_caller]
fn assert_nothing_is_named(refusals: &[Value], hidden: &str) {
    let pipeline = Pipeline::with(settings(&["key", "team", "user", "org", "end_user", "tag:x"]));
    pipeline.push(refusals);
    let text = pipeline.text(Dialect::OpenMetrics, NOW);
    assert!(!text.contains(hidden), "{hidden} is named: {text}");
    let scraped = pipeline.scrape();
    assert_sum(&scraped, "llm_rejected_requests_total", &[("model", "other")], refusals.len() as f64);
    assert_sum(&scraped, "llm_requests_total", &[], 0.0);
    assert_sum(&scraped, "llm_request_duration_seconds_count", &[], 0.0);
    assert_eq!(scraped.samples("llm_deployment_info").count(), 0);
}

#[test]
fn a_wrong_key_names_no_model_and_no_consumer() {
    let stranger = event("auth_bad_key");
    let hash = stranger["metadata"]["user_api_key_hash"].as_str().expect("a hash").to_owned();
    assert_nothing_is_named(std::slice::from_ref(&stranger), "up-ok");
    assert_nothing_is_named(std::slice::from_ref(&stranger), &hash);
    assert_only_error(&scrape_of([&stranger]), "llm_rejected_requests_total", &[], "auth");
}

#[test]
fn a_stranger_names_nobody_by_tags_or_end_users_either() {
    let stranger = event("auth_bad_key").with(json!({"end_user": "made-up", "request_tags": ["x:made-up"]}));
    assert_nothing_is_named(&[stranger], "made-up");
}

#[test]
fn a_key_that_was_not_even_sent_is_an_auth_failure() {
    let error = json!({"error_code": "401", "error_class": "ProxyException"});
    let stranger = event("auth_bad_key").with(json!({"error_information": error}));
    assert_only_error(&scrape_of([&stranger]), "llm_rejected_requests_total", &[], "auth");
}

#[test]
fn an_unknown_model_names_nothing() {
    let unknown = event("unknown_model");
    assert_nothing_is_named(std::slice::from_ref(&unknown), "no-such-model");
    assert_only_error(&scrape_of([&unknown]), "llm_rejected_requests_total", &[], "model_not_found");
}

#[test]
fn an_unknown_model_beside_a_wildcard_has_other_words_and_names_nothing_either() {
    let error = json!({"error_class": "BadRequestError", "normalized_error": "429_NO_HEALTHY_DEPLOYMENTS"});
    let unknown =
        event("unknown_model").with(json!({"model": "nope", "model_group": "nope", "error_information": error}));
    assert_nothing_is_named(std::slice::from_ref(&unknown), "nope");
    assert_only_error(&scrape_of([&unknown]), "llm_rejected_requests_total", &[], "model_not_found");
}

#[test]
fn a_thousand_made_up_models_are_one_series() {
    let asked =
        |number| event("unknown_model").attempt(&format!("{number}")).with(json!({"model": format!("m{number}")}));
    let refusals: Vec<_> = (0..1_000).map(asked).collect();
    let scraped = scrape_of(&refusals);
    let refused = scraped.samples("llm_rejected_requests_total").filter(|sample| sample.value > 0.0);
    assert_eq!(refused.map(|sample| sample.value).collect::<Vec<_>>(), [1_000.0]);
}

#[test]
fn a_refused_request_for_a_model_that_is_served_names_it() {
    let scraped = scrape_of([&event("chat_success"), &event("auth_bad_key")]);
    assert_value(&scraped, "llm_rejected_requests_total", &[("model", "up-ok"), ("error", "auth")], 1.0);
    assert_sum(&scraped, "llm_rejected_requests_total", &[("model", "other")], 0.0);
    assert_sum(&scraped, "llm_requests_total", &[], 1.0);
}

#[test]
fn a_refusal_onto_which_the_proxy_stamped_a_deployment_reached_none() {
    let stamped = json!({"model": "openai/gpt-4o-mini", "model_group": "up-ok", "model_id": "dep-up-ok"});
    let refused = event("auth_bad_key").with(stamped);
    let scraped = scrape_of([&refused]);
    assert_sum(&scraped, "llm_requests_total", &[], 0.0);
    assert_eq!(scraped.samples("llm_deployment_info").count(), 0);
    let scraped = scrape_of([&event("chat_success"), &refused]);
    assert_sum(&scraped, "llm_requests_total", &[("deployment", "dep-up-ok")], 1.0);
    assert_sum(&scraped, "llm_request_errors_total", &[], 0.0);
    assert_value(&scraped, "llm_rejected_requests_total", &[("model", "up-ok"), ("error", "auth")], 1.0);
}

#[test]
fn a_wrong_key_behind_a_wildcard_names_nothing_though_it_carries_a_deployment() {
    let stamped = json!({"model": "openai/foo", "model_group": "openai/foo", "model_id": "dep-openai/*"});
    assert_nothing_is_named(&[event("auth_bad_key").with(stamped)], "foo");
}

#[test]
fn what_tells_an_attempt_is_an_address_or_headers() {
    let without_headers = event("upstream_timeout");
    assert_eq!(without_headers["hidden_params"]["additional_headers"], Value::Null);
    assert_sum(&scrape_of([&without_headers]), "llm_requests_total", &[], 1.0);
    let without_address = event("upstream_500").with(json!({"api_base": ""}));
    assert_sum(&scrape_of([&without_address]), "llm_requests_total", &[], 1.0);
    let with_neither = event("upstream_timeout").with(json!({"api_base": ""}));
    assert_sum(&scrape_of([&with_neither]), "llm_requests_total", &[], 0.0);
}

#[test]
fn a_router_that_found_nobody_asked_nobody() {
    let error = json!({
        "error_code": "429", "error_class": "RouterRateLimitError", "normalized_error": "429_NO_HEALTHY_DEPLOYMENTS",
        "llm_provider": "", "error_message": "No deployments available for selected model, Try again in 60 seconds.",
    });
    let cooling =
        event("unknown_model").with(json!({"model": "two", "model_group": "two", "error_information": error}));
    assert_only_error(&scrape_of([&cooling]), "llm_rejected_requests_total", &[("model", "other")], "overloaded");
    // The error of a model in cooldown, on the labels of the fallback that was tried before: not an error of that one.
    let other_labels = event("upstream_500").with(json!({
        "error_information": error, "hidden_params": {"additional_headers": null},
    }));
    let scraped = scrape_of([&other_labels]);
    assert_sum(&scraped, "llm_requests_total", &[], 0.0);
    assert_sum(&scraped, "llm_request_errors_total", &[], 0.0);
    assert_only_error(&scraped, "llm_rejected_requests_total", &[], "overloaded");
}

#[test]
fn litellms_own_health_checks_are_apart() {
    let named = json!({"user_api_key_hash": HEALTH_CHECK, "user_api_key_alias": HEALTH_CHECK, "user_api_key_team_id": HEALTH_CHECK});
    let check = json!({"model_group": "", "model_id": "", "model": "gpt-4o-mini", "request_tags": [HEALTH_CHECK], "metadata": named});
    let succeeded = event("chat_success").with(check.clone());
    let failed = event("upstream_500").with(check);
    let pipeline = Pipeline::with(settings(&["team", "key"]));
    pipeline.push([&succeeded, &failed]);
    let scraped = pipeline.scrape();
    assert_value(&scraped, "llm_gateway_health_checks_total", &[], 2.0);
    assert_value(&scraped, "llm_gateway_health_check_failures_total", &[], 1.0);
    assert_value(&scraped, "llm_gateway_health_check_tokens_total", &[], 18.0);
    assert_value(&scraped, "llm_gateway_health_check_cost_usd_total", &[], 6.45e-6);
    for name in [
        "llm_requests_total",
        "llm_rejected_requests_total",
        "llm_consumer_requests_total",
        "llm_cost_usd_total",
        "llm_deployment_info",
        "llm_request_duration_seconds_count",
    ] {
        assert_eq!(scraped.samples(name).count(), 0, "{name}");
    }
}

#[test]
fn nobody_can_hide_a_request_among_the_health_checks() {
    let tagged = json!({"request_tags": [HEALTH_CHECK]});
    let as_key = json!({"metadata": {"user_api_key_hash": HEALTH_CHECK}});
    let hidden = [
        event("chat_success").with(tagged.clone()),
        event("unknown_model").attempt("tagged").with(tagged),
        event("auth_bad_key").attempt("as key").with(as_key),
    ];
    let scraped = scrape_of(&hidden);
    assert_value(&scraped, "llm_gateway_health_checks_total", &[], 0.0);
    assert_sum(&scraped, "llm_requests_total", &[], 1.0);
    assert_sum(&scraped, "llm_rejected_requests_total", &[], 2.0);
}

#[test]
fn who_hangs_up_before_a_deployment_is_chosen_names_no_series() {
    let error = json!({"error_code": "499", "error_class": "HTTPException", "llm_provider": ""});
    let early = event("unknown_model").with(json!({"model": "made-up", "error_information": error}));
    assert_nothing_is_named(std::slice::from_ref(&early), "made-up");
    assert_only_error(&scrape_of([&early]), "llm_rejected_requests_total", &[], "client_cancelled");
}

#[test]
fn a_call_that_asks_no_model_is_no_deployment() {
    let nameless = json!({
        "model": "", "model_group": "", "model_id": "", "call_type": "aretrieve_batch", "response_cost": 0.25,
    });
    let pipeline = Pipeline::with(settings(&["key"]));
    pipeline.push([&event("embeddings").with(nameless)]);
    let scraped = pipeline.scrape();
    assert_value(&scraped, "llm_calls_without_model_total", &[], 1.0);
    assert_value(&scraped, "llm_calls_without_model_cost_usd_total", &[], 0.25);
    assert_sum(&scraped, "llm_consumer_cost_usd_total", &[], 0.25);
    assert_sum(&scraped, "llm_consumer_requests_total", &[("key", "blue-alice"), ("model", "other")], 1.0);
    for name in ["llm_requests_total", "llm_rejected_requests_total", "llm_deployment_info", "llm_model_up"] {
        assert_eq!(scraped.samples(name).count(), 0, "{name}");
    }
}
