//! Embeddings and rankings: tiny requests, answered at once.

use llm_exporter::discovery::{Listed, Mode, Prices};
use llm_exporter::event::{ErrorKind, ProbeLevel, Usd};

use crate::support::provider::{Behaviour, Provider};
use crate::{assert_failure, assert_success, at, deployment, probe, probe_shortly};

fn embedding(name: &str, base: &str) -> Listed {
    Listed { mode: Some(Mode::Embedding), ..deployment(name, base) }
}

fn rerank(name: &str, base: &str) -> Listed {
    Listed { mode: Some(Mode::Rerank), ..deployment(name, base) }
}

#[test]
fn one_word_is_embedded_in_every_dialect() {
    let provider = Provider::start();
    let cases = [
        ("openai", provider.api_base(), "POST /v1/embeddings", true),
        ("voyage", provider.api_base(), "POST /v1/embeddings", true),
        ("azure", provider.url(), "POST /openai/deployments/some-model/embeddings", true),
        ("ollama", provider.url(), "POST /v1/embeddings", true),
        ("cohere", provider.url(), "POST /v2/embed", true),
        ("gemini", provider.gemini_base(), "POST /v1beta/models/some-model:embedContent", false),
    ];
    for (name, base, route, tells_tokens) in cases {
        let outcome = probe(&embedding(name, &base), ProbeLevel::Embedding);
        assert_success(&outcome, ProbeLevel::Embedding);
        let usage = outcome.usage.expect("it cost something");
        if tells_tokens {
            assert_eq!((usage.tokens, usage.cost), (2, Usd::from_f64(2e-6).expect("a cost")), "{name}");
        } else {
            assert!(usage.tokens > 2, "{name}: the most is booked where nothing is told");
        }
        let body = provider.last(route).unwrap_or_else(|| panic!("{name} did not ask at {route}")).body.to_string();
        assert!(body.contains("ping") && body.len() < 200, "{name}: {body}");
    }
    assert_eq!(provider.all_requests(), 6);
}

#[test]
fn one_word_is_ranked_and_paid_by_the_request() {
    let provider = Provider::start();
    let cases = [
        ("cohere", provider.url(), "POST /v2/rerank"),
        ("jina_ai", provider.api_base(), "POST /v1/rerank"),
        ("hosted_vllm", provider.api_base(), "POST /v1/rerank"),
    ];
    for (name, base, route) in cases {
        let prices = Prices { request: Some(0.002), ..Prices::default() };
        let outcome = probe(&Listed { prices, ..rerank(name, &base) }, ProbeLevel::Rerank);
        assert_success(&outcome, ProbeLevel::Rerank);
        assert_eq!(outcome.usage.expect("it cost something").cost, Usd::from_f64(0.002).expect("a cost"), "{name}");
        let body = provider.last(route).expect("asked").body;
        assert_eq!((&body["query"], &body["documents"][0]), (&"ping".into(), &"pong".into()), "{name}");
    }
}

#[test]
fn they_fail_as_completions_do() {
    let provider = Provider::start();
    let listed = embedding("openai", &provider.api_base());
    for (behaviour, kind, is_billed) in [
        (Behaviour::Status(404), ErrorKind::ModelNotFound, false),
        (Behaviour::Status(401), ErrorKind::Auth, false),
        (Behaviour::Status(500), ErrorKind::ServerError, false),
        (Behaviour::RateLimited("1".into()), ErrorKind::RateLimitedProvider, false),
        (Behaviour::Garbage, ErrorKind::BadResponse, true),
        (Behaviour::Cut, ErrorKind::BadResponse, true),
        (Behaviour::Endless, ErrorKind::BadResponse, true),
        (Behaviour::CloseAtOnce, ErrorKind::Connect, true),
        (Behaviour::Refusal(200, r#"{"error":{"message":"no"}}"#.into()), ErrorKind::BadResponse, true),
    ] {
        provider.behave(behaviour.clone());
        let outcome = probe(&listed, ProbeLevel::Embedding);
        assert_failure(&outcome, ProbeLevel::Embedding, kind);
        assert_eq!(outcome.usage.is_some(), is_billed, "{behaviour:?}");
    }
    provider.behave(Behaviour::Hang);
    assert_failure(&probe_shortly(&listed, ProbeLevel::Embedding), ProbeLevel::Embedding, ErrorKind::Timeout);
}

#[test]
fn a_dialect_without_them_is_asked_for_its_list() {
    let provider = Provider::start();
    let outcome = probe(&embedding("anthropic", &provider.url()), ProbeLevel::Embedding);
    assert_success(&outcome, ProbeLevel::Models);
    let outcome = probe(&rerank("azure", &provider.url()), ProbeLevel::Rerank);
    assert_success(&outcome, ProbeLevel::Models);
    let chat = at(&provider);
    assert_success(&probe(&chat, ProbeLevel::Embedding), ProbeLevel::Models);
    assert_eq!(provider.billed_requests(), 0);
}
