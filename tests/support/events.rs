//! Events as LiteLLM pushes them, of this moment: captured ones with names, ids and times of the test's own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::captures;

/// How long each event's request took.
const DURATION: Duration = Duration::from_millis(40);

/// One event.
#[derive(Debug, Clone)]
pub(crate) struct Event(Value);

/// A success of this public model, by its deployment `dep-MODEL`, that ended just now. No two have the same ids.
pub(crate) fn event(model: &str) -> Event {
    Event::like("chat_success", model)
}

impl Event {
    fn like(scenario: &str, model: &str) -> Self {
        static LAST_ID: AtomicU64 = AtomicU64::new(0);
        let id = LAST_ID.fetch_add(1, Ordering::Relaxed);
        let captured = captures::events(scenario).into_iter().next().expect("a captured body has an event");
        let event = Self(captured).with("/id", format!("chatcmpl-{id}")).with("/litellm_call_id", format!("call-{id}"));
        event.with("/model_group", model).with("/model_id", format!("dep-{model}")).ended(Duration::ZERO)
    }

    /// The same request, answered by the provider with a 500.
    pub(crate) fn failed(self) -> Self {
        let failure = Self::like("upstream_500", "");
        failure.with("/model_group", self.0["model_group"].clone()).with("/model_id", self.0["model_id"].clone())
    }

    /// Served by this deployment.
    pub(crate) fn on(self, deployment: &str) -> Self {
        self.with("/model_id", deployment)
    }

    /// Ended this long ago.
    pub(crate) fn ended(self, ago: Duration) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is after 1970");
        let end = now.saturating_sub(ago);
        let seconds = |at: Duration| json!(at.as_secs_f64());
        self.with("/startTime", seconds(end.saturating_sub(DURATION)))
            .with("/endTime", seconds(end))
            .with("/completionStartTime", seconds(end))
    }

    /// With this value at a JSON pointer that the captured event has.
    pub(crate) fn with(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        *self.0.pointer_mut(pointer).unwrap_or_else(|| panic!("no captured event has {pointer}")) = value.into();
        self
    }

    /// As a single object.
    pub(crate) fn json(&self) -> String {
        self.0.to_string()
    }
}

/// A body as LiteLLM sends it by default.
pub(crate) fn array<'a>(events: impl IntoIterator<Item = &'a Event>) -> String {
    format!("[{}]", joined(events, ", "))
}

/// A body with one event a line.
pub(crate) fn ndjson<'a>(events: impl IntoIterator<Item = &'a Event>) -> String {
    joined(events, "\n") + "\n"
}

fn joined<'a>(events: impl IntoIterator<Item = &'a Event>, separator: &str) -> String {
    let texts: Vec<String> = events.into_iter().map(Event::json).collect();
    texts.join(separator)
}
