//! A short answer, streamed: what is sent, what counts as an answer, what it costs.

use std::time::Duration;

use llm_exporter::config::CompletionProbes;
use llm_exporter::config::Probes;
use llm_exporter::discovery::{Listed, Mode};
use llm_exporter::event::{ErrorKind, ProbeLevel, ProbeUsage, Usd};
use llm_exporter::probes::worst_case;
use serde_json::json;

use crate::support::provider::{Behaviour, Provider};
use crate::{assert_failure, assert_success, at, config, deployment, probe, probe_shortly, probe_with};

const LEVEL: ProbeLevel = ProbeLevel::Completion;
const CHAT: &str = "POST /v1/chat/completions";

/// Ten tokens in and two out, at the prices of the deployment.
fn told() -> Option<ProbeUsage> {
    Some(ProbeUsage { tokens: 12, cost: Usd::from_f64(14e-6).expect("a cost") })
}

/// The most that it can have cost.
fn most(listed: &Listed) -> Usd {
    worst_case(listed, &config()).expect("it has a price")
}

#[test]
fn every_dialect_asks_for_a_word_and_books_what_it_cost() {
    let provider = Provider::start();
    let cases = [
        ("openai", provider.api_base(), CHAT),
        ("someone_new", provider.api_base(), CHAT),
        ("azure", provider.url(), "POST /openai/deployments/some-model/chat/completions"),
        ("anthropic", provider.url(), "POST /v1/messages"),
        ("gemini", provider.gemini_base(), "POST /v1beta/models/some-model:streamGenerateContent"),
        ("ollama", provider.url(), CHAT),
    ];
    for (number, (name, base, route)) in (1..).zip(cases) {
        let outcome = probe(&deployment(name, &base), LEVEL);
        assert_success(&outcome, LEVEL);
        assert_eq!(outcome.usage, told(), "{name}");
        let first_token = outcome.time_to_first_token.unwrap_or_else(|| panic!("{name}: a stream has a first token"));
        assert!(first_token <= outcome.duration, "{name}");
        assert!(provider.last(route).is_some(), "{name} did not ask at {route}");
        assert_eq!(provider.billed_requests(), number, "{name} was asked once");
    }
    assert_eq!(provider.all_requests(), provider.billed_requests());
}

#[test]
fn the_request_is_short_streamed_and_bounded() {
    let provider = Provider::start();
    let completion = CompletionProbes { max_tokens: 99, ..CompletionProbes::default() };
    let config = Probes { completion, ..config() };
    assert_success(&probe_with(&config, &at(&provider), LEVEL), LEVEL);
    let body = provider.last(CHAT).expect("asked").body;
    assert_eq!(body["model"], "some-model");
    assert_eq!(body["max_tokens"], 99, "behind an address of the operator's may be a server that knows no other field");
    assert_eq!(body["stream"], true);
    assert_eq!(body["stream_options"], json!({"include_usage": true}));
    assert!(body["messages"].to_string().len() < 100, "{body}");

    assert_success(&probe_with(&config, &deployment("azure", &provider.url()), LEVEL), LEVEL);
    let seen = provider.last("POST /openai/deployments/some-model/chat/completions").expect("asked");
    assert_eq!((&seen.body["max_completion_tokens"], seen.query.as_str()), (&json!(99), "api-version=2024-10-21"));
    assert!(seen.body.get("max_tokens").is_none());

    assert_success(&probe_with(&config, &deployment("gemini", &provider.gemini_base()), LEVEL), LEVEL);
    let seen = provider.last("POST /v1beta/models/some-model:streamGenerateContent").expect("asked");
    assert_eq!((&seen.body["generationConfig"]["maxOutputTokens"], seen.query.as_str()), (&json!(99), "alt=sse"));
}

#[test]
fn models_that_refuse_the_old_field_get_the_new_one() {
    let provider = Provider::start();
    for model in ["o3-mini", "gpt-5"] {
        let listed = Listed { upstream_model: format!("openai/{model}"), ..at(&provider) };
        assert_success(&probe(&listed, LEVEL), LEVEL);
        let body = provider.last(CHAT).expect("asked").body;
        assert_eq!((body.get("max_tokens"), &body["max_completion_tokens"]), (None, &json!(64)), "{model}");
    }
}

#[test]
fn a_provider_that_refuses_unknown_fields_is_not_sent_any() {
    let provider = Provider::start();
    assert_success(&probe(&deployment("mistral", &provider.api_base()), LEVEL), LEVEL);
    assert!(provider.last(CHAT).expect("asked").body.get("stream_options").is_none());
}

#[test]
fn text_models_and_responses_have_their_own_routes() {
    let provider = Provider::start();
    let cases = [
        (Mode::Completion, "openai", provider.api_base(), "POST /v1/completions"),
        (Mode::Completion, "azure", provider.url(), "POST /openai/deployments/some-model/completions"),
        (Mode::Responses, "openai", provider.api_base(), "POST /v1/responses"),
        (Mode::Responses, "azure", provider.url(), "POST /openai/responses"),
        (Mode::Responses, "groq", provider.api_base(), CHAT),
    ];
    for (mode, name, base, route) in cases {
        let outcome = probe(&Listed { mode: Some(mode), ..deployment(name, &base) }, LEVEL);
        assert_success(&outcome, LEVEL);
        assert_eq!(outcome.usage, told(), "{name} {mode:?}");
        assert!(outcome.time_to_first_token.is_some(), "{name} {mode:?}");
        assert_eq!(provider.requests(route), 1, "{name} did not ask at {route}");
    }
}

#[test]
fn a_mode_that_takes_no_billed_probe_never_gets_one() {
    let provider = Provider::start();
    for mode in [None, Some(Mode::Other), Some(Mode::Embedding), Some(Mode::Rerank)] {
        let outcome = probe(&Listed { mode, ..at(&provider) }, LEVEL);
        assert_success(&outcome, ProbeLevel::Models);
        assert_eq!(outcome.usage, None);
    }
    for level in [ProbeLevel::Embedding, ProbeLevel::Rerank] {
        assert_success(&probe(&at(&provider), level), ProbeLevel::Models);
    }
    for level in [ProbeLevel::Connect, ProbeLevel::Models] {
        assert_success(&probe(&at(&provider), level), level);
    }
    assert_eq!(provider.billed_requests(), 0);
}

#[test]
fn a_model_that_uses_all_its_tokens_to_think_is_alive() {
    let provider = Provider::start();
    provider.behave(Behaviour::ThinksOnly);
    for (name, base) in
        [("openai", provider.api_base()), ("anthropic", provider.url()), ("gemini", provider.gemini_base())]
    {
        assert_success(&probe(&deployment(name, &base), LEVEL), LEVEL);
    }
    let usage = probe(&at(&provider), LEVEL).usage.expect("it cost something");
    assert_eq!(usage.tokens, 74, "all its tokens");
}

#[test]
fn a_server_that_knows_no_streams_answers_all_the_same() {
    let provider = Provider::start();
    provider.behave(Behaviour::NoStreams);
    let outcome = probe(&at(&provider), LEVEL);
    assert_success(&outcome, LEVEL);
    assert_eq!((outcome.usage, outcome.time_to_first_token), (told(), None));
}

#[test]
fn without_a_word_about_tokens_the_most_is_booked() {
    let provider = Provider::start();
    provider.behave(Behaviour::NoUsage);
    let outcome = probe(&at(&provider), LEVEL);
    assert_success(&outcome, LEVEL);
    assert_eq!(outcome.usage.expect("it cost something").cost, most(&at(&provider)));
}

#[test]
fn a_status_is_a_kind_of_failure_and_costs_nothing() {
    let provider = Provider::start();
    for (status, kind) in [
        (400, ErrorKind::BadRequest),
        (401, ErrorKind::Auth),
        (402, ErrorKind::Auth),
        (403, ErrorKind::Auth),
        (404, ErrorKind::ModelNotFound),
        (422, ErrorKind::BadRequest),
        (500, ErrorKind::ServerError),
        (504, ErrorKind::ServerError),
        (503, ErrorKind::Overloaded),
        (529, ErrorKind::Overloaded),
    ] {
        provider.behave(Behaviour::Status(status));
        let outcome = probe(&at(&provider), LEVEL);
        let failure = assert_failure(&outcome, LEVEL, kind);
        assert_eq!(failure.message, format!("HTTP {status}: provider says {status}"));
        assert_eq!(outcome.usage, None, "{status}");
    }
    provider.behave(Behaviour::RateLimited("3".into()));
    let outcome = probe(&at(&provider), LEVEL);
    assert_failure(&outcome, LEVEL, ErrorKind::RateLimitedProvider);
    assert_eq!((outcome.usage, outcome.retry_after), (None, Some(Duration::from_secs(3))));
}

#[test]
fn a_refusal_without_a_key_and_a_redirect_prove_a_connection() {
    let elsewhere = Provider::start();
    let provider = Provider::start();
    provider.behave(Behaviour::RedirectTo(elsewhere.api_base()));
    assert_success(&probe(&at(&provider), LEVEL), ProbeLevel::Connect);
    assert_eq!(elsewhere.connections(), 0);
    provider.behave(Behaviour::Status(401));
    let outcome = probe(&Listed { api_key: None, ..at(&provider) }, LEVEL);
    assert_success(&outcome, ProbeLevel::Connect);
    assert_eq!(outcome.usage, None);
}

#[test]
fn an_error_within_the_stream_is_known_by_its_code() {
    let provider = Provider::start();
    for (code, kind) in [
        ("rate_limit_exceeded", ErrorKind::RateLimitedProvider),
        ("overloaded_error", ErrorKind::Overloaded),
        ("503", ErrorKind::Overloaded),
        ("server_error", ErrorKind::ServerError),
    ] {
        provider.behave(Behaviour::ErrorInStream { code, after_words: false });
        let outcome = probe(&at(&provider), LEVEL);
        let failure = assert_failure(&outcome, LEVEL, kind);
        assert!(failure.message.contains("the model went away"), "{}", failure.message);
        assert_eq!(outcome.usage, None, "it broke before it said anything");
    }
    provider.behave(Behaviour::ErrorInStream { code: "server_error", after_words: true });
    for (name, base) in [("openai", provider.api_base()), ("anthropic", provider.url())] {
        let outcome = probe(&deployment(name, &base), LEVEL);
        assert_failure(&outcome, LEVEL, ErrorKind::ServerError);
        assert_eq!(outcome.usage.expect("it had said something").cost, most(&at(&provider)), "{name}");
    }
}

#[test]
fn an_answer_that_breaks_off_is_a_bad_response_and_may_have_cost_everything() {
    let provider = Provider::start();
    for behaviour in [Behaviour::Cut, Behaviour::StopsShort] {
        provider.behave(behaviour.clone());
        for (name, base) in [("openai", provider.api_base()), ("anthropic", provider.url())] {
            let outcome = probe(&deployment(name, &base), LEVEL);
            assert_failure(&outcome, LEVEL, ErrorKind::BadResponse);
            assert_eq!(outcome.usage.expect("who knows").cost, most(&at(&provider)), "{name} {behaviour:?}");
        }
    }
}

#[test]
fn what_is_no_answer_is_a_bad_response() {
    let provider = Provider::start();
    for behaviour in [Behaviour::Garbage, Behaviour::Endless, Behaviour::NoHttp] {
        provider.behave(behaviour);
        assert_failure(&probe(&at(&provider), LEVEL), LEVEL, ErrorKind::BadResponse);
    }
}

#[test]
fn a_stream_that_never_ends_is_given_up_and_may_have_cost_everything() {
    let provider = Provider::start();
    provider.behave(Behaviour::EndlessStream);
    let outcome = probe(&at(&provider), LEVEL);
    let failure = assert_failure(&outcome, LEVEL, ErrorKind::BadResponse);
    assert_eq!(failure.message, "the stream is longer than 1 MiB");
    assert_eq!(outcome.usage.expect("who knows").cost, most(&at(&provider)));
}

#[test]
fn a_model_that_hangs_is_a_timeout_and_may_have_cost_everything() {
    let provider = Provider::start();
    for behaviour in [Behaviour::Hang, Behaviour::HangMidStream] {
        provider.behave(behaviour.clone());
        let outcome = probe_shortly(&at(&provider), LEVEL);
        assert_failure(&outcome, LEVEL, ErrorKind::Timeout);
        assert_eq!(outcome.usage.expect("who knows").cost, most(&at(&provider)));
        assert_eq!(outcome.time_to_first_token.is_some(), behaviour == Behaviour::HangMidStream);
    }
}

#[test]
fn a_model_that_can_not_be_reached_costs_nothing() {
    let provider = Provider::start();
    let listed = at(&provider);
    drop(provider);
    let untrusted = Provider::start_tls();
    for listed in [listed, at(&untrusted)] {
        let outcome = probe(&listed, LEVEL);
        assert_failure(&outcome, LEVEL, ErrorKind::Connect);
        assert_eq!(outcome.usage, None);
    }
}

#[test]
fn a_name_for_many_models_is_asked_nothing() {
    let provider = Provider::start();
    let listed = Listed { upstream_model: "openai/*".into(), ..at(&provider) };
    assert_failure(&probe(&listed, LEVEL), LEVEL, ErrorKind::BadRequest);
    assert_eq!(provider.connections(), 0);
}
