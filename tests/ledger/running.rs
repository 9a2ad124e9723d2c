//! A running exporter: what it tells of what it counted, and of books that it can't read.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::deadline::PATIENCE;
use crate::support::events::{array, event};
use crate::support::exporter::{Exporter, Launch};
use crate::support::http::Request;
use crate::support::ledger_tables::create;
use crate::support::postgres::Postgres;

const COST: f64 = 0.000_006_45;
const TOLD: &str = "what was counted cannot be compared with what the gateway booked";

fn launch(url: &str) -> Exporter {
    Launch::default().config(&format!("database: {{url: \"{url}\"}}\nledger: {{interval: 50ms}}\n")).start()
}

/// Rounds of comparing that went well or not, by outcome.
fn rounds(exporter: &Exporter, outcome: &str) -> f64 {
    exporter.metrics().sum("llm_exporter_task_rounds_total", &[("task", "ledger"), ("outcome", outcome)])
}

#[test]
fn a_missing_table_is_told_once_and_is_found_when_it_is_there() {
    let server = Postgres::start();
    let exporter = launch(&server.url());
    exporter.wait_until("it has looked a few times", PATIENCE, |exporter| rounds(exporter, "failed") > 3.0);
    let words = r#"there is no table \"public\".\"LiteLLM_SpendLogs\", or the user of the database may not read it"#;
    let log = exporter.log();
    let told: Vec<&str> = log.lines().filter(|line| line.contains(TOLD)).collect();
    assert!(told.len() == 1 && told[0].replace('\\', "").contains(&words.replace('\\', "")), "{log}");
    assert_eq!(exporter.get("/health/readiness").status, 200, "the rest goes on");
    create(&server);
    exporter.wait_until("it reads them", PATIENCE, |exporter| rounds(exporter, "ok") > 0.0);
    assert!(exporter.metrics().value("llm_ledger_last_success_timestamp_seconds", &[]).is_some());
}

#[test]
fn a_table_that_may_not_be_read_is_told() {
    let server = Postgres::start();
    create(&server);
    server.execute(r#"CREATE ROLE reader LOGIN; GRANT INSERT ON "LiteLLM_SpendLogs" TO reader"#);
    let exporter = launch(&format!("postgresql://reader@127.0.0.1:{}/postgres", server.port()));
    exporter.wait_until("it has looked", PATIENCE, |exporter| rounds(exporter, "failed") > 0.0);
    exporter.wait_until("it says so", PATIENCE, |exporter| exporter.log().contains(TOLD));
    assert!(exporter.log().contains("permission denied"), "{}", exporter.log());
}

#[test]
fn without_a_database_or_when_it_is_switched_off_nothing_is_compared() {
    let server = Postgres::start();
    let off = Launch::default().config(&format!("database: {{url: \"{}\"}}\nledger: {{enabled: false}}", server.url()));
    for exporter in [Exporter::start(), off.start()] {
        exporter.push(array(&[event("m")]));
        let tasks = exporter.metrics();
        assert_eq!(tasks.value("llm_exporter_task_rounds_total", &[("task", "ledger"), ("outcome", "ok")]), None);
    }
}

#[test]
fn what_was_counted_is_told_by_hour_and_model() {
    let exporter = Exporter::start();
    let two_hours = Duration::from_hours(2);
    exporter.push(array(&[event("a").ended(two_hours), event("a").ended(two_hours), event("b"), event("b").failed()]));
    let answer = exporter.get("/ledger");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let told = answer.json();
    let (hours, next) = (told["hours"].as_array().expect("a list"), &told["next"]);
    let models: Vec<&Value> = hours.iter().map(|hour| &hour["models"]).collect();
    let a = json!([{"model": "a", "requests": 2, "failures_without_row": 0, "cost_usd": 2.0 * COST}]);
    let b = json!([{"model": "b", "requests": 2, "failures_without_row": 1, "cost_usd": COST}]);
    assert_eq!((models, next), (vec![&a, &b], &Value::Null), "{told:#}");
    let hour = hours[0]["hour"].as_str().expect("it has a time");
    assert!(hour.ends_with(":00:00Z") && told["counting_since"].is_string(), "{told:#}");

    let alone = exporter.get(&format!("/ledger?from={hour}&to={}", hour.replace(":00:00Z", ":00:01Z"))).json();
    assert_eq!(alone["hours"], json!([{"hour": hour, "models": a}]), "a second of it is all of it");
    let later = exporter.get(&format!("/ledger?from={}", hour.replace(":00Z", ":30Z"))).json();
    assert_eq!(later["hours"].as_array().map(Vec::len), Some(2));
    for (query, words) in [
        ("from=yesterday", "from: expected a time such as 2026-11-24T10:00:00Z, or a date such as 2026-11-24"),
        ("to=2026-11-24T10:00:00", "to: expected a time such as 2026-11-24T10:00:00Z, or a date such as 2026-11-24"),
        ("from=2026-11-24&to=2026-11-23", "from must not be after to"),
    ] {
        let answer = exporter.get(&format!("/ledger?{query}"));
        assert_eq!((answer.status, answer.json()), (400, json!({"error": words})), "{query}");
    }
    assert_eq!(exporter.send(&Request::new("HEAD", "/ledger")).status, 200);
    assert_eq!(exporter.post("/ledger", "").header("allow"), Some("GET, HEAD"));
}
