//! Failures at a deployment: their kinds, and against whom they speak.

use serde_json::{Value, json};

use super::support::edited::{Edited, event};
use super::support::pipeline::{NOW, Pipeline, scrape_of};
use super::{assert_only_error, assert_sum};

/// What LiteLLM pushed for each error of an upstream: the kind it must be; `error_code`, `error_class`, `normalized_error`;
/// the beginning of `error_message`.
const SEEN_LIVE: [(&str, [&str; 3], &str); 27] = [
    ("bad_request", ["400", "BadRequestError", "400_INVALID_REQUEST"], ""),
    ("bad_request", ["invalid_value", "BadRequestError", "400_INVALID_REQUEST"], ""),
    ("bad_request", ["unprocessable", "BadRequestError", "400_INVALID_REQUEST"], ""),
    ("context_length", ["400", "ContextWindowExceededError", "400_CONTEXT_WINDOW_EXCEEDED"], ""),
    ("content_filter", ["content_policy_violation", "BadRequestError", "400_INVALID_REQUEST"], ""),
    ("content_filter", ["content_filter", "BadRequestError", "400_INVALID_REQUEST"], ""),
    ("content_filter", ["400", "ContentPolicyViolationError", "400_INVALID_REQUEST"], ""),
    ("auth", ["401", "AuthenticationError", "401_AUTHENTICATION_FAILED"], ""),
    ("permission", ["403", "APIError", "403_PERMISSION_DENIED"], ""),
    ("permission", ["403", "PermissionDeniedError", "403_PERMISSION_DENIED"], ""),
    ("model_not_found", ["404", "NotFoundError", "404_RESOURCE_NOT_FOUND"], ""),
    ("timeout", ["408", "Timeout", "408_UPSTREAM_TIMEOUT"], "litellm.Timeout: APITimeoutError"),
    ("timeout", ["504", "Timeout", "408_UPSTREAM_TIMEOUT"], ""),
    ("server_error", ["server_error", "InternalServerError", "500_PROVIDER_INTERNAL_ERROR"], ""),
    ("server_error", ["500", "InternalServerError", "500_PROVIDER_INTERNAL_ERROR"], ""),
    ("server_error", ["502", "BadGatewayError", "500_PROVIDER_INTERNAL_ERROR"], ""),
    ("overloaded", ["503", "ServiceUnavailableError", "503_PROVIDER_OVERLOADED"], ""),
    ("overloaded", ["529", "APIError", "503_PROVIDER_OVERLOADED"], ""),
    ("connect", ["500", "InternalServerError", "500_PROVIDER_CONNECTION_ERROR"], "OpenAIException - Connection error."),
    ("connect", ["", "APIConnectionError", "500_PROVIDER_CONNECTION_ERROR"], ""),
    (
        "bad_response",
        ["500", "InternalServerError", "500_PROVIDER_INTERNAL_ERROR"],
        "Empty or invalid response from LLM endpoint. Received: '<html>oops'",
    ),
    (
        "bad_response",
        ["500", "InternalServerError", "500_PROVIDER_INTERNAL_ERROR"],
        "Expecting property name enclosed in double quotes",
    ),
    (
        "bad_response",
        ["500", "InternalServerError", "500_PROVIDER_INTERNAL_ERROR"],
        "provider returned a response with no 'choices'. Raw keys: []",
    ),
    ("internal", ["500", "APIConnectionError", "500_PROVIDER_CONNECTION_ERROR"], "'str' object has no attribute 'get'"),
    ("bad_request", ["422", "UnprocessableEntityError", "400_INVALID_REQUEST"], ""),
    ("other", ["", "SomethingOfALaterVersion", "UNCLASSIFIED"], ""),
    ("server_error", ["", "SomethingOfALaterVersion", "500_PROVIDER_INTERNAL_ERROR"], ""),
];

fn failing(error: Value) -> Value {
    event("upstream_500").with(json!({"error_information": error}))
}

#[test]
fn each_error_of_an_upstream_has_its_kind() {
    for (kind, [code, class, normalized], message) in SEEN_LIVE {
        let failed = failing(json!({
            "error_code": code, "error_class": class, "normalized_error": normalized, "error_message": message,
        }));
        assert_only_error(&scrape_of([&failed]), "llm_request_errors_total", &[("deployment", "dep-up-500")], kind);
    }
}

#[test]
fn the_captured_failures_have_their_kinds() {
    for (scenario, model, kind) in [
        ("upstream_429", "up-429", "rate_limited_provider"),
        ("upstream_500", "up-500", "server_error"),
        ("upstream_timeout", "up-timeout", "timeout"),
    ] {
        assert_only_error(&scrape_of([&event(scenario)]), "llm_request_errors_total", &[("model", model)], kind);
    }
}

#[test]
fn an_error_without_any_information_is_counted_all_the_same() {
    let failed = event("upstream_500").with(json!({"error_information": null}));
    assert_only_error(&scrape_of([&failed]), "llm_request_errors_total", &[], "other");
}

#[test]
fn the_providers_limit_the_keys_limit_and_a_budget_are_told_apart() {
    let told = |code: &str, class: &str, category: &str, limit: Value| {
        let error = json!({
            "error_code": code, "error_class": class, "error_rate_limit_category": category, "error_rate_limit_type": limit,
        });
        event("upstream_429").with(json!({"error_information": error}))
    };
    // Refused before any deployment: no address to go to, and no headers.
    let refused = json!({
        "api_base": "", "model_id": "", "hidden_params": {"additional_headers": null}, "error_information": {"llm_provider": ""},
    });
    let provider = told("429", "RateLimitError", "vendor_rate_limit", json!(null));
    assert_only_error(&scrape_of([&provider]), "llm_request_errors_total", &[], "rate_limited_provider");
    let key = told("429", "ProxyRateLimitError", "litellm_rate_limit", json!("requests")).with(refused.clone());
    assert_only_error(&scrape_of([&key]), "llm_rejected_requests_total", &[], "rate_limited_gateway");
    let budget = told("422", "RateLimitError", "litellm_rate_limit", json!("budget")).with(refused.clone());
    assert_only_error(&scrape_of([&budget]), "llm_rejected_requests_total", &[], "budget_exceeded");
    let class = told("400", "BudgetExceededError", "", json!(null)).with(refused);
    assert_only_error(&scrape_of([&class]), "llm_rejected_requests_total", &[], "budget_exceeded");
}

#[test]
fn a_provider_that_throttles_is_degraded_and_never_down() {
    let pipeline = Pipeline::new();
    let throttled: Vec<_> =
        (0..40).map(|number| event("upstream_429").attempt(&format!("throttled {number}"))).collect();
    pipeline.push(&throttled);
    let scraped = pipeline.scrape();
    assert_sum(&scraped, "llm_deployment_health", &[("state", "degraded")], 1.0);
    assert_sum(&scraped, "llm_deployment_consecutive_failures", &[], 0.0);
    assert_sum(&scraped, "llm_model_up", &[("model", "up-429")], 1.0);
}

#[test]
fn what_a_caller_did_wrong_says_nothing_of_a_deployment() {
    for (kind, [code, class, normalized], message) in SEEN_LIVE {
        let failed = failing(json!({
            "error_code": code, "error_class": class, "normalized_error": normalized, "error_message": message,
        }));
        let blames = matches!(kind, "timeout" | "connect" | "overloaded" | "server_error" | "bad_response");
        let scraped = scrape_of([&failed]);
        assert_sum(&scraped, "llm_deployment_consecutive_failures", &[], f64::from(u8::from(blames)));
        let state = if blames { "degraded" } else { "unknown" };
        assert_sum(&scraped, "llm_deployment_health", &[("state", state)], 1.0);
    }
}

#[test]
fn the_words_of_an_error_are_never_a_label() {
    let failed = failing(json!({"error_message": "the prompt was hunter2", "error_code": "hunter2"}));
    let pipeline = Pipeline::new();
    pipeline.push([&failed]);
    let text = pipeline.text(llm_exporter::exposition::Dialect::Text, NOW);
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_499_of_the_provider_is_no_client_that_left() {
    let codes = [("APIError", "499_UNKNOWN"), ("InternalServerError", "500_PROVIDER_INTERNAL_ERROR")];
    for (class, normalized) in codes {
        let failed = failing(json!({
            "error_code": "499", "error_class": class, "normalized_error": normalized, "llm_provider": "openai",
        }));
        let scraped = scrape_of([&failed]);
        assert_only_error(&scraped, "llm_request_errors_total", &[], "server_error");
        assert_sum(&scraped, "llm_deployment_consecutive_failures", &[], 1.0);
    }
}

#[test]
fn a_model_of_which_nothing_is_known_hides_no_outage() {
    let pipeline = Pipeline::new();
    let not_found = json!({"error_code": "404", "error_class": "NotFoundError", "llm_provider": "openai"});
    let typo = json!({"model_group": "openai/typo", "model_id": "dep-openai/*", "error_information": not_found});
    pipeline.push([&event("upstream_500").attempt("typo").with(typo)]);
    assert!(pipeline.report(NOW).is_healthy(), "nothing is known of the only model");
    let failures: Vec<_> = (0..5).map(|number| event("upstream_500").attempt(&format!("failure {number}"))).collect();
    pipeline.push(&failures);
    assert!(!pipeline.report(NOW).is_healthy(), "the only model that anything is known of is down");
    pipeline.push([&event("chat_success")]);
    assert!(pipeline.report(NOW).is_healthy(), "another one answers");
}
