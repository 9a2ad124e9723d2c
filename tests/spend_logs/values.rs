//! What a row says, and what is made of one that says less or something else.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::captures;
use crate::support::exporter::{Exporter, Launch};
use crate::support::spend_log::{
    self, NOW, Row, Version, assert_same, becomes, captured, counters, insert, insert_many, row, row_of,
};

/// An exporter that was pushed these events.
fn pushed(events: &[Value]) -> Exporter {
    let exporter = Exporter::start();
    exporter.push(serde_json::to_vec(events).expect("JSON can be written"));
    exporter
}

#[test]
fn each_captured_event_counts_alike_when_it_is_pushed_and_when_it_is_read() {
    let mut events: Vec<Value> = captures::scenarios().iter().flat_map(|scenario| captures::events(scenario)).collect();
    // Which models are known when somebody is refused depends on the order.
    events.sort_by_key(|event| event["startTime"].as_f64().map(f64::to_bits));
    let rows: Vec<Row> = events.iter().map(row_of).collect();
    let server = spend_log::database(Version::Current);
    insert(&server, &rows);
    let exporter = spend_log::exporter(&server, ", start: beginning");
    becomes(&exporter, u32::try_from(rows.len()).expect("some dozens"));
    let mut pushed = counters(&pushed(&events));
    // What a cache hit saved is not stored.
    pushed.retain(|name, _| !name.starts_with("llm_cache_saved"));
    assert_same(&counters(&exporter), &pushed);
}

#[test]
fn each_captured_row_counts_as_what_it_was() {
    let server = spend_log::database(Version::Current);
    insert(&server, &captured());
    let exporter = spend_log::exporter(&server, ", start: beginning");
    becomes(&exporter, 12);
    let metrics = exporter.metrics();
    let requests = |model: &str| metrics.sum("llm_requests_total", &[("model", model)]);
    let failed =
        |model: &str, error: &str| metrics.sum("llm_request_errors_total", &[("model", model), ("error", error)]);
    assert_eq!(requests("up-ok"), 3.0, "two answers and the failed one; who was refused asked no deployment");
    assert_eq!(failed("up-429", "rate_limited_provider"), 1.0, "{:?}", counters(&exporter));
    assert_eq!(failed("up-timeout", "timeout"), 1.0);
    assert_eq!(failed("up-ok-slowstream", "client_cancelled"), 1.0);
    assert_eq!(metrics.sum("llm_time_to_first_token_seconds_count", &[]), 2.0, "the stream, and the one that was cut");
    assert_eq!(metrics.sum("llm_rejected_requests_total", &[]), 3.0);
}

#[test]
fn whatever_stands_in_a_column_no_row_is_lost() {
    let server = spend_log::database(Version::Current);
    server.execute(
        "ALTER TABLE \"LiteLLM_SpendLogs\" ALTER model DROP NOT NULL, ALTER spend DROP NOT NULL, \
        ALTER prompt_tokens DROP NOT NULL, ALTER api_key DROP NOT NULL, ALTER completion_tokens DROP NOT NULL",
    );
    let nothing = json!({"model": null, "model_id": null, "model_group": null, "custom_llm_provider": null, "api_base": null,
        "user": null, "request_tags": null, "cache_hit": null, "status": null, "litellm_call_id": null, "spend": null,
        "prompt_tokens": null, "completion_tokens": null, "api_key": null, "session_id": null, "team_id": null,
        "completionStartTime": null});
    let odd = [
        Value::Null,
        json!(7),
        json!("text"),
        json!([1, {"a": 2}]),
        json!({}),
        json!({"usage_object": "x", "error_information": [1], "attempted_retries": "many", "status": {"a": 1}}),
        json!({"litellm_overhead_time_ms": "NaN", "model_map_information": 5, "user_api_key_alias": {"a": [1]}}),
    ];
    let rows: Vec<Row> = odd
        .into_iter()
        .enumerate()
        .flat_map(|(n, metadata)| {
            let usual = row(&format!("usual-{n}")).with_metadata(metadata.clone());
            [usual, row(&format!("empty-{n}")).with(nothing.clone()).with_metadata(metadata)]
        })
        .collect();
    insert(&server, &rows);
    insert(&server, &[
        row("tags").with(json!({"request_tags": {"no": "list"}})),
        row("far").with(json!({"startTime": "infinity"})),
        row("odd-tags").with(json!({"request_tags": "[\"text\"]"})),
        row("long").with_metadata(json!({"user_api_key_alias": "k".repeat(16_000), "error_information": {"error_message": "x".repeat(16_000)}})),
    ]);
    let exporter = spend_log::exporter(&server, ", start: beginning");
    let rejected =
        |exporter: &Exporter| exporter.metrics().sum("llm_source_rejected_total", &[("source", "litellm_spend_logs")]);
    exporter.wait_until("all rows", Duration::from_secs(30), |exporter| {
        spend_log::counted(exporter) + rejected(exporter) >= 18.0
    });
    assert_eq!(rejected(&exporter), 2.0, "a time that is none, and a status that is none\n{:?}", counters(&exporter));
}

#[test]
fn a_model_that_is_free_on_purpose_is_not_without_a_price() {
    let server = spend_log::database(Version::Current);
    let price = |key: &str| {
        json!({"metadata": {"model_map_information": {"model_map_value":
        {"key": key, "input_cost_per_token": 0.0, "output_cost_per_token": 0.0}}}})
    };
    let free = row("free").with(json!({"spend": 0, "model_id": "free", "model_group": "free"})).with(price("free"));
    let unpriced =
        row("unpriced").with(json!({"spend": 0, "model_id": "dear", "model_group": "dear"})).with(price("other"));
    insert(&server, &[free, unpriced]);
    let exporter = spend_log::exporter(&server, ", start: beginning");
    becomes(&exporter, 2);
    let metrics = exporter.metrics();
    let unpriced = |model: &str| metrics.sum("llm_unpriced_requests_total", &[("model", model)]);
    assert_eq!((unpriced("free"), unpriced("dear")), (0.0, 1.0), "{:?}", counters(&exporter));
}

#[test]
fn a_row_that_stood_in_for_another_model_says_for_which() {
    let server = spend_log::database(Version::Current);
    let served = row("served").with(json!({"metadata": {"attempted_fallbacks": 1, "original_model_group": "primary"}}));
    insert(&server, &[served]);
    let exporter = spend_log::exporter(&server, ", start: beginning");
    becomes(&exporter, 1);
    let labels = [("model", "primary"), ("fallback_model", "up-ok"), ("outcome", "success")];
    assert_eq!(exporter.metrics().value("llm_fallbacks_total", &labels), Some(1.0));
}

#[test]
fn metadata_of_another_type_is_read_or_given_up_and_no_row_is_lost() {
    for (type_name, alias) in [("json", true), ("text", false)] {
        let server = spend_log::database(Version::Current);
        server.execute(&format!(
            "ALTER TABLE \"LiteLLM_SpendLogs\" ALTER metadata DROP DEFAULT, ALTER metadata TYPE {type_name} USING metadata::text::{type_name}"
        ));
        let settings = spend_log::config(&server.url(), ", start: beginning") + "labels: {consumer: [key]}\n";
        let exporter = Launch::default().config(&settings).start();
        let told = spend_log::becomes_status(&exporter, "up");
        let is_missing = told["missing_columns"].to_string().contains("metadata (of type text)");
        assert_eq!(is_missing, !alias, "{told}");
        insert(&server, &[row("usual")]);
        becomes(&exporter, 1);
        let named = exporter.metrics().sum("llm_consumer_requests_total", &[("key", "blue-alice")]);
        assert_eq!(named, f64::from(u8::from(alias)), "{:?}", counters(&exporter));
        // PostgreSQL takes this as json, and can't read it.
        server.execute("INSERT INTO \"LiteLLM_SpendLogs\" (request_id, call_type, model, status, \"startTime\", \"endTime\", metadata) \
            VALUES ('poison', 'acompletion', 'm', 'success', now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', \
            '{\"user_api_key_alias\": \"\\u0000\"}')");
        becomes(&exporter, 2);
    }
}

#[test]
fn metadata_that_cannot_be_read_costs_those_of_its_page_alone_whatever_the_plan() {
    let server = spend_log::database(Version::Current);
    server.execute(
        "ALTER TABLE \"LiteLLM_SpendLogs\" ALTER metadata DROP DEFAULT, ALTER metadata TYPE json USING metadata::json",
    );
    // As the planner does with a large table that was never analysed: it expects a handful of rows, and sorts all there are.
    server.execute("ALTER ROLE postgres SET enable_indexscan = off");
    server.execute(&insert_many("old", 2_500, NOW, Duration::from_hours(2)));
    server.execute(&format!(
        "UPDATE \"LiteLLM_SpendLogs\" SET metadata = '{{\"user_api_key_alias\": \"\\u0000\"}}', \"startTime\" = {NOW} - \
         interval '1 min' WHERE request_id = 'old-2500'"
    ));
    let settings = spend_log::config(&server.url(), ", start: beginning") + "labels: {consumer: [key]}\n";
    let exporter = Launch::default().config(&settings).start();
    becomes(&exporter, 2_500);
    let named = exporter.metrics().sum("llm_consumer_requests_total", &[("key", "blue-alice")]);
    assert!(named >= 1_000.0, "{named} rows have a name");
}
