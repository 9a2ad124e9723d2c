//! What a listed deployment becomes.

use super::*;
use crate::discovery::{Mode, Prices, ProbeChoice};

fn listed(provider: &str, upstream_model: &str, api_base: Option<&str>) -> Listed {
    Listed {
        id: "1".into(),
        model: "m".into(),
        provider: provider.into(),
        upstream_model: upstream_model.into(),
        api_base: api_base.map(Into::into),
        api_version: None,
        api_key: Some(Secret::new("k")),
        mode: Some(Mode::Chat),
        prices: Prices::default(),
        probe: ProbeChoice::AsConfigured,
    }
}

#[test]
fn the_model_loses_the_prefix_that_only_litellm_knows() {
    let cases = [
        ("openai", "openai/gpt-4o", "gpt-4o"),
        ("openai", "gpt-4o", "gpt-4o"),
        ("openai", "openai/responses/gpt-5-pro", "gpt-5-pro"),
        ("openrouter", "openrouter/anthropic/claude-3", "anthropic/claude-3"),
        ("azure", "azure/o_series/my-o3", "my-o3"),
        ("together_ai", "together_ai/meta-llama/Llama-3", "meta-llama/Llama-3"),
        ("groq", "groqqy/x", "groqqy/x"),
    ];
    for (provider, upstream_model, expected) in cases {
        let listed = listed(provider, upstream_model, Some("https://a.example"));
        assert_eq!(Target::of(&listed).expect("an address").model, expected);
    }
}

#[test]
fn an_address_that_names_one_question_is_cut_to_what_all_have_in_common() {
    let cases = [
        ("openai", "https://a.example/v1/", "https://a.example/v1/x"),
        ("openai", "https://a.example/v1/chat/completions", "https://a.example/v1/x"),
        ("anthropic", "https://a.example/v1/messages", "https://a.example/x"),
        ("anthropic", "https://a.example/proxy", "https://a.example/proxy/x"),
        ("cohere", "https://a.example/v2/rerank?x=1", "https://a.example/x"),
        ("ollama", "http://a.example:11434/v1", "http://a.example:11434/x"),
        ("azure", "https://a.example/openai/deployments/d/chat/completions?api-version=1", "https://a.example/x"),
        ("azure", "https://a.example/openai-eu/", "https://a.example/openai-eu/x"),
    ];
    for (provider, base, expected) in cases {
        let listed = listed(provider, "m", Some(base));
        assert_eq!(Target::of(&listed).expect("an address").url(&["x"]).as_str(), expected);
    }
}

#[test]
fn what_is_not_on_the_web_is_no_address() {
    for base in ["localhost:8000", "unix:///run/x", "ftp://a.example", "/v1"] {
        assert_eq!(Target::of(&listed("openai", "m", Some(base))).err(), Some(NoTarget::BadAddress), "{base}");
    }
    assert_eq!(Target::of(&listed("bedrock", "m", None)).err(), Some(NoTarget::NoAddress));
}

#[test]
fn each_dialect_has_its_own_header_for_the_key() {
    let cases = [
        ("openai", "authorization", "Bearer k"),
        ("azure", "api-key", "k"),
        ("anthropic", "x-api-key", "k"),
        ("gemini", "x-goog-api-key", "k"),
        ("cohere", "authorization", "Bearer k"),
    ];
    for (provider, name, value) in cases {
        let listed = listed(provider, "m", Some("https://a.example"));
        let headers = Target::of(&listed).expect("an address").headers().expect("a plain key");
        assert_eq!(headers[name], value, "{provider}");
        assert!(headers[name].is_sensitive(), "{provider}");
    }
}
