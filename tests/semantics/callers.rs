//! Who called: consumers, their budgets, and the limits of providers.

use serde_json::{Value, json};

use super::support::edited::{Edited, event};
use super::support::exposition::Exposition;
use super::support::pipeline::{NOW, Pipeline, scrape_of, settings};
use super::{assert_sum, assert_value};

const HASH: &str = "4b12ff0a1c4a541451254d223fa50c77685d37fd4068a43a0c28a2aa1ee66aa5";
const TEAM: &str = "918b0e4a-56e6-47a0-9f23-a977c2d74e4d";

fn with_labels(labels: &[&str]) -> Pipeline {
    Pipeline::with(settings(labels))
}

#[test]
fn consumers_are_who_the_labels_say() {
    let pipeline = with_labels(&["team", "key", "user", "org", "end_user", "tag:jobA", "tag:env"]);
    let org = json!({"user_api_key_org_id": "org-1", "user_api_key_org_alias": "Our Org"});
    let tags = json!(["jobA", "env: prod", "User-Agent: my-agent"]);
    pipeline.push([&event("metadata_full").with(json!({"metadata": org, "request_tags": tags}))]);
    let who = [
        ("team", "Team Blue"),
        ("key", "blue-alice"),
        ("user", "alice"),
        ("org", "Our Org"),
        ("end_user", "end-user-7"),
        ("tag_jobA", "true"),
        ("tag_env", "prod"),
        ("model", "up-ok"),
    ];
    let scraped = pipeline.scrape();
    assert_value(&scraped, "llm_consumer_requests_total", &who, 1.0);
    assert_value(&scraped, "llm_consumer_errors_total", &who, 0.0);
    assert_value(&scraped, "llm_consumer_input_tokens_total", &who, 9.0);
    assert_value(&scraped, "llm_consumer_output_tokens_total", &who, 9.0);
    assert_value(&scraped, "llm_consumer_cost_usd_total", &who, 6.45e-6);
}

#[test]
fn without_labels_there_are_no_consumers() {
    let scraped = scrape_of([&event("metadata_full")]);
    assert_eq!(scraped.samples("llm_consumer_requests_total").count(), 0);
}

#[test]
fn a_key_without_an_alias_is_its_hash_and_a_team_its_id() {
    let pipeline = with_labels(&["team", "key"]);
    let nameless = json!({"user_api_key_alias": null, "user_api_key_team_alias": ""});
    pipeline.push([&event("chat_success").with(json!({"metadata": nameless}))]);
    let who = [("team", TEAM), ("key", HASH), ("model", "up-ok")];
    assert_value(&pipeline.scrape(), "llm_consumer_requests_total", &who, 1.0);
}

#[test]
fn what_is_not_known_of_a_consumer_is_an_absent_label() {
    let pipeline = with_labels(&["org", "tag:nightly"]);
    pipeline.push([&event("chat_success")]);
    assert_value(&pipeline.scrape(), "llm_consumer_requests_total", &[("model", "up-ok")], 1.0);
}

#[test]
fn a_consumer_has_every_event_of_theirs_and_pays_for_what_was_booked() {
    let pipeline = with_labels(&["key"]);
    let scenarios =
        ["cache_miss_then_hit_1", "cache_miss_then_hit_2", "unknown_model", "upstream_500", "stream_cut_upstream"];
    pipeline.push(&scenarios.map(event));
    let scraped = pipeline.scrape();
    let alice = [("key", "blue-alice")];
    assert_sum(&scraped, "llm_consumer_requests_total", &alice, 5.0);
    assert_sum(&scraped, "llm_consumer_errors_total", &alice, 3.0);
    assert_sum(&scraped, "llm_consumer_input_tokens_total", &alice, 26.0);
    assert_sum(&scraped, "llm_consumer_output_tokens_total", &alice, 12.0);
    assert_sum(&scraped, "llm_consumer_cost_usd_total", &alice, 0.000_11 + 4.2e-6);
    assert_sum(&scraped, "llm_consumer_requests_total", &[("model", "other")], 1.0);
}

#[test]
fn who_is_over_budget_or_over_their_limit_is_known_by_key() {
    let pipeline = with_labels(&["key"]);
    let nothing_else = json!({
        "user_api_key_alias": null, "user_api_key_team_id": null, "user_api_key_team_alias": null,
        "user_api_key_user_id": null, "user_api_key_max_budget": null,
    });
    let limited = json!({
        "error_code": "429", "error_class": "RateLimitError",
        "error_rate_limit_category": "litellm_rate_limit", "error_rate_limit_type": "requests",
    });
    pipeline.push([&event("unknown_model").with(json!({"metadata": nothing_else, "error_information": limited}))]);
    assert_sum(&pipeline.scrape(), "llm_consumer_errors_total", &[("key", HASH)], 1.0);
}

#[test]
fn budgets_are_as_the_latest_request_tells_them() {
    let reset = json!({"metadata": {"user_api_key_budget_reset_at": "2026-12-01T00:00:00Z"}});
    let spent = json!({"metadata": {"user_api_key_spend": 4.5}});
    let latest = event("chat_success").attempt("latest").later(10.0).with(reset).with(spent);
    let scraped = scrape_of([&latest, &event("chat_success")]);
    let key = [("scope", "key"), ("id", HASH), ("alias", "blue-alice")];
    assert_value(&scraped, "llm_budget_limit_usd", &key, 10.0);
    assert_value(&scraped, "llm_budget_spent_usd", &key, 4.5);
    assert_value(&scraped, "llm_budget_reset_timestamp_seconds", &key, 1_796_083_200.0);
    assert_value(&scraped, "llm_budget_limit_usd", &[("scope", "team"), ("id", TEAM), ("alias", "Team Blue")], 100.0);
    assert_value(&scraped, "llm_budget_limit_usd", &[("scope", "user"), ("id", "alice")], 50.0);
    assert_eq!(scraped.samples("llm_budget_reset_timestamp_seconds").count(), 1, "teams and users have none here");
}

#[test]
fn where_there_is_no_limit_there_is_no_budget() {
    let unlimited = json!({"metadata": {
        "user_api_key_max_budget": null, "user_api_key_team_max_budget": null, "user_api_key_user_max_budget": null,
    }});
    let scraped = scrape_of([&event("chat_success").with(unlimited)]);
    assert_eq!(scraped.samples("llm_budget_limit_usd").count(), 0);
    assert_eq!(scraped.samples("llm_budget_spent_usd").count(), 0);
}

#[test]
fn a_reset_time_without_a_zone_is_utc() {
    let reset = json!({"metadata": {"user_api_key_budget_reset_at": "2026-12-01 00:00:00.5"}});
    let scraped = scrape_of([&event("chat_success").with(reset)]);
    assert_sum(&scraped, "llm_budget_reset_timestamp_seconds", &[("scope", "key")], 1_796_083_200.5);
}

#[test]
fn a_limit_that_is_lifted_is_gone_and_another_alias_is_still_the_same_budget() {
    let told = |id: &str, seconds: f64, limit: Value, alias: &str| {
        let budget = json!({"user_api_key_max_budget": limit, "user_api_key_alias": alias});
        event("chat_success").attempt(id).later(seconds).with(json!({"metadata": budget}))
    };
    let of_key = |scraped: &Exposition| {
        let keys = scraped.samples("llm_budget_limit_usd").filter(|sample| sample.labels.get("scope") == "key");
        keys.map(|sample| (sample.labels.get("alias").to_owned(), sample.value)).collect::<Vec<_>>()
    };
    let pipeline = Pipeline::new();
    pipeline.push([&told("first", 0.0, json!(10.0), "blue-alice")]);
    assert_eq!(of_key(&pipeline.scrape()), [("blue-alice".to_owned(), 10.0)]);
    pipeline.push([&told("second", 1.0, json!(null), "blue-alice")]);
    assert_eq!(of_key(&pipeline.scrape()), []);
    pipeline.push([&told("third", 2.0, json!(20.0), "renamed")]);
    assert_eq!(of_key(&pipeline.scrape()), [("renamed".to_owned(), 20.0)]);
    pipeline.push([&told("late", 1.5, json!(15.0), "blue-alice")]);
    assert_eq!(of_key(&pipeline.scrape()), [("renamed".to_owned(), 20.0)], "what is told late is old");
}

#[test]
fn what_is_no_hash_of_litellms_is_no_name_for_a_key() {
    // A token that another authority issued is passed on as it is.
    const TOKEN: &str = "ya29.opaque-access-token";
    let pipeline = with_labels(&["key"]);
    let metadata = json!({"user_api_key_hash": TOKEN, "user_api_key_alias": null});
    pipeline.push([&event("chat_success").with(json!({"metadata": metadata}))]);
    let text = pipeline.text(llm_exporter::exposition::Dialect::Text, NOW);
    assert!(!text.contains(TOKEN), "{text}");
    assert_sum(&pipeline.scrape(), "llm_consumer_requests_total", &[("key", "")], 1.0);
    for known in [HASH, "hashed-jwt-0123", "litellm_proxy_master_key"] {
        let pipeline = with_labels(&["key"]);
        let metadata = json!({"user_api_key_hash": known, "user_api_key_alias": null});
        pipeline.push([&event("chat_success").with(json!({"metadata": metadata}))]);
        assert_sum(&pipeline.scrape(), "llm_consumer_requests_total", &[("key", known)], 1.0);
    }
}

#[test]
fn of_a_thousand_tags_the_first_are_looked_at() {
    let pipeline = with_labels(&["tag:first", "tag:last"]);
    let mut tags = vec![json!("first:yes")];
    tags.extend((0..1_000).map(|number| json!(number)));
    tags.push(json!("last:yes"));
    pipeline.push([&event("chat_success").with(json!({"request_tags": tags}))]);
    let scraped = pipeline.scrape();
    assert_sum(&scraped, "llm_consumer_requests_total", &[("tag_first", "yes")], 1.0);
    assert_sum(&scraped, "llm_consumer_requests_total", &[("tag_last", "yes")], 0.0);
}

#[test]
fn rate_limits_are_the_providers_own() {
    let scraped = scrape_of([&event("chat_success")]);
    let of = |resource| [("deployment", "dep-up-ok"), ("resource", resource)];
    assert_value(&scraped, "llm_rate_limit_limit", &of("requests"), 10_000.0);
    assert_value(&scraped, "llm_rate_limit_limit", &of("tokens"), 2_000_000.0);
    assert_value(&scraped, "llm_rate_limit_remaining", &of("requests"), 9_999.0);
    assert_value(&scraped, "llm_rate_limit_remaining", &of("tokens"), 1_999_000.0);
}

#[test]
fn a_limit_that_is_used_up_is_zero_and_one_that_nobody_told_is_absent() {
    let scraped = scrape_of([&event("upstream_429"), &event("batch_50_concurrent")]);
    let used_up = [("deployment", "dep-up-429"), ("resource", "requests")];
    assert_value(&scraped, "llm_rate_limit_remaining", &used_up, 0.0);
    assert_eq!(scraped.samples("llm_rate_limit_remaining").count(), 2, "the mock tells of no limits");
}

#[test]
fn what_arrives_late_does_not_overwrite_a_later_limit() {
    let remaining = json!({"hidden_params": {"additional_headers": {"x_ratelimit_remaining_requests": 17}}});
    let latest = event("chat_success").attempt("latest").later(5.0).with(remaining);
    let scraped = scrape_of([&latest, &event("chat_success")]);
    assert_value(&scraped, "llm_rate_limit_remaining", &[("deployment", "dep-up-ok"), ("resource", "requests")], 17.0);
}
