//! What the gateway pushes: recorded events with names, ids and times of their own, a batch at each beat.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::fleet::{Deployment, FLAKY, FLEET, Fleet, THROTTLED};
use super::support::captures;
use super::support::edited::{self, Edited as _};

/// Recordings that make no alert fire: of the others, one tells of a rate limit that is used up.
const QUIET: [&str; 13] = [
    "auth_bad_key",
    "batch_50_concurrent",
    "cache_miss_then_hit_1",
    "cache_miss_then_hit_2",
    "chat_stream_success",
    "chat_success",
    "client_disconnect",
    "embeddings",
    "fallback",
    "metadata_full",
    "tool_calls",
    "unknown_model",
    "upstream_timeout",
];

/// A fallback is a thing of one call in many.
const FALLBACK_EVERY: u64 = 12;

/// Of requests that a broken deployment is sent: the gateway tries it now and then.
const TRIED_EVERY: u64 = 4;

/// Of requests for the model that will be flaky: few before, so that those which fail are soon a large part.
const SELDOM: u64 = 5;

/// What is wrong with it besides what providers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Troubles {
    /// A third of the requests for [`FLAKY`] fail.
    pub(crate) some_fail: bool,
    /// Little is left of the rate limit of [`THROTTLED`].
    pub(crate) little_is_left: bool,
    /// Far more requests for [`FLAKY`] than before, all answered: then what failed is a small part.
    pub(crate) rush: bool,
}

/// Makes the batches.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    beats: u64,
    attempts: u64,
    /// The first event of each recording that was needed so far.
    recorded: BTreeMap<&'static str, Value>,
    /// What is wrong now.
    pub(crate) troubles: Troubles,
}

/// What was recorded of a real gateway, as it was pushed.
pub(crate) fn recordings() -> impl Iterator<Item = Vec<u8>> {
    QUIET.into_iter().map(captures::body)
}

/// All of it.
pub(crate) fn all_recordings() -> impl Iterator<Item = Vec<u8>> {
    captures::scenarios().into_iter().map(|scenario| captures::body(&scenario))
}

impl Traffic {
    /// The next batch, of this moment, as it is pushed.
    pub(crate) fn next_batch(&mut self, fleet: &Fleet) -> Vec<u8> {
        self.beats += 1;
        let mut events = Vec::new();
        for deployment in &FLEET {
            self.requests(deployment, fleet, &mut events);
        }
        events.push(self.cache_hit());
        events.push(self.refused());
        if self.beats.is_multiple_of(FALLBACK_EVERY) && !fleet.fails(&FLEET[1]) {
            events.extend(self.fallback());
        }
        serde_json::to_vec(&events).expect("events are JSON")
    }

    /// A success of which the gateway does not know what it cost.
    pub(crate) fn unpriced(&mut self) -> Value {
        let no_price = json!({"response_cost": 0.0, "model_map_information": null});
        self.attempt("chat_success", &FLEET[1]).with(no_price)
    }

    fn requests(&mut self, deployment: &Deployment, fleet: &Fleet, events: &mut Vec<Value>) {
        if fleet.fails(deployment) {
            if self.beats.is_multiple_of(TRIED_EVERY) {
                events.push(self.attempt("upstream_500", deployment));
            }
            return;
        }
        let is_flaky = deployment.model == FLAKY;
        if is_flaky && self.troubles.some_fail {
            let kind = if self.beats.is_multiple_of(2) { "upstream_500" } else { "upstream_429" };
            events.push(self.attempt(kind, deployment));
        } else if is_flaky && !self.troubles.rush && !self.beats.is_multiple_of(SELDOM) {
            return;
        }
        let times = if is_flaky && self.troubles.rush { 25 } else { 1 };
        for _ in 0..times {
            events.push(self.success("chat_success", deployment));
            events.push(self.success("chat_stream_success", deployment));
        }
    }

    fn success(&mut self, recording: &'static str, deployment: &Deployment) -> Value {
        let retries = i32::from(self.attempts.is_multiple_of(20));
        let headers = json!({"x-litellm-attempted-retries": retries});
        self.attempt(recording, deployment).with(json!({"hidden_params": {"additional_headers": headers}}))
    }

    fn attempt(&mut self, recording: &'static str, deployment: &Deployment) -> Value {
        let Deployment { model, id, provider } = deployment;
        let left = if self.troubles.little_is_left && *model == THROTTLED { 100 } else { 9_000 };
        let headers = json!({
            "x_ratelimit_remaining_requests": left, "llm_provider-x-ratelimit-remaining-requests": left.to_string(),
        });
        self.of_now(recording).with(json!({
            "model_group": model, "model_id": id, "custom_llm_provider": provider, "model": format!("{provider}/{model}-large"),
            "hidden_params": {"additional_headers": headers},
        }))
    }

    fn cache_hit(&mut self) -> Value {
        self.of_now("cache_miss_then_hit_2").with(json!({"model_group": "chat", "model_id": "chat-openai"}))
    }

    fn refused(&mut self) -> Value {
        let recording = if self.beats.is_multiple_of(2) { "unknown_model" } else { "auth_bad_key" };
        self.of_now(recording)
    }

    /// A call that one deployment failed at, and another model answered.
    fn fallback(&mut self) -> [Value; 2] {
        let failed = self.attempt("upstream_500", &FLEET[1]);
        let served = self.success("chat_success", &FLEET[3]);
        let call = json!({"litellm_call_id": failed["litellm_call_id"]});
        let headers = json!({"x-litellm-attempted-fallbacks": 1});
        [failed, served.with(call).with(json!({"hidden_params": {"additional_headers": headers}}))]
    }

    /// The event of a recording, as another attempt of another call that has just ended.
    fn of_now(&mut self, recording: &'static str) -> Value {
        self.attempts += 1;
        let event = self.recorded.entry(recording).or_insert_with(|| edited::event(recording)).clone();
        let end = event["endTime"].as_f64().expect("an event has an end");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64();
        event.attempt(&format!("scene-{}", self.attempts)).later(now - end)
    }
}
