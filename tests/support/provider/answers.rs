//! The answers of a healthy provider, in each dialect.

use serde_json::{Value, json};

use super::{Behaviour, SeenRequest};

/// How a billed answer is varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speech {
    Word,
    ThoughtsOnly,
}

/// What is sent after the head.
#[derive(Debug)]
pub(super) enum Answer {
    Json(Value),
    /// The data of server-sent events, each with the name of its event.
    Events(Vec<(&'static str, String)>),
    NotFound,
}

/// The answer to a request.
pub(super) fn answer(request: &SeenRequest, behaviour: &Behaviour) -> Answer {
    let speech = if *behaviour == Behaviour::ThinksOnly { Speech::ThoughtsOnly } else { Speech::Word };
    let path = request.route.split_once(' ').map_or("", |(_, path)| path);
    let is_list = request.route.starts_with("GET ");
    let answer = match path {
        "/v1/models" | "/models" | "/openai/models" | "/openai/v1/models" if is_list => Answer::Json(list("data")),
        "/v1beta/models" | "/api/tags" if is_list => Answer::Json(list("models")),
        _ if is_list => Answer::NotFound,
        "/v1/messages" => Answer::Events(anthropic(speech)),
        "/v2/embed" => {
            Answer::Json(json!({"embeddings": {"float": [[0.1]]}, "meta": {"billed_units": {"input_tokens": 2}}}))
        }
        "/v2/rerank" | "/v1/rerank" => Answer::Json(json!({"results": [{"index": 0, "relevance_score": 0.9}]})),
        path if path.ends_with(":streamGenerateContent") => Answer::Events(gemini(speech)),
        path if path.ends_with(":embedContent") => Answer::Json(json!({"embedding": {"values": [0.1]}})),
        path if path.ends_with("/chat/completions") => chat(request, speech),
        path if path.ends_with("/completions") => Answer::Events(text()),
        path if path.ends_with("/responses") => Answer::Events(responses()),
        path if path.ends_with("/embeddings") => {
            Answer::Json(json!({"data": [{"embedding": [0.1]}], "usage": {"prompt_tokens": 2, "total_tokens": 2}}))
        }
        _ => Answer::NotFound,
    };
    if *behaviour == Behaviour::NoModels && is_list { Answer::NotFound } else { answer }
}

fn list(name: &str) -> Value {
    json!({name: [{"id": "some-model", "object": "model"}]})
}

/// What everyone gets: ten tokens in, and two out or as many as were allowed.
fn chat(request: &SeenRequest, speech: Speech) -> Answer {
    let limit = request.body.get("max_tokens").or_else(|| request.body.get("max_completion_tokens"));
    let output = if speech == Speech::Word { json!(2) } else { limit.cloned().unwrap_or(json!(64)) };
    let usage = json!({"prompt_tokens": 10, "completion_tokens": output});
    if request.body.get("stream") != Some(&json!(true)) {
        let message = json!({"role": "assistant", "content": "pong"});
        return Answer::Json(json!({"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}));
    }
    let delta = |delta: Value| json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]});
    let end = |reason: &str| json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]});
    let mut events = vec![delta(json!({"role": "assistant", "content": ""}))];
    match speech {
        Speech::Word => events.extend([delta(json!({"content": "po"})), delta(json!({"content": "ng"})), end("stop")]),
        Speech::ThoughtsOnly => events.push(end("length")),
    }
    if request.body.pointer("/stream_options/include_usage") == Some(&json!(true)) {
        events.push(json!({"choices": [], "usage": usage}));
    }
    Answer::Events(with_done(events))
}

fn text() -> Vec<(&'static str, String)> {
    let usage = json!({"prompt_tokens": 10, "completion_tokens": 2});
    with_done(vec![
        json!({"choices": [{"text": "pong", "finish_reason": null}]}),
        json!({"choices": [{"text": "", "finish_reason": "stop"}], "usage": usage}),
    ])
}

fn with_done(events: Vec<Value>) -> Vec<(&'static str, String)> {
    let data = events.into_iter().map(|event| event.to_string()).chain(["[DONE]".to_owned()]);
    data.map(|data| ("", data)).collect()
}

fn responses() -> Vec<(&'static str, String)> {
    let usage = json!({"input_tokens": 10, "output_tokens": 2});
    [
        json!({"type": "response.created", "response": {"status": "in_progress", "usage": null, "error": null}}),
        json!({"type": "response.output_text.delta", "delta": "pong"}),
        json!({"type": "response.completed", "response": {"status": "completed", "usage": usage, "error": null}}),
    ]
    .map(|event| ("", event.to_string()))
    .into()
}

fn anthropic(speech: Speech) -> Vec<(&'static str, String)> {
    let (kind, word, reason) = match speech {
        Speech::Word => ("text", "pong", "end_turn"),
        Speech::ThoughtsOnly => ("thinking", "hm", "max_tokens"),
    };
    let usage = json!({"input_tokens": 10, "output_tokens": 1});
    let start = json!({"type": "message_start", "message": {"usage": usage, "content": []}});
    let delta =
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": format!("{kind}_delta"), kind: word}});
    let end = json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 2}});
    vec![
        ("message_start", start.to_string()),
        ("ping", json!({"type": "ping"}).to_string()),
        ("content_block_delta", delta.to_string()),
        ("message_delta", end.to_string()),
        ("message_stop", json!({"type": "message_stop"}).to_string()),
    ]
}

fn gemini(speech: Speech) -> Vec<(&'static str, String)> {
    let usage = json!({"promptTokenCount": 10, "candidatesTokenCount": 2});
    let (parts, reason) = match speech {
        Speech::Word => (json!([{"text": "pong"}]), "STOP"),
        Speech::ThoughtsOnly => (json!([]), "MAX_TOKENS"),
    };
    let candidate = json!({"content": {"parts": parts, "role": "model"}, "finishReason": reason});
    vec![("", json!({"candidates": [candidate], "usageMetadata": usage}).to_string())]
}
