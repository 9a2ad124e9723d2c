//! What is read comes back as it was written, what is stepped over is stepped over whole, and mistakes are told with their place.

use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::sources::litellm::loose::{Loose, Object};

/// An object of which one field is wanted.
#[derive(Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default)]
struct Wanted<'a> {
    #[serde(borrow)]
    id: Loose<Cow<'a, str>>,
}

fn text(json: &str) -> Option<String> {
    let (Loose(text), length) = read::<Loose<Cow<'_, str>>>(json.as_bytes()).expect(json);
    assert_eq!(length, json.len(), "{json}");
    text.map(Cow::into_owned)
}

fn number(json: &str) -> Option<f64> {
    read::<Loose<f64>>(json.as_bytes()).expect(json).0.0
}

fn mistake(json: &[u8]) -> (String, usize) {
    let error = read::<Object<Wanted<'_>>>(json).expect_err("no JSON");
    (error.reason.into_string(), error.at)
}

fn id(json: &[u8]) -> Option<String> {
    read::<Object<Wanted<'_>>>(json).expect("JSON").0.0.id.text().map(str::to_owned)
}

fn any_json() -> impl Strategy<Value = Value> {
    let texts = prop_oneof![any::<String>(), r#"[\[\]{}",:\\ a]{0,12}"#];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(texts.clone(), inner, 0..6).prop_map(|fields| json!(fields)),
        ]
    })
}

proptest! {
    #[test]
    fn any_value_is_stepped_over_whole(value in any_json()) {
        for text in [format!("{value}"), format!("{value:#}")] {
            prop_assert_eq!(length(text.as_bytes()), Ok(text.len()));
            prop_assert_eq!(length(format!("{text}, \"]}}").as_bytes()), Ok(text.len()));
            let around = format!("{{\"other\": {text} ,\"id\":\"x\"}}");
            prop_assert_eq!(id(around.as_bytes()), Some("x".to_owned()));
        }
    }

    #[test]
    fn any_text_is_read_as_it_was_written(written in ".{1,40}|\\PC{1,40}") {
        prop_assert_eq!(text(&Value::from(written.as_str()).to_string()), Some(written));
    }

    #[test]
    fn any_number_is_read_as_it_was_written(float: f64, whole: u64, negative: i64) {
        if float.is_finite() {
            prop_assert_eq!(number(&format!("{float:?}")), Some(float));
        }
        prop_assert_eq!(number(&whole.to_string()), Some(whole as f64));
        prop_assert_eq!(number(&negative.to_string()), Some(negative as f64));
    }

    #[test]
    fn no_bytes_lead_out_of_the_text(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        for opening in ["", "{\"a\":{\"", "[[", "\"", "{\"id\":"] {
            let text = [opening.as_bytes(), &bytes].concat();
            if let Ok(length) = length(&text) {
                prop_assert!(length <= text.len());
            }
            if let Err(error) = read::<Object<Wanted<'_>>>(&text) {
                prop_assert!(error.at <= text.len());
            }
        }
    }
}

#[test]
fn what_only_python_takes_for_a_number_is_nothing() {
    for json in ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"] {
        assert_eq!(number(json), None, "{json}");
        assert_eq!(id(format!("{{\"id\":{json}}}").as_bytes()), None, "{json}");
    }
}

#[test]
fn a_text_that_can_not_be_decoded_is_nothing() {
    assert_eq!(text(r#""\ud83d""#), None, "half a pair");
    assert_eq!(text(r#""\q""#), None);
    assert_eq!(id(b"{\"id\":\"\xff\"}"), None);
}

#[test]
fn mistakes_are_told_with_their_place() {
    let cases = [
        ("{\"id\": }", "expected value", 7),
        ("{\"id\": oops}", "expected value", 7),
        ("{\"id\": 1x}", "invalid number", 7),
        ("{\"other\": oops}", "expected value", 10),
        ("{\"id\" 1}", "expected a colon", 6),
        ("{\"id\":1 \"a\":2}", "expected a comma or the end", 8),
        ("{\"id\":1,}", "nothing follows the comma", 8),
        ("{id:1}", "expected a key in quotes", 1),
        ("{\"id\":\"a", "it ends too early", 8),
        ("{\"other\":{\"a\":1", "it ends too early", 15),
        ("{\"id\":1", "it ends too early", 7),
        ("{\"other\":{\"a\":\"b\n{\"}}", "a line ends within a string", 16),
    ];
    for (json, reason, at) in cases {
        assert_eq!(mistake(json.as_bytes()), (reason.to_owned(), at), "{json}");
    }
}

#[test]
fn an_escaped_quote_ends_no_string_and_an_escaped_backslash_escapes_none() {
    assert_eq!(id(br#"{"other":{"a":"}\"}"},"id":"x"}"#).as_deref(), Some("x"));
    assert_eq!(id(br#"{"other":{"a":"}\\"},"id":"x"}"#).as_deref(), Some("x"));
    assert_eq!(id(br#"{"a\"b":1,"id":"a\"b"}"#).as_deref(), Some("a\"b"));
}
