//! Latencies, streams, and clients that leave them.

use serde_json::json;

use super::support::edited::{Edited, event};
use super::support::pipeline::{NOW, Pipeline, scrape_of};
use super::{assert_only_error, assert_sum, assert_value};

#[test]
fn the_duration_is_from_start_to_end_and_response_time_is_not_asked() {
    let misleading = event("chat_stream_success").with(json!({"response_time": 77.0}));
    let scraped = scrape_of([&misleading]);
    let labels = [("model", "up-ok"), ("provider", "openai"), ("stream", "true")];
    assert_value(&scraped, "llm_request_duration_seconds_sum", &labels, 0.088_319);
    assert_value(&scraped, "llm_request_duration_seconds_count", &labels, 1.0);
}

#[test]
fn a_stream_has_a_first_token_and_a_time_between_tokens() {
    let scraped = scrape_of([&event("chat_stream_success")]);
    let labels = [("model", "up-ok"), ("provider", "openai")];
    assert_value(&scraped, "llm_time_to_first_token_seconds_sum", &labels, 0.046_007);
    assert_value(&scraped, "llm_time_per_output_token_seconds_sum", &labels, 0.042_312 / 8.0);
    assert_value(&scraped, "llm_gateway_overhead_seconds_count", &labels, 0.0);
}

#[test]
fn an_answer_that_came_at_once_has_no_first_token() {
    let scraped = scrape_of([&event("chat_success")]);
    assert_sum(&scraped, "llm_request_duration_seconds_count", &[("stream", "false")], 1.0);
    assert_sum(&scraped, "llm_request_duration_seconds_count", &[("stream", "true")], 0.0);
    assert_sum(&scraped, "llm_time_to_first_token_seconds_count", &[], 0.0);
    assert_sum(&scraped, "llm_time_per_output_token_seconds_count", &[], 0.0);
    assert_sum(&scraped, "llm_gateway_overhead_seconds_sum", &[], 0.659_694_9);
}

#[test]
fn the_trace_of_a_request_is_the_exemplar_of_its_bucket() {
    let scraped = scrape_of([&event("chat_success")]);
    let exemplars: Vec<_> = scraped.exemplars("llm_request_duration_seconds_bucket").collect();
    assert_eq!(exemplars.len(), 1);
    assert!(exemplars[0].labels.are(&[("trace_id", "7f328509a167126c796dc53a1f6f0807")]));
    assert_eq!((exemplars[0].value, exemplars[0].timestamp), (0.040_44, Some(1_795_410_834.776_262)));
}

#[test]
fn a_cut_stream_is_aborted_and_has_a_first_token() {
    let scraped = scrape_of([&event("stream_cut_upstream")]);
    assert_only_error(&scraped, "llm_request_errors_total", &[("model", "up-streamcut")], "stream_aborted");
    assert_sum(&scraped, "llm_time_to_first_token_seconds_sum", &[], 0.012_619);
    assert_sum(&scraped, "llm_request_duration_seconds_count", &[("stream", "true")], 1.0);
    assert_sum(&scraped, "llm_deployment_consecutive_failures", &[("deployment", "dep-up-streamcut")], 1.0);
}

#[test]
fn every_way_in_which_a_stream_breaks_off_is_an_aborted_stream() {
    for (code, class, normalized) in [
        ("", "APIConnectionError", "500_PROVIDER_CONNECTION_ERROR"),
        ("", "ReadError", "500_PROVIDER_CONNECTION_ERROR"),
        ("", "RemoteProtocolError", "UNCLASSIFIED"),
        ("server_error", "APIError", "UNCLASSIFIED"),
        ("408", "Timeout", "408_UPSTREAM_TIMEOUT"),
    ] {
        let error = json!({"error_code": code, "error_class": class, "normalized_error": normalized});
        let scraped = scrape_of([&event("stream_cut_upstream").with(json!({"error_information": error}))]);
        assert_only_error(&scraped, "llm_request_errors_total", &[], "stream_aborted");
    }
}

#[test]
fn a_stream_that_was_cut_before_its_first_token_could_not_connect() {
    let cut = event("stream_cut_upstream");
    let end = cut["endTime"].clone();
    let cut = cut.with(json!({
        "completionStartTime": end, "prompt_tokens": 0, "completion_tokens": 0, "response_cost": 0.0,
        "error_information": {"error_class": "APIConnectionError"},
    }));
    let scraped = scrape_of([&cut]);
    assert_only_error(&scraped, "llm_request_errors_total", &[], "connect");
    assert_sum(&scraped, "llm_time_to_first_token_seconds_count", &[], 0.0);
}

#[test]
fn a_client_that_left_is_cancelled_though_litellm_calls_it_a_success() {
    let scraped = scrape_of([&event("client_disconnect")]);
    assert_only_error(&scraped, "llm_request_errors_total", &[("model", "up-ok-slowstream")], "client_cancelled");
    assert_sum(&scraped, "llm_time_to_first_token_seconds_sum", &[], 0.019_349);
    assert_sum(&scraped, "llm_requests_total", &[], 1.0);
}

#[test]
fn clients_that_leave_speak_against_nobody() {
    let pipeline = Pipeline::new();
    let left = json!({"model_group": "up-ok", "model_id": "dep-up-ok"});
    let clients: Vec<_> = (0..50)
        .map(|number| event("client_disconnect").attempt(&format!("client {number}")).with(left.clone()))
        .collect();
    pipeline.push(&clients);
    let states = |pipeline: &Pipeline| {
        let scraped = pipeline.scrape();
        let active = scraped.samples("llm_deployment_health").filter(|sample| sample.value == 1.0);
        active.map(|sample| sample.labels.get("state").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states(&pipeline), ["unknown"], "who left tells nothing, good or bad");
    pipeline.push([&event("chat_success")]);
    assert_eq!(states(&pipeline), ["healthy"]);
    let report = pipeline.report(NOW);
    assert_eq!(report.deployments[0].consecutive_failures, 0);
    assert_eq!(report.deployments[0].last_check_at, report.deployments[0].last_success_at);
    assert!(report.deployments[0].last_error.is_none());
}

#[test]
fn a_clock_that_ran_backwards_costs_no_request_its_duration() {
    let backwards = event("chat_success").with(json!({"endTime": 1_795_410_800.0}));
    let scraped = scrape_of([&backwards]);
    assert_sum(&scraped, "llm_request_duration_seconds_count", &[], 1.0);
    assert_sum(&scraped, "llm_request_duration_seconds_sum", &[], 0.0);
}

#[test]
fn an_exemplar_gives_way_to_a_newer_one_only() {
    let newer = event("chat_success").attempt("newer").later(10.0).with(json!({"trace_id": "newer"}));
    let older = event("chat_success").attempt("older").with(json!({"trace_id": "older"}));
    let scraped = scrape_of([&newer, &older]);
    let traces: Vec<&str> = scraped
        .exemplars("llm_request_duration_seconds_bucket")
        .map(|exemplar| exemplar.labels.get("trace_id"))
        .collect();
    assert_eq!(traces, ["newer"]);
}
