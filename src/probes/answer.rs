//! What each event of a streamed answer says, in each dialect, and what an answer that comes at once must hold.

use serde_json::Value;

use super::price::Tokens;
use super::providers::Dialect;

/// What one event says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Piece<'a> {
    /// Text, thoughts or a call of a tool: the model is at work.
    pub(super) has_output: bool,
    /// The model says that it is done, or that its tokens are used up.
    pub(super) finishes: bool,
    /// Nothing comes after it.
    pub(super) is_last: bool,
    /// What was used so far.
    pub(super) tokens: Option<Tokens>,
    pub(super) error: Option<&'a Value>,
}

/// The text by which OpenAI's dialect ends a stream.
pub(super) const DONE: &str = "[DONE]";

/// Reads an event of this dialect.
pub(super) fn read(dialect: Dialect, event: &Value) -> Piece<'_> {
    if let Some(error) = event.get("error").filter(|error| !error.is_null()) {
        return Piece { error: Some(error), ..Piece::default() };
    }
    match dialect {
        Dialect::Anthropic => anthropic(event),
        Dialect::Gemini => gemini(event),
        _ => match event.get("type").and_then(Value::as_str) {
            Some(kind) if kind == "error" || kind.starts_with("response.") => responses(event, kind),
            _ => chat(event),
        },
    }
}

/// Whether an embedding or a ranking is in the answer, however its provider calls it.
pub(super) fn has_result(answer: &Value) -> bool {
    ["data", "results", "embeddings", "embedding"].into_iter().any(|name| match answer.get(name) {
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty(),
        _ => false,
    })
}

/// The tokens of an answer that came at once.
pub(super) fn tokens_of_result(answer: &Value) -> Option<Tokens> {
    const PATHS: [&str; 4] =
        ["/usage/prompt_tokens", "/usage/total_tokens", "/meta/billed_units/input_tokens", "/meta/tokens/input_tokens"];
    let input = PATHS.into_iter().find_map(|path| answer.pointer(path)?.as_u64())?;
    Some(Tokens { input, output: 0 })
}

fn chat(event: &Value) -> Piece<'_> {
    let choice = event.pointer("/choices/0");
    let field = |name: &str| choice.and_then(|choice| choice.get(name));
    // A server that knows no streams sends a `message` in the place of a `delta`.
    let said = field("delta").or_else(|| field("message"));
    let says = |name: &str| said.and_then(|said| said.get(name)).is_some_and(is_something);
    Piece {
        has_output: ["content", "reasoning_content", "reasoning", "refusal", "tool_calls"].into_iter().any(says)
            || field("text").is_some_and(is_something),
        finishes: field("finish_reason").is_some_and(is_something),
        is_last: false,
        tokens: event.get("usage").and_then(chat_tokens),
        error: None,
    }
}

fn chat_tokens(usage: &Value) -> Option<Tokens> {
    let input = usage.get("prompt_tokens")?.as_u64()?;
    let output = usage.get("completion_tokens").and_then(Value::as_u64).unwrap_or(0);
    // Some count thoughts in the total only.
    let total = usage.get("total_tokens").and_then(Value::as_u64).unwrap_or(0);
    Some(Tokens { input, output: output.max(total.saturating_sub(input)) })
}

fn responses<'a>(event: &'a Value, kind: &str) -> Piece<'a> {
    let response = event.get("response");
    let ends = matches!(kind, "response.completed" | "response.incomplete");
    Piece {
        has_output: kind.ends_with(".delta"),
        finishes: ends,
        is_last: ends,
        tokens: response.and_then(|response| input_and_output(response.get("usage")?)),
        error: match kind {
            "error" => Some(event),
            "response.failed" => response.and_then(|response| response.get("error")).or(Some(event)),
            _ => None,
        },
    }
}

fn anthropic(event: &Value) -> Piece<'_> {
    const SPEAKING: [&str; 3] = ["text", "thinking", "partial_json"];
    let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
    let says = |name: &&str| event.pointer(&format!("/delta/{name}")).is_some_and(is_something);
    let usage = event.get("usage").or_else(|| event.pointer("/message/usage"));
    Piece {
        has_output: kind == "content_block_delta" && SPEAKING.iter().any(says),
        finishes: event.pointer("/delta/stop_reason").is_some_and(is_something),
        is_last: kind == "message_stop",
        tokens: usage.and_then(input_and_output),
        error: None,
    }
}

fn input_and_output(usage: &Value) -> Option<Tokens> {
    let count = |name: &str| usage.get(name).and_then(Value::as_u64);
    let (input, output) = (count("input_tokens"), count("output_tokens"));
    (input.is_some() || output.is_some())
        .then(|| Tokens { input: input.unwrap_or_default(), output: output.unwrap_or_default() })
}

fn gemini(event: &Value) -> Piece<'_> {
    let parts = event.pointer("/candidates/0/content/parts").and_then(Value::as_array);
    let count = |name: &str| event.pointer(&format!("/usageMetadata/{name}")).and_then(Value::as_u64);
    let output = || count("candidatesTokenCount").unwrap_or(0).saturating_add(count("thoughtsTokenCount").unwrap_or(0));
    Piece {
        has_output: parts.is_some_and(|parts| parts.iter().any(|part| part.get("text").is_some_and(is_something))),
        finishes: event.pointer("/candidates/0/finishReason").is_some_and(is_something),
        is_last: false,
        tokens: count("promptTokenCount").map(|input| Tokens { input, output: output() }),
        error: None,
    }
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn output() -> Piece<'static> {
        Piece { has_output: true, ..Piece::default() }
    }

    #[test]
    fn text_thoughts_and_calls_are_output_and_a_role_is_not() {
        for delta in [json!({"content": "p"}), json!({"reasoning_content": "h"}), json!({"tool_calls": [{}]})] {
            assert_eq!(read(Dialect::OpenAi, &json!({"choices": [{"delta": delta}]})), output());
        }
        assert_eq!(read(Dialect::OpenAi, &json!({"choices": [{"text": "p"}]})), output());
        let event = json!({"type": "response.output_text.delta", "delta": "p"});
        assert_eq!(read(Dialect::OpenAi, &event), output());
        let event = json!({"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "h"}});
        assert_eq!(read(Dialect::Anthropic, &event), output());
        let event = json!({"candidates": [{"content": {"parts": [{"text": "p"}]}}]});
        assert_eq!(read(Dialect::Gemini, &event), output());
        let role = json!({"choices": [{"delta": {"role": "assistant", "content": ""}, "finish_reason": null}]});
        assert_eq!(read(Dialect::OpenAi, &role), Piece::default());
    }

    #[test]
    fn tokens_of_thoughts_count_whether_or_not_the_provider_adds_them() {
        let usage = json!({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 30}});
        assert_eq!(read(Dialect::OpenAi, &usage).tokens, Some(Tokens { input: 9, output: 21 }));
        let usage =
            json!({"usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 1, "thoughtsTokenCount": 4}});
        assert_eq!(read(Dialect::Gemini, &usage).tokens, Some(Tokens { input: 9, output: 5 }));
        let start = json!({"type": "message_start", "message": {"usage": {"input_tokens": 9, "output_tokens": 1}}});
        assert_eq!(read(Dialect::Anthropic, &start).tokens, Some(Tokens { input: 9, output: 1 }));
        let end = json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}});
        let end = read(Dialect::Anthropic, &end);
        assert_eq!((end.tokens, end.finishes), (Some(Tokens { input: 0, output: 5 }), true));
    }

    #[test]
    fn an_error_is_found_in_every_dialect() {
        let error = json!({"code": 500});
        for (dialect, event) in [
            (Dialect::OpenAi, json!({"error": error})),
            (Dialect::Anthropic, json!({"type": "error", "error": error})),
            (Dialect::OpenAi, json!({"type": "response.failed", "response": {"error": error}})),
        ] {
            assert_eq!(read(dialect, &event).error, Some(&error));
        }
        let event = json!({"type": "error", "code": "server_error"});
        assert_eq!(read(Dialect::OpenAi, &event).error, Some(&event));
    }
}
