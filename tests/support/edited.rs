//! Edited copies of captured events, for what was seen live but not captured.

use serde_json::{Value, json};

use super::captures;

/// The first event of a capture.
pub(crate) fn event(scenario: &str) -> Value {
    captures::events(scenario).swap_remove(0)
}

/// What can be changed in an event.
pub(crate) trait Edited {
    /// The same with these fields, objects merged field by field.
    fn with(self, fields: Value) -> Self;
    /// The same as another attempt of another call.
    fn attempt(self, id: &str) -> Self;
    /// The same, later by so many seconds.
    fn later(self, seconds: f64) -> Self;
}

impl Edited for Value {
    fn with(mut self, fields: Value) -> Self {
        merge(&mut self, fields);
        self
    }

    fn attempt(self, id: &str) -> Self {
        self.with(json!({"id": id, "litellm_call_id": id}))
    }

    fn later(mut self, seconds: f64) -> Self {
        for field in ["startTime", "endTime", "completionStartTime"] {
            let time = self[field].as_f64().expect("an event has times");
            self[field] = json!(time + seconds);
        }
        self
    }
}

fn merge(into: &mut Value, fields: Value) {
    match (into, fields) {
        (Value::Object(into), Value::Object(fields)) => {
            for (name, value) in fields {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, value) => *into = value,
    }
}
