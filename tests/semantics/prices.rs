//! Prices: unpriced is not free.

use serde_json::{Value, json};

use super::support::edited::{Edited, event};
use super::support::exposition::Exposition;
use super::support::pipeline::scrape_of;
use super::{assert_sum, assert_value};

/// The 18 tokens of `chat_success`, booked at nothing, with this price entry.
fn costing_nothing(model_map_value: Value) -> Value {
    let information = json!({"model_map_key": "openai/my-own-llm", "model_map_value": Value::Null});
    event("chat_success")
        .with(json!({"response_cost": 0.0, "model_map_information": information}))
        .with(json!({"model_map_information": {"model_map_value": model_map_value}}))
}

#[track_caller]
fn assert_unpriced(scraped: &Exposition, reason: &str) {
    let labels = [("model", "up-ok"), ("provider", "openai"), ("reason", reason)];
    assert_value(scraped, "llm_unpriced_requests_total", &labels, 1.0);
    assert_value(scraped, "llm_unpriced_tokens_total", &labels, 18.0);
    assert_sum(scraped, "llm_unpriced_requests_total", &[], 1.0);
    assert_sum(scraped, "llm_cost_usd_total", &[], 0.0);
}

#[track_caller]
fn assert_priced(scraped: &Exposition) {
    assert_sum(scraped, "llm_unpriced_requests_total", &[], 0.0);
    assert_sum(scraped, "llm_unpriced_tokens_total", &[], 0.0);
}

#[test]
fn what_was_booked_is_the_cost_without_the_noise_of_floats() {
    let scraped = scrape_of([&event("chat_success")]);
    let labels = [("model", "up-ok"), ("provider", "openai"), ("deployment", "dep-up-ok")];
    assert_eq!(scraped.value("llm_cost_usd_total", &labels), Some(0.000_006_45));
    assert_priced(&scraped);
}

#[test]
fn a_model_that_no_price_list_knows_is_unpriced() {
    assert_unpriced(&scrape_of([&costing_nothing(Value::Null)]), "no_price");
    let without_information = costing_nothing(Value::Null).with(json!({"model_map_information": null}));
    assert_unpriced(&scrape_of([&without_information]), "no_price");
}

#[test]
fn a_model_that_the_router_registered_without_a_price_is_unpriced() {
    let entry = json!({"key": "openai/my-own-llm", "input_cost_per_token": 0, "output_cost_per_token": 0});
    assert_unpriced(&scrape_of([&costing_nothing(entry)]), "no_price");
}

#[test]
fn a_deployment_whose_prices_were_set_to_nothing_is_free_and_not_unpriced() {
    let entry = json!({"key": "dep-up-ok", "input_cost_per_token": 0.0, "output_cost_per_token": 0.0});
    let scraped = scrape_of([&costing_nothing(entry)]);
    assert_priced(&scraped);
    assert_sum(&scraped, "llm_cost_usd_total", &[], 0.0);
    assert_sum(&scraped, "llm_input_tokens_total", &[], 9.0);
}

#[test]
fn an_entry_of_the_deployment_with_a_price_left_out_is_unpriced() {
    let entry = json!({"key": "dep-up-ok", "input_cost_per_token": 0.0, "output_cost_per_token": null});
    assert_unpriced(&scrape_of([&costing_nothing(entry)]), "no_price");
}

#[test]
fn the_reason_that_litellm_gives_is_the_reason() {
    let entry = json!({"key": "dep-up-ok", "input_cost_per_token": 0.0, "output_cost_per_token": 0.0});
    for (told, reason) in [
        ("missing_pricing_key", "missing_pricing_key"),
        ("pricing_not_applied", "pricing_not_applied"),
        ("cost_calculation_error", "cost_calculation_error"),
        ("something of a later version", "other"),
    ] {
        let diagnosed = costing_nothing(entry.clone()).with(json!({"zero_cost_diagnostic": {"reason": told}}));
        assert_unpriced(&scrape_of([&diagnosed]), reason);
    }
}

#[test]
fn a_price_of_nothing_for_no_tokens_needs_no_explanation() {
    let nothing = json!({"prompt_tokens": 0, "completion_tokens": 0});
    assert_priced(&scrape_of([&costing_nothing(Value::Null).with(nothing)]));
}

#[test]
fn what_failed_or_came_from_the_cache_is_not_unpriced() {
    let estimated = json!({"prompt_tokens": 12, "completion_tokens": 3});
    assert_priced(&scrape_of([&event("upstream_500").with(estimated)]));
    assert_priced(&scrape_of([&event("cache_miss_then_hit_2")]));
}

#[test]
fn a_cost_that_is_no_amount_of_money_books_nothing() {
    for cost in [json!(-1.0), json!(null), json!("much"), json!(1e300)] {
        let scraped = scrape_of([&event("chat_success").with(json!({"response_cost": cost}))]);
        assert_sum(&scraped, "llm_requests_total", &[], 1.0);
        assert_sum(&scraped, "llm_cost_usd_total", &[], 0.0);
    }
}
