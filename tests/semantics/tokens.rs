//! Tokens: which count, and as what.

use serde_json::{Value, json};

use super::support::edited::{Edited, event};
use super::support::exposition::Exposition;
use super::support::pipeline::scrape_of;
use super::{assert_sum, assert_value};

const INPUT: &str = "llm_input_tokens_total";
const OUTPUT: &str = "llm_output_tokens_total";

/// The kinds that are above nothing.
fn kinds<'a>(scraped: &'a Exposition, name: &'a str) -> Vec<(&'a str, f64)> {
    let counted = scraped.samples(name).filter(|sample| sample.value > 0.0);
    counted.map(|sample| (sample.labels.get("kind"), sample.value)).collect()
}

fn using(prompt: u64, completion: u64, usage_object: Value) -> Exposition {
    let tokens = json!({
        "prompt_tokens": prompt, "completion_tokens": completion,
        "metadata": {"usage_object": Value::Null},
    });
    let usage = json!({"metadata": {"usage_object": usage_object}});
    scrape_of([&event("chat_success").with(tokens).with(usage)])
}

#[test]
fn the_kinds_are_disjoint_and_add_up_to_what_was_told() {
    let scraped = scrape_of([&event("chat_success")]);
    assert_eq!(kinds(&scraped, INPUT), [("uncached", 5.0), ("cache_read", 4.0)], "4 of the 9 were cached");
    assert_eq!(kinds(&scraped, OUTPUT), [("text", 7.0), ("reasoning", 2.0)], "2 of the 9 were thoughts");
}

#[test]
fn every_kind_that_litellm_tells_is_told_apart() {
    let scraped = using(
        100,
        50,
        json!({
            "prompt_tokens_details": {
                "cached_tokens": 10, "cache_creation_tokens": 20, "audio_tokens": 30, "image_tokens": 4, "video_tokens": 1,
            },
            "completion_tokens_details": {"reasoning_tokens": 15, "audio_tokens": 5, "image_tokens": 2},
        }),
    );
    let input = [("uncached", 35.0), ("cache_read", 10.0), ("cache_write", 20.0), ("audio", 30.0), ("other", 5.0)];
    assert_eq!(kinds(&scraped, INPUT), input);
    assert_eq!(kinds(&scraped, OUTPUT), [("text", 28.0), ("reasoning", 15.0), ("audio", 5.0), ("other", 2.0)]);
}

#[test]
fn cached_tokens_are_found_at_the_top_where_there_are_no_details() {
    let usage = json!({"cache_read_input_tokens": 6, "cache_creation_input_tokens": 3, "prompt_tokens_details": null});
    let scraped = using(10, 0, usage);
    assert_eq!(kinds(&scraped, INPUT), [("uncached", 1.0), ("cache_read", 6.0), ("cache_write", 3.0)]);
}

#[test]
fn cached_tokens_that_stand_in_both_places_count_once() {
    let usage = json!({"cache_read_input_tokens": 4, "prompt_tokens_details": {"cached_tokens": 4}});
    assert_eq!(kinds(&using(10, 0, usage), INPUT), [("uncached", 6.0), ("cache_read", 4.0)]);
}

#[test]
fn parts_that_exceed_the_total_never_raise_it() {
    let usage = json!({"prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 8}});
    assert_sum(&using(10, 0, usage), INPUT, &[], 10.0);
}

#[test]
fn tokens_count_without_any_details() {
    let scraped = using(7, 3, Value::Null);
    assert_eq!(kinds(&scraped, INPUT), [("uncached", 7.0)]);
    assert_eq!(kinds(&scraped, OUTPUT), [("text", 3.0)]);
}

#[test]
fn an_embedding_has_input_and_no_output() {
    let scraped = scrape_of([&event("embeddings")]);
    assert_eq!(kinds(&scraped, INPUT), [("uncached", 10.0)]);
    assert_eq!(kinds(&scraped, OUTPUT), []);
    assert_sum(&scraped, "llm_cost_usd_total", &[("model", "up-embed")], 2e-7);
    assert_sum(&scraped, "llm_time_to_first_token_seconds_count", &[], 0.0);
    assert_sum(&scraped, "llm_unpriced_requests_total", &[], 0.0);
}

#[test]
fn the_estimated_tokens_of_a_failure_that_was_not_billed_do_not_count() {
    let estimated = json!({"prompt_tokens": 1200, "completion_tokens": 30, "total_tokens": 1230});
    let scraped = scrape_of([&event("upstream_500").with(estimated)]);
    assert_sum(&scraped, "llm_request_errors_total", &[], 1.0);
    for name in [INPUT, OUTPUT, "llm_cost_usd_total", "llm_unpriced_requests_total", "llm_unpriced_tokens_total"] {
        assert_sum(&scraped, name, &[], 0.0);
    }
}

#[test]
fn the_tokens_and_the_cost_of_a_cut_stream_count_because_it_was_billed() {
    let scraped = scrape_of([&event("stream_cut_upstream")]);
    assert_eq!(kinds(&scraped, INPUT), [("uncached", 16.0)]);
    assert_eq!(kinds(&scraped, OUTPUT), [("text", 3.0)]);
    assert_sum(&scraped, "llm_cost_usd_total", &[], 4.2e-6);
}

#[test]
fn a_client_that_left_used_what_was_billed() {
    let scraped = scrape_of([&event("client_disconnect")]);
    assert_eq!(kinds(&scraped, INPUT), [("uncached", 16.0)]);
    assert_sum(&scraped, "llm_cost_usd_total", &[], 2.4e-6);
}

#[test]
fn a_cache_hit_adds_no_request_tokens_cost_or_latency() {
    let miss = event("cache_miss_then_hit_1");
    let before = scrape_of([&miss]);
    let after = scrape_of([&miss, &event("cache_miss_then_hit_2")]);
    for name in [
        "llm_requests_total",
        INPUT,
        OUTPUT,
        "llm_cost_usd_total",
        "llm_request_duration_seconds_count",
        "llm_gateway_overhead_seconds_count",
        "llm_unpriced_requests_total",
    ] {
        assert_sum(&after, name, &[], before.sum(name, &[]));
    }
    assert_value(&after, "llm_cache_hits_total", &[("model", "up-ok")], 1.0);
    assert_value(&after, "llm_cache_saved_usd_total", &[("model", "up-ok")], 0.000_11);
}

#[test]
fn a_streamed_cache_hit_has_no_first_token() {
    let hit = event("cache_miss_then_hit_2").with(json!({
        "stream": true, "startTime": 1_795_410_866.0, "completionStartTime": 1_795_410_866.005, "endTime": 1_795_410_866.018,
    }));
    let scraped = scrape_of([&hit]);
    assert_sum(&scraped, "llm_time_to_first_token_seconds_count", &[], 0.0);
    assert_sum(&scraped, "llm_cache_hits_total", &[], 1.0);
}

#[test]
fn a_cache_hit_says_nothing_of_a_deployment() {
    let scraped = scrape_of([&event("cache_miss_then_hit_2")]);
    assert_eq!(scraped.samples("llm_deployment_health").count(), 0);
    assert_eq!(scraped.samples("llm_model_up").count(), 0);
}
