//! What is pushed and read counts once, in whichever order it comes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::captures;
use crate::support::deadline::PATIENCE;
use crate::support::edited::Edited;
use crate::support::exporter::{Exporter, Launch};
use crate::support::spend_log::{self, Row, Version, assert_same, counters, insert, recent, row_of};

/// Every captured event, with what its row tells differently: a timeout's row has a cost, and its prompt is estimated.
fn events_and_rows() -> (Vec<Value>, Vec<Row>) {
    let events: Vec<Value> = captures::scenarios().iter().flat_map(|scenario| captures::events(scenario)).collect();
    let events = recent(events);
    let row = |event: &Value| match event["error_information"]["error_class"].as_str() {
        Some("Timeout") => row_of(event).with(json!({"spend": 0.5, "prompt_tokens": 7})),
        _ => row_of(event),
    };
    let rows = events.iter().map(row).collect();
    (events, rows)
}

fn told(exporter: &Exporter) -> f64 {
    let source = [("source", "litellm_spend_logs")];
    let metrics = exporter.metrics();
    metrics.sum("llm_source_events_total", &source) + metrics.sum("llm_source_duplicates_total", &source)
}

fn body(events: &[Value]) -> Vec<u8> {
    serde_json::to_vec(events).expect("JSON can be written")
}

fn cost(exporter: &Exporter) -> f64 {
    exporter.metrics().sum("llm_cost_usd_total", &[])
}

#[test]
fn pushed_first_and_read_later() {
    let (events, rows) = events_and_rows();
    let server = spend_log::database(Version::Current);
    let exporter = spend_log::exporter(&server, ", start: beginning");
    exporter.push(body(&events));
    let pushed = counters(&exporter);
    let before = cost(&exporter);
    insert(&server, &rows);
    let count = rows.len() as f64;
    exporter.wait_until("all rows", PATIENCE, |exporter| told(exporter) >= count);
    assert_eq!(spend_log::counted(&exporter), 0.0, "{:?}", counters(&exporter));
    assert!((cost(&exporter) - before - 0.5).abs() < 1e-6, "the cost of the timeout, once");
    let requests = |mut counters: BTreeMap<String, f64>| {
        counters.retain(|name, _| !name.contains("cost") && !name.contains("token"));
        counters
    };
    assert_same(&requests(counters(&exporter)), &requests(pushed));
}

#[test]
fn read_first_and_pushed_later() {
    let (events, rows) = events_and_rows();
    let server = spend_log::database(Version::Current);
    insert(&server, &rows);
    let exporter = spend_log::exporter(&server, ", start: beginning");
    let count = rows.len() as f64;
    exporter.wait_until("all rows", PATIENCE, |exporter| told(exporter) >= count);
    let read = counters(&exporter);
    let answer = exporter.push(body(&events));
    assert_eq!(answer["accepted"], 0, "{answer}");
    let mut pushed = counters(&exporter);
    // What a cache hit saved is not stored, and whoever tells an attempt again adds nothing.
    pushed.retain(|name, _| !name.starts_with("llm_cache_saved"));
    assert_same(&pushed, &read);
}

#[test]
fn by_the_answers_id_alone_where_the_table_knows_no_calls() {
    let (events, rows) = events_and_rows();
    let server = spend_log::database(Version::WithoutCallId);
    let exporter = spend_log::exporter(&server, ", start: beginning");
    spend_log::becomes_status(&exporter, "up");
    exporter.push(body(&events));
    insert(&server, &rows);
    let count = rows.len() as f64;
    exporter.wait_until("all rows", PATIENCE, |exporter| told(exporter) >= count);
    assert_eq!(spend_log::counted(&exporter), 0.0, "{:?}", counters(&exporter));
}

/// Of a fallback the failure is pushed only, and the row that served names the model that failed.
fn fallback() -> ([Value; 2], Row) {
    let [failed, served]: [Value; 2] = recent(captures::events("fallback")).try_into().expect("two attempts");
    let told = json!({"metadata": {"attempted_fallbacks": 1, "original_model_group": failed["model_group"]}});
    let served = served.with(json!({"hidden_params": {"additional_headers": {"x-litellm-attempted-fallbacks": 1}}}));
    let row = row_of(&served).with(told);
    ([failed, served], row)
}

#[test]
fn a_fallback_counts_once_in_whichever_order_its_parts_are_told() {
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Part {
        Failed,
        Served,
        Row,
    }
    use Part::{Failed, Row, Served};
    let orders: [&[Part]; 9] = [
        &[Failed, Served, Row],
        &[Failed, Row, Served],
        &[Served, Failed, Row],
        &[Served, Row, Failed],
        &[Row, Failed, Served],
        &[Row, Served, Failed],
        // The push of the failure was lost.
        &[Served, Row],
        &[Row, Served],
        &[Row],
    ];
    let ([failed, served], row) = fallback();
    let server = spend_log::database(Version::Current);
    for order in orders {
        server.execute("TRUNCATE \"LiteLLM_SpendLogs\"");
        let exporter = spend_log::exporter(&server, ", start: beginning");
        spend_log::becomes_status(&exporter, "up");
        for part in order {
            match part {
                Failed => drop(exporter.push(failed.to_string())),
                Served => drop(exporter.push(served.to_string())),
                Row => {
                    insert(&server, [&row]);
                    exporter.wait_until("the row", PATIENCE, |exporter| told(exporter) >= 1.0);
                }
            }
        }
        let metrics = exporter.metrics();
        let labels = [("model", "up-primary-bad"), ("fallback_model", "up-ok"), ("outcome", "success")];
        assert_eq!(metrics.value("llm_fallbacks_total", &labels), Some(1.0), "{order:?}: {:?}", counters(&exporter));
        assert_eq!(metrics.sum("llm_fallbacks_total", &[]), 1.0, "{order:?}");
    }
}

#[test]
fn pushes_that_are_not_to_count_are_evidence_and_the_rows_count() {
    let (events, rows) = events_and_rows();
    let server = spend_log::database(Version::Current);
    let config = spend_log::config(&server.url(), ", start: beginning") + "ingest: {counted: false}\n";
    let exporter = Launch::default().config(&config).start();
    exporter.push(body(&events));
    let answers = |model: &str| exporter.get(&format!("/health/models?model={model}")).json()["healthy"].clone();
    assert_eq!(answers("up-ok")[0]["reason"], "answers", "{}", answers("up-ok"));
    let metrics = exporter.metrics();
    assert_eq!(metrics.sum("llm_requests_total", &[]) + cost(&exporter), 0.0);
    assert_eq!(metrics.sum("llm_source_events_total", &[("source", "litellm_callback")]), events.len() as f64);
    insert(&server, &rows);
    let count = rows.len() as f64;
    exporter.wait_until("all rows", PATIENCE, |exporter| told(exporter) >= count);
    assert_eq!(spend_log::counted(&exporter), count, "none of them is a duplicate of what did not count");
    assert!(cost(&exporter) > 0.5, "{}", cost(&exporter));
}
