//! Names as long as a client likes.

use serde_json::json;

use super::assert_sum;
use super::support::edited::{Edited, event};
use super::support::pipeline::{NOW, Pipeline};

#[test]
fn a_retry_of_a_model_with_an_endless_name_is_a_retry_and_no_fallback() {
    let pipeline = Pipeline::new();
    let endless = json!({"model_group": "m".repeat(100_000), "model_id": "dep", "litellm_call_id": "call"});
    pipeline.push([&event("upstream_500").with(endless.clone()), &event("chat_success").later(60.0).with(endless)]);
    let scraped = pipeline.scrape();
    assert_sum(&scraped, "llm_requests_total", &[], 2.0);
    assert_sum(&scraped, "llm_retries_total", &[], 1.0);
    assert_sum(&scraped, "llm_fallbacks_total", &[], 0.0);
}

#[test]
fn an_endless_address_is_kept_as_short_as_its_label() {
    let pipeline = Pipeline::new();
    let address = format!("https://example.com/{}", "a/".repeat(100_000));
    pipeline.push([&event("chat_success").with(json!({"api_base": address}))]);
    let fleet = pipeline.state.fleet(NOW);
    let kept: Vec<usize> = fleet.deployments.iter().map(|row| row.facts.info.api_base.len()).collect();
    assert_eq!(kept, [256]);
}
