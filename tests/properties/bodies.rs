//! Bodies: whatever is pushed, nothing panics, and each element is counted once.

use llm_exporter::event::Timestamp;
use llm_exporter::sources::litellm::Summary;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::support::captures;
use super::support::exposition::Exposition;
use super::support::pipeline::Pipeline;

/// The small ones, and one with all that an event can hold.
const CAPTURES: [&str; 4] = ["auth_bad_key", "unknown_model", "metadata_full", "fallback"];

/// Pushes, scrapes, and holds what was answered against what was counted.
fn push(body: &[u8]) -> Result<Exposition, TestCaseError> {
    let pipeline = Pipeline::new();
    let answer = pipeline.take(body);
    let scraped = pipeline.scrape();
    let count = |name: &str| scraped.sum(name, &[]);
    let rejected = count("llm_source_rejected_total");
    match answer {
        Ok(Summary { accepted, duplicates, rejected: told }) => {
            prop_assert_eq!(count("llm_source_events_total"), accepted as f64);
            prop_assert_eq!(count("llm_source_duplicates_total"), duplicates as f64);
            prop_assert_eq!(rejected, told as f64);
        }
        Err(error) => {
            prop_assert_eq!(count("llm_source_events_total") + count("llm_source_duplicates_total"), 0.0);
            prop_assert!(rejected >= 1.0, "{}", error);
            prop_assert!(error.line >= 1, "{}", error);
        }
    }
    Ok(scraped)
}

/// What can become of a body on its way.
#[derive(Debug, Clone)]
enum Damage {
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, u16),
    Repeat(Index, u16),
    CutOff(Index),
}

impl Damage {
    fn apply(&self, body: &mut Vec<u8>) {
        let range = |from: &Index, length: u16, all: usize| {
            let from = from.index(all);
            from..(from + usize::from(length)).min(all)
        };
        match self {
            _ if body.is_empty() => {}
            Self::Flip(at, with) => {
                let at = at.index(body.len());
                body[at] ^= with;
            }
            Self::Insert(at, bytes) => {
                let at = at.index(body.len());
                body.splice(at..at, bytes.iter().copied());
            }
            Self::Remove(at, length) => drop(body.drain(range(at, *length, body.len()))),
            Self::Repeat(at, length) => {
                let again = body[range(at, *length, body.len())].to_vec();
                body.extend(again);
            }
            Self::CutOff(at) => body.truncate(at.index(body.len())),
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let tokens =
        select(vec!["{", "}", "[", "]", ",", "\"", "\\", "NaN", "\n{", "null", "[{}]", "{}", "\u{feff}", "\0"]);
    prop_oneof![
        (any::<Index>(), 1_u8..).prop_map(|(at, with)| Damage::Flip(at, with)),
        (any::<Index>(), vec(any::<u8>(), 1..8)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (any::<Index>(), tokens).prop_map(|(at, token)| Damage::Insert(at, token.as_bytes().to_vec())),
        (any::<Index>(), 1_u16..400).prop_map(|(at, length)| Damage::Remove(at, length)),
        (any::<Index>(), 1_u16..400).prop_map(|(at, length)| Damage::Repeat(at, length)),
        any::<Index>().prop_map(Damage::CutOff),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        select(vec!["", "1e400", "-1", "0.5", "NaN", "success", "failure", "499"]).prop_map(Value::from),
        Just(json!([[], {}, null, "x", 1])),
        Just(json!({"cached_tokens": -5, "key": 7, "reason": [], "x_ratelimit_limit_requests": 1.5})),
    ]
}

/// The pointers to every value within, at most three levels deep.
fn pointers(value: &Value, prefix: &str, depth: u8) -> Vec<String> {
    let Value::Object(fields) = value else { return Vec::new() };
    let mut found = Vec::new();
    for (name, value) in fields {
        let pointer = format!("{prefix}/{}", name.replace('~', "~0").replace('/', "~1"));
        if depth > 0 {
            found.extend(pointers(value, &pointer, depth - 1));
        }
        found.push(pointer);
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_break_anything(body in vec(any::<u8>(), 0..300)) {
        push(&body)?;
    }

    #[test]
    fn nothing_that_looks_like_json_breaks_anything(body in r#"[\[\]{},:"\\ \na-e0-9.+\-]{0,80}"#) {
        push(body.as_bytes())?;
    }

    #[test]
    fn a_damaged_body_breaks_nothing(capture in select(CAPTURES.to_vec()), damages in vec(damage(), 1..4)) {
        let mut body = captures::body(capture);
        damages.iter().for_each(|damage| damage.apply(&mut body));
        push(&body)?;
    }

    #[test]
    fn a_field_of_any_other_type_costs_at_most_its_event(
        capture in select(CAPTURES.to_vec()),
        changes in vec((any::<Index>(), any_json()), 1..6),
    ) {
        let mut events = captures::events(capture);
        for (at, value) in changes {
            let all = pointers(&events[0], "", 2);
            if let Some(place) = events[0].pointer_mut(&all[at.index(all.len())]) {
                *place = value;
            }
        }
        let bystander = json!({"id": "bystander", "status": "success", "startTime": 1.0, "endTime": 2.0, "model_group": "bystander"});
        events.push(bystander);
        let scraped = push(&serde_json::to_vec(&events).expect("JSON can be written"))?;
        prop_assert_eq!(scraped.sum("llm_requests_total", &[("model", "bystander")]), 1.0);
        let taken = ["llm_source_events_total", "llm_source_duplicates_total", "llm_source_rejected_total"];
        prop_assert_eq!(taken.map(|name| scraped.sum(name, &[])).iter().sum::<f64>(), events.len() as f64);
    }

    #[test]
    fn one_bad_element_does_not_stop_the_batch(bad in vec(any_json(), 0..5), at in any::<Index>()) {
        let mut elements: Vec<Value> = bad.into_iter().filter(|value| !value.is_object()).collect();
        elements.insert(at.index(elements.len() + 1), captures::events("metadata_full").swap_remove(0));
        let array = serde_json::to_vec(&elements).expect("JSON can be written");
        prop_assert_eq!(push(&array)?.sum("llm_source_events_total", &[]), 1.0);
        // A body that begins with a list is one list.
        if !elements[0].is_array() {
            let lines: Vec<String> = elements.iter().map(Value::to_string).collect();
            prop_assert_eq!(push(lines.join("\n").as_bytes())?.sum("llm_source_events_total", &[]), 1.0);
        }
    }
}

#[test]
fn what_is_no_json_at_all_is_counted_once() {
    for body in ["hello", "", "{\"id\": }", "<html>\n<body>oops</body>\n</html>"] {
        let pipeline = Pipeline::new();
        pipeline.take(body.as_bytes()).expect_err(body);
        assert_eq!(pipeline.scrape().sum("llm_source_rejected_total", &[("reason", "syntax")]), 1.0, "{body:?}");
    }
}

#[test]
fn events_without_times_ids_or_a_status_are_rejected_by_their_reason() {
    let pipeline = Pipeline::new();
    let whole = json!({"id": "a", "status": "success", "startTime": 1.0, "endTime": 2.0});
    let lacking = |field: &str| {
        let mut event = whole.clone();
        event.as_object_mut().expect("an object").remove(field);
        event
    };
    let late = json!({"id": "b", "status": "success", "startTime": 1.0, "endTime": 1e300});
    let summary =
        pipeline.push(&[lacking("id"), lacking("status"), lacking("startTime"), late, json!(7), whole.clone()]);
    assert_eq!(summary, Summary { accepted: 1, duplicates: 0, rejected: 5 });
    let scraped = pipeline.scrape();
    for (reason, count) in [("missing_id", 1.0), ("unknown_status", 1.0), ("bad_time", 2.0), ("not_an_object", 1.0)] {
        assert_eq!(scraped.sum("llm_source_rejected_total", &[("reason", reason)]), count, "{reason}");
    }
    assert_eq!(pipeline.state.snapshot(Timestamp::default()).sources[0].events, 1);
}

#[test]
fn what_follows_the_end_of_a_list_is_not_lost_without_a_trace() {
    for (rest, rejected) in [("", 0), (" \n", 0), ("[{\"id\":\"x\"}]", 1), ("]", 1), ("oops", 1)] {
        let mut body = captures::body("metadata_full");
        body.extend_from_slice(rest.as_bytes());
        let summary = Pipeline::new().take(&body).expect("a list of events");
        assert_eq!(summary, Summary { accepted: 1, duplicates: 0, rejected }, "{rest:?}");
    }
}
