//! What is asked: the address and the body of each question in each dialect. Sends nothing.

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::providers::Dialect;
use super::target::Target;
use crate::discovery::Mode;
use crate::event::ProbeLevel;

/// Short, and answered with a word.
const PROMPT: &str = "Reply with one word: pong";
const WORD: &str = "ping";
const DOCUMENT: &str = "pong";
/// The first version of Azure's interface that knows `max_completion_tokens` and `stream_options`.
const AZURE_STREAM_OPTIONS: &str = "2024-09";
/// OpenAI's models that refuse `max_tokens`.
const NEW_TOKEN_FIELD: [&str; 4] = ["gpt-5", "o1", "o3", "o4"];

/// One request.
pub(super) struct Question {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<Value>,
}

impl Question {
    fn get(url: Url) -> Self {
        Self { method: Method::GET, url, body: None }
    }

    fn post(url: Url, body: Value) -> Self {
        Self { method: Method::POST, url, body: Some(body) }
    }
}

/// The billed level that a model of this mode can be asked with. Images, sound and the like have none, and what nobody knows the mode
/// of may be one of these.
pub(super) fn billed_level(mode: Option<Mode>) -> Option<ProbeLevel> {
    match mode? {
        Mode::Chat | Mode::Completion | Mode::Responses => Some(ProbeLevel::Completion),
        Mode::Embedding => Some(ProbeLevel::Embedding),
        Mode::Rerank => Some(ProbeLevel::Rerank),
        Mode::Other => None,
    }
}

/// The question for the provider's list of models, where it has one.
pub(super) fn list(target: &Target<'_>) -> Option<Question> {
    if !target.provider.lists_models {
        return None;
    }
    let url = match target.dialect {
        Dialect::OpenAi | Dialect::Gemini => target.url(&["models"]),
        Dialect::Azure => azure(target, &["models"]),
        Dialect::Anthropic | Dialect::Cohere => target.url(&["v1", "models"]),
        Dialect::Ollama => target.url(&["api", "tags"]),
        Dialect::Foreign => return None,
    };
    Some(Question::get(url))
}

/// The question that the model itself answers, where its mode and the provider's dialect have one. The level is that of
/// [`billed_level`].
pub(super) fn billed(target: &Target<'_>, mode: Option<Mode>, max_tokens: u64) -> Option<Question> {
    match mode? {
        Mode::Chat => chat(target, max_tokens),
        Mode::Completion => text(target, max_tokens),
        Mode::Responses => responses(target, max_tokens),
        Mode::Embedding => embedding(target),
        Mode::Rerank => rerank(target),
        Mode::Other => None,
    }
}

fn chat(target: &Target<'_>, max_tokens: u64) -> Option<Question> {
    let messages = json!([{"role": "user", "content": PROMPT}]);
    match target.dialect {
        Dialect::OpenAi | Dialect::Azure | Dialect::Ollama => {
            let url = open_ai(target, &["chat", "completions"]);
            let body = json!({"model": target.model, "messages": messages, token_field(target): max_tokens});
            Some(Question::post(url, streamed(target, body)))
        }
        Dialect::Anthropic => {
            let body = json!({"model": target.model, "messages": messages, "max_tokens": max_tokens, "stream": true});
            Some(Question::post(target.url(&["v1", "messages"]), body))
        }
        Dialect::Gemini => {
            let method = format!("{}:streamGenerateContent", target.model);
            let mut url = target.url(&["models", &method]);
            url.set_query(Some("alt=sse"));
            let contents = json!([{"role": "user", "parts": [{"text": PROMPT}]}]);
            let body = json!({"contents": contents, "generationConfig": {"maxOutputTokens": max_tokens}});
            Some(Question::post(url, body))
        }
        Dialect::Cohere | Dialect::Foreign => None,
    }
}

fn text(target: &Target<'_>, max_tokens: u64) -> Option<Question> {
    if !matches!(target.dialect, Dialect::OpenAi | Dialect::Azure | Dialect::Ollama) {
        return chat(target, max_tokens);
    }
    let body = json!({"model": target.model, "prompt": WORD, "max_tokens": max_tokens});
    Some(Question::post(open_ai(target, &["completions"]), streamed(target, body)))
}

fn responses(target: &Target<'_>, max_tokens: u64) -> Option<Question> {
    if !target.is_openai && !target.is_azure {
        return chat(target, max_tokens);
    }
    let url = match target.dialect {
        Dialect::Azure => azure(target, &["responses"]),
        _ => target.url(&["responses"]),
    };
    let body = json!({"model": target.model, "input": PROMPT, "max_output_tokens": max_tokens, "stream": true});
    Some(Question::post(url, body))
}

fn embedding(target: &Target<'_>) -> Option<Question> {
    match target.dialect {
        Dialect::OpenAi | Dialect::Azure | Dialect::Ollama => {
            let body = json!({"model": target.model, "input": WORD});
            Some(Question::post(open_ai(target, &["embeddings"]), body))
        }
        Dialect::Cohere => {
            let body = json!({"model": target.model, "texts": [WORD], "input_type": "search_query",
                "embedding_types": ["float"]});
            Some(Question::post(target.url(&["v2", "embed"]), body))
        }
        Dialect::Gemini => {
            let method = format!("{}:embedContent", target.model);
            let body = json!({"content": {"parts": [{"text": WORD}]}});
            Some(Question::post(target.url(&["models", &method]), body))
        }
        Dialect::Anthropic | Dialect::Foreign => None,
    }
}

fn rerank(target: &Target<'_>) -> Option<Question> {
    let url = match target.dialect {
        Dialect::OpenAi if !target.is_azure => target.url(&["rerank"]),
        Dialect::Cohere => target.url(&["v2", "rerank"]),
        _ => return None,
    };
    Some(Question::post(url, json!({"model": target.model, "query": WORD, "documents": [DOCUMENT]})))
}

/// Where OpenAI's dialect is spoken.
fn open_ai(target: &Target<'_>, path: &[&str]) -> Url {
    match target.dialect {
        Dialect::Azure => azure(target, &[&["deployments", target.model], path].concat()),
        Dialect::Ollama => target.url(&[&["v1"], path].concat()),
        _ => target.url(path),
    }
}

fn azure(target: &Target<'_>, path: &[&str]) -> Url {
    let mut url = target.url(&[&["openai"], path].concat());
    url.query_pairs_mut().append_pair("api-version", target.api_version);
    url
}

/// What limits a chat's output, thoughts included. A server that does not know the field would not stop.
fn token_field(target: &Target<'_>) -> &'static str {
    let is_new_model = || NEW_TOKEN_FIELD.iter().any(|start| target.model.starts_with(start));
    let is_new = match target.dialect {
        Dialect::Azure => target.api_version >= AZURE_STREAM_OPTIONS,
        _ if target.is_azure => true,
        // Behind an address of the operator's there may be any server.
        _ => target.is_openai && (target.is_at_provider || is_new_model()),
    };
    if is_new { "max_completion_tokens" } else { "max_tokens" }
}

fn streamed(target: &Target<'_>, mut body: Value) -> Value {
    body["stream"] = json!(true);
    let is_too_old = target.dialect == Dialect::Azure && target.api_version < AZURE_STREAM_OPTIONS;
    if target.provider.has_stream_options && !is_too_old {
        body["stream_options"] = json!({"include_usage": true});
    }
    body
}
