//! The log of a whole life as JSON: what a log collector can read, and what must never stand in it.

mod support;

use serde_json::Value;
use support::captures;
use support::deadline::PATIENCE;
use support::events::{array, event};
use support::exporter::{Exporter, Launch};
use support::http::{Request, Response};

const TOKEN: &str = "the-token-of-the-gateway";
const WRONG_TOKEN: &str = "the-token-of-somebody";
const MANY_BATCHES: u32 = 40;

#[test]
fn every_line_of_a_json_log_has_a_time_a_level_a_target_and_a_message() {
    for line in log_of_a_life(MANY_BATCHES, "info").lines() {
        let record: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON ({error}): {line}"));
        for field in ["timestamp", "level", "target", "message"] {
            let text = record[field].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "no {field}: {line}");
        }
    }
}

#[test]
fn a_log_tells_of_start_and_stop() {
    let log = log_of_a_life(1, "info");
    let messages: Vec<String> = log.lines().map(message).collect();
    let (first, last) = (messages.first().expect("there is a log"), messages.last().expect("there is a log"));
    assert!(first.starts_with("listening on http://"), "{log}");
    assert_eq!(last, "stopped", "{log}");
}

#[test]
fn a_log_does_not_grow_with_the_events_and_their_mistakes() {
    let [few, many] = [1, MANY_BATCHES].map(|batches| log_of_a_life(batches, "info"));
    assert_eq!(few.lines().count(), many.lines().count(), "one batch:\n{few}{MANY_BATCHES} batches:\n{many}");
}

#[test]
fn not_even_a_log_of_everything_has_tokens_prompts_or_names_of_people() {
    let log = log_of_a_life(MANY_BATCHES, "trace");
    let captured = captures::events("chat_success").swap_remove(0);
    let of_people = ["/messages/0/content", "/metadata/user_api_key_hash", "/metadata/user_api_key_user_email"]
        .map(|pointer| captured.pointer(pointer).and_then(Value::as_str).expect("the captured event has it"));
    for secret in [TOKEN, WRONG_TOKEN].into_iter().chain(of_people) {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}

/// What an exporter logs that takes so many batches, each with mistakes, is scraped and probed, and is told to end.
fn log_of_a_life(batches: u32, level: &str) -> String {
    let launch = Launch::default().argument("--log-format").argument("json").argument("--log-level").argument(level);
    let mut exporter = launch.environment("LLM_EXPORTER__INGEST__TOKEN", TOKEN).start();
    for _ in 0..batches {
        push_with_mistakes(&exporter);
    }
    let counted = exporter.metrics().value("llm_source_events_total", &[("source", "litellm_callback")]);
    assert_eq!(counted, Some(f64::from(batches)), "{}", exporter.log());
    assert_eq!(exporter.get("/health/models").status, 200);
    exporter.sigterm();
    let status = exporter.wait_exit(PATIENCE);
    assert!(status.success(), "{status}\n{}", exporter.log());
    exporter.log()
}

/// One good event beside broken ones, all that again, a body that is no JSON, and a stranger's.
fn push_with_mistakes(exporter: &Exporter) {
    let good = event("gpt-4");
    let broken = [event("gpt-4").with("/endTime", "soon"), event("gpt-4").with("", "no object")];
    let batch = array([&good].into_iter().chain(&broken));
    for _ in 0..2 {
        let answer = push(exporter, TOKEN, &batch);
        assert_eq!((answer.status, &answer.json()["rejected"]), (200, &2.into()), "{}", answer.text());
    }
    assert_eq!(push(exporter, TOKEN, "no JSON").status, 400);
    assert_eq!(push(exporter, WRONG_TOKEN, &batch).status, 401);
}

fn push(exporter: &Exporter, token: &str, body: &str) -> Response {
    let request = Request::new("POST", "/ingest/litellm").header("Content-Type", "application/json");
    exporter.send(&request.header("Authorization", &format!("Bearer {token}")).body(body))
}

fn message(line: &str) -> String {
    let record: Value = serde_json::from_str(line).expect("a line is JSON");
    record["message"].as_str().expect("a record has a message").to_owned()
}
