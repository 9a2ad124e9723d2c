//! Attempts and calls: fallbacks, retries, and what counts as the same attempt.

use llm_exporter::event::Timestamp;
use serde_json::{Value, json};

use super::support::captures;
use super::support::edited::{Edited, event};
use super::support::pipeline::{NOW, Pipeline, scrape_of, settings};
use super::{assert_sum, assert_value};

const FROM_OTHER: [(&str, &str); 3] = [("model", "other"), ("fallback_model", "up-ok"), ("outcome", "success")];
const SERVED_BY_UP_OK: [(&str, &str); 3] =
    [("model", "up-primary-bad"), ("fallback_model", "up-ok"), ("outcome", "success")];

/// The same attempt, at the time at which one begins that follows another.
fn starting_after(earlier: &Value, attempt: Value) -> Value {
    let seconds = |event: &Value, field: &str| event[field].as_f64().expect("a time");
    let pause = seconds(earlier, "endTime") - seconds(&attempt, "startTime");
    attempt.later(pause + 0.01)
}

#[test]
fn a_fallback_is_two_attempts_of_one_call_one_error_and_one_success() {
    let scraped = scrape_of(&captures::events("fallback"));
    assert_sum(&scraped, "llm_requests_total", &[], 2.0);
    assert_sum(&scraped, "llm_requests_total", &[("deployment", "dep-up-primary-bad")], 1.0);
    assert_sum(&scraped, "llm_requests_total", &[("deployment", "dep-up-ok-b")], 1.0);
    assert_sum(&scraped, "llm_request_errors_total", &[], 1.0);
    assert_sum(&scraped, "llm_request_errors_total", &[("model", "up-primary-bad"), ("error", "server_error")], 1.0);
    assert_value(&scraped, "llm_fallbacks_total", &SERVED_BY_UP_OK, 1.0);
    assert_sum(&scraped, "llm_fallbacks_total", &[], 1.0);
    assert_sum(&scraped, "llm_retries_total", &[], 0.0);
}

#[test]
fn a_fallback_is_put_together_from_two_pushes() {
    let pipeline = Pipeline::new();
    for attempt in &captures::events("fallback") {
        pipeline.push([attempt]);
    }
    assert_value(&pipeline.scrape(), "llm_fallbacks_total", &SERVED_BY_UP_OK, 1.0);
}

#[test]
fn a_fallback_whose_failure_nobody_told_comes_from_other() {
    let served = &captures::events("fallback")[1];
    let pipeline = Pipeline::new();
    pipeline.push([served]);
    assert_sum(&pipeline.scrape(), "llm_fallbacks_total", &[], 0.0);
    let later = Timestamp::from_micros(NOW.as_micros() + 31_000_000);
    assert_value(&pipeline.scrape_at(later), "llm_fallbacks_total", &FROM_OTHER, 1.0);
    let without_call = served.clone().with(json!({"litellm_call_id": null}));
    assert_value(&scrape_of([&without_call]), "llm_fallbacks_total", &FROM_OTHER, 1.0);
}

#[test]
fn a_fallback_that_is_told_before_its_failure_is_the_same_one() {
    let told = captures::events("fallback");
    let [failed, served] = [&told[0], &told[1]];
    let pipeline = Pipeline::new();
    pipeline.push([served, failed]);
    let later = Timestamp::from_micros(NOW.as_micros() + 31_000_000);
    let scraped = pipeline.scrape_at(later);
    assert_value(&scraped, "llm_fallbacks_total", &SERVED_BY_UP_OK, 1.0);
    assert_sum(&scraped, "llm_fallbacks_total", &[], 1.0);
    assert_sum(&scraped, "llm_retries_total", &[], 0.0);
}

#[test]
fn a_fallback_whose_failure_is_told_too_late_counts_once() {
    let told = captures::events("fallback");
    let pipeline = Pipeline::new();
    pipeline.push([&told[1]]);
    let later = Timestamp::from_micros(NOW.as_micros() + 31_000_000);
    assert_sum(&pipeline.scrape_at(later), "llm_fallbacks_total", &[("model", "other")], 1.0);
    pipeline.push([&told[0]]);
    assert_sum(&pipeline.scrape_at(later), "llm_fallbacks_total", &[], 1.0);
}

#[test]
fn a_fallback_model_that_was_itself_retried_is_a_fallback_all_the_same() {
    let told = captures::events("fallback");
    let [failed, served] = [&told[0], &told[1]];
    let headers = json!({"additional_headers": {"x-litellm-attempted-retries": 1}});
    let served = served.clone().with(json!({"hidden_params": headers}));
    let retried = failed.clone().with(json!({"id": "retried", "model_group": "up-ok"})).later(0.005);
    for order in [[&served, &retried, failed], [failed, &served, &retried]] {
        let scraped = scrape_of(order);
        assert_value(&scraped, "llm_fallbacks_total", &SERVED_BY_UP_OK, 1.0);
        assert_sum(&scraped, "llm_fallbacks_total", &[], 1.0);
        assert_value(&scraped, "llm_retries_total", &[("model", "up-ok")], 1.0);
    }
}

#[test]
fn a_refusal_that_is_told_after_what_made_it_good_is_a_fallback() {
    let error = json!({"error_code": "429", "error_class": "RouterRateLimitError", "llm_provider": ""});
    let refused = event("unknown_model").attempt("call").with(json!({"model": "full", "error_information": error}));
    let served = starting_after(&refused, event("chat_stream_success")).with(json!({"litellm_call_id": "call"}));
    for order in [[&refused, &served], [&served, &refused]] {
        assert_value(&scrape_of(order), "llm_fallbacks_total", &FROM_OTHER, 1.0);
    }
}

#[test]
fn a_client_that_names_all_its_calls_alike_has_no_retries_and_fallbacks_for_it() {
    let alike =
        |capture: &str, seconds: f64| event(capture).later(seconds).with(json!({"litellm_call_id": "one for all"}));
    let failed = alike("upstream_500", 0.0).with(json!({"id": "one for all"}));
    let scraped = scrape_of([&failed, &alike("upstream_500", 100.0), &alike("chat_stream_success", 3_600.0)]);
    assert_sum(&scraped, "llm_retries_total", &[], 0.0);
    assert_sum(&scraped, "llm_fallbacks_total", &[], 0.0);
    // Two fallbacks of which nobody told the failures are two.
    let served = |seconds: f64| captures::events("fallback").swap_remove(1).later(seconds);
    let pipeline = Pipeline::new();
    pipeline.push([&served(0.0).with(json!({"id": "first"})), &served(90.0).with(json!({"id": "second"}))]);
    let later = Timestamp::from_micros(NOW.as_micros() + 31_000_000);
    assert_value(&pipeline.scrape_at(later), "llm_fallbacks_total", &FROM_OTHER, 2.0);
}

#[test]
fn a_stream_that_is_told_before_its_failure_is_a_retry_or_a_fallback() {
    for (model, retries) in [("up-ok", 1.0), ("up-500", 0.0)] {
        let failed = event("upstream_500").attempt("call").with(json!({"model_group": model}));
        let served = event("chat_stream_success").with(json!({"litellm_call_id": "call"})).later(60.0);
        let scraped = scrape_of([&served, &failed]);
        assert_sum(&scraped, "llm_retries_total", &[("model", "up-ok")], retries);
        assert_sum(&scraped, "llm_fallbacks_total", &[("model", "up-500"), ("outcome", "success")], 1.0 - retries);
        let after = event("upstream_500").attempt("call").with(json!({"model_group": model})).later(61.0);
        let scraped = scrape_of([&served, &after]);
        assert_sum(&scraped, "llm_retries_total", &[], 0.0);
        assert_sum(&scraped, "llm_fallbacks_total", &[], 0.0);
    }
}

#[test]
fn a_fallback_that_fails_too_says_so() {
    let [failed, served] = <[_; 2]>::try_from(captures::events("fallback")).expect("two attempts");
    let call = served["litellm_call_id"].clone();
    let failed_too = starting_after(&failed, event("upstream_500")).with(json!({"litellm_call_id": call}));
    let labels = [("model", "up-primary-bad"), ("fallback_model", "up-500"), ("outcome", "failure")];
    assert_value(&scrape_of([&failed, &failed_too]), "llm_fallbacks_total", &labels, 1.0);
}

#[test]
fn hidden_retries_are_counted_from_the_header_of_the_attempt_that_served() {
    let headers = json!({"additional_headers": {"x-litellm-attempted-retries": 2}});
    let served = event("chat_success").with(json!({"hidden_params": headers}));
    let scraped = scrape_of([&served]);
    assert_value(&scraped, "llm_retries_total", &[("model", "up-ok")], 2.0);
    assert_sum(&scraped, "llm_fallbacks_total", &[], 0.0);
}

#[test]
fn the_failure_that_is_told_is_among_the_retries_of_the_header() {
    let served = event("chat_success").attempt("answer").with(json!({"litellm_call_id": "call"}));
    let served = served.with(json!({"hidden_params": {"additional_headers": {"x-litellm-attempted-retries": 2}}}));
    let failed = event("upstream_500").attempt("call").with(json!({"model_group": "up-ok"}));
    assert_value(&scrape_of([&failed, &served]), "llm_retries_total", &[("model", "up-ok")], 2.0);
}

#[test]
fn a_retried_stream_has_no_header_and_shows_by_its_call() {
    let failed = event("upstream_500").attempt("call").with(json!({"model_group": "up-ok"}));
    let served = event("chat_stream_success").later(60.0).with(json!({"litellm_call_id": "call"}));
    let scraped = scrape_of([&failed, &served]);
    assert_value(&scraped, "llm_retries_total", &[("model", "up-ok")], 1.0);
    assert_sum(&scraped, "llm_fallbacks_total", &[], 0.0);
}

#[test]
fn what_is_pushed_again_counts_once() {
    let pipeline = Pipeline::new();
    let bodies: Vec<_> = captures::scenarios().iter().flat_map(|scenario| captures::events(scenario)).collect();
    let first = pipeline.push(&bodies);
    let before = pipeline.scrape();
    let second = pipeline.push(&bodies);
    assert_eq!((first.duplicates, second.accepted, second.duplicates), (0, 0, first.accepted));
    let after = pipeline.scrape();
    for name in ["llm_requests_total", "llm_cost_usd_total", "llm_input_tokens_total", "llm_cache_hits_total"] {
        assert_sum(&after, name, &[], before.sum(name, &[]));
    }
    let source = [("source", "litellm_callback")];
    assert_value(&after, "llm_source_events_total", &source, first.accepted as f64);
    assert_value(&after, "llm_source_duplicates_total", &source, first.accepted as f64);
}

#[test]
fn one_id_in_two_calls_is_two_attempts() {
    let first = event("chat_success");
    let second = first.clone().with(json!({"litellm_call_id": "another call"}));
    assert_sum(&scrape_of([&first, &second]), "llm_requests_total", &[], 2.0);
}

#[test]
fn two_ids_in_one_call_are_two_attempts() {
    let first = event("chat_success");
    let second = first.clone().with(json!({"id": "another attempt"}));
    assert_sum(&scrape_of([&first, &second]), "llm_requests_total", &[], 2.0);
}

#[test]
fn a_cache_hit_is_the_same_one_whatever_time_its_id_ends_in() {
    let hit = event("cache_miss_then_hit_2");
    let stored = hit.clone().with(json!({"id": "chatcmpl-mock4_cache_hit1795410866.9"}));
    let pipeline = Pipeline::new();
    let summary = pipeline.push([&hit, &stored]);
    assert_eq!((summary.accepted, summary.duplicates), (1, 1));
    let summary = pipeline.push([&event("cache_miss_then_hit_1")]);
    assert_eq!(summary.accepted, 1, "what was answered from the provider is another attempt");
}

#[test]
fn failures_of_a_client_that_names_all_its_calls_alike_are_as_many_as_they_are() {
    // The id of a failure is the call's, and that is the client's to choose.
    let failed = |seconds: f64| event("upstream_500").attempt("one for all").later(seconds);
    let pipeline = Pipeline::new();
    let summary = pipeline.push([&failed(0.0), &failed(0.001), &failed(7.0), &failed(0.0)]);
    assert_eq!((summary.accepted, summary.duplicates), (3, 1));
    assert_sum(&pipeline.scrape(), "llm_request_errors_total", &[], 3.0);
}

#[test]
fn cache_hits_of_a_client_that_names_all_its_calls_alike_are_as_many_as_they_are() {
    let hit =
        |seconds: f64| event("cache_miss_then_hit_2").later(seconds).with(json!({"litellm_call_id": "one for all"}));
    assert_sum(&scrape_of([&hit(0.0), &hit(1.0), &hit(1.0)]), "llm_cache_hits_total", &[], 2.0);
}

#[test]
fn behind_a_wildcard_a_model_is_called_what_the_caller_asked_for() {
    let asked = json!({"model_group": "openai/gpt-4o", "model": "openai/gpt-4o", "model_id": "dep-openai/*"});
    let scraped = scrape_of([&event("chat_success").with(asked)]);
    let labels = [("model", "openai/gpt-4o"), ("provider", "openai"), ("deployment", "dep-openai/*")];
    assert_value(&scraped, "llm_requests_total", &labels, 1.0);
}

#[test]
fn behind_a_wildcard_the_names_that_callers_make_up_are_bounded() {
    let mut limits = settings(&[]);
    limits.deployments = 2;
    limits.models = 2;
    let pipeline = Pipeline::with(limits);
    for number in 0..5 {
        let name = format!("wild/{number}");
        let asked = json!({"model_group": name, "model_id": "dep-wild/*"});
        pipeline.push([&event("upstream_500").attempt(&name).with(asked)]);
    }
    let scraped = pipeline.scrape();
    assert_eq!(scraped.samples("llm_requests_total").count(), 3, "two and other");
    assert_sum(&scraped, "llm_requests_total", &[], 5.0);
    let other = [("model", "other"), ("provider", "other"), ("deployment", "other")];
    assert_value(&scraped, "llm_requests_total", &other, 3.0);
    assert_value(&scraped, "llm_exporter_series_overflow_total", &[("table", "deployments")], 3.0);
}

#[test]
fn each_event_without_a_row_of_its_own_is_counted_as_such() {
    let mut limits = settings(&[]);
    limits.models = 1;
    let pipeline = Pipeline::with(limits);
    pipeline.push([&event("chat_success")]);
    let late: Vec<_> = (0..10).map(|number| event("upstream_500").attempt(&format!("{number}"))).collect();
    pipeline.push(&late);
    let scraped = pipeline.scrape();
    assert_sum(&scraped, "llm_request_duration_seconds_count", &[("model", "other")], 10.0);
    assert_value(&scraped, "llm_exporter_series_overflow_total", &[("table", "upstreams")], 10.0);
}
