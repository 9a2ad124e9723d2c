//! The provider's list of models.

use std::time::{Duration, SystemTime};

use llm_exporter::event::{ErrorKind, ProbeLevel};

use crate::support::provider::{Behaviour, Provider};
use crate::{KEY, assert_failure, assert_success, at, deployment, probe, probe_shortly};

const LEVEL: ProbeLevel = ProbeLevel::Models;

#[test]
fn every_dialect_asks_for_its_list_with_the_key_where_it_belongs() {
    let provider = Provider::start();
    let bearer = format!("Bearer {KEY}");
    let cases = [
        ("openai", provider.api_base(), "GET /v1/models", "authorization", bearer.as_str()),
        ("mistral", provider.api_base(), "GET /v1/models", "authorization", &bearer),
        ("someone_new", provider.api_base(), "GET /v1/models", "authorization", &bearer),
        ("azure", provider.url(), "GET /openai/models", "api-key", KEY),
        ("anthropic", provider.url(), "GET /v1/models", "x-api-key", KEY),
        ("gemini", provider.gemini_base(), "GET /v1beta/models", "x-goog-api-key", KEY),
        ("cohere", provider.url(), "GET /v1/models", "authorization", &bearer),
        ("ollama", provider.url(), "GET /api/tags", "authorization", &bearer),
    ];
    for (name, base, route, header, value) in cases {
        assert_success(&probe(&deployment(name, &base), LEVEL), LEVEL);
        let seen = provider.last(route).unwrap_or_else(|| panic!("{name} did not ask for {route}"));
        assert_eq!(seen.header(header), Some(value), "{name}");
        let version = llm_exporter::VERSION;
        assert_eq!(seen.header("user-agent"), Some(format!("llm-exporter/{version}").as_str()));
    }
    assert_eq!(provider.last("GET /openai/models").expect("asked").query, "api-version=2024-10-21");
    assert_eq!(provider.billed_requests(), 0);
}

#[test]
fn azure_is_asked_in_the_version_of_the_deployment() {
    let provider = Provider::start();
    let mut listed = deployment("azure", &provider.url());
    listed.api_version = Some("2025-01-01-preview".into());
    assert_success(&probe(&listed, LEVEL), LEVEL);
    assert_eq!(provider.last("GET /openai/models").expect("asked").query, "api-version=2025-01-01-preview");
    listed.api_version = Some("v1".into());
    assert_success(&probe(&listed, LEVEL), LEVEL);
    assert_eq!(provider.last("GET /openai/v1/models").expect("asked").header("api-key"), Some(KEY));
}

#[test]
fn a_key_that_is_refused_speaks_against_the_deployment() {
    let provider = Provider::start();
    for status in [401, 403] {
        provider.behave(Behaviour::Status(status));
        let outcome = probe(&at(&provider), LEVEL);
        let failure = assert_failure(&outcome, LEVEL, ErrorKind::Auth);
        assert_eq!(failure.message, format!("HTTP {status}: provider says {status}"));
    }
    let body = r#"{"error":{"code":400,"message":"API key not valid.","details":[{"reason":"API_KEY_INVALID"}]}}"#;
    provider.behave(Behaviour::Refusal(400, body.into()));
    assert_failure(&probe(&deployment("gemini", &provider.url()), LEVEL), LEVEL, ErrorKind::Auth);
}

#[test]
fn a_key_that_is_missing_does_not() {
    let provider = Provider::start();
    let mut listed = at(&provider);
    listed.api_key = None;
    for status in [401, 403] {
        provider.behave(Behaviour::Status(status));
        assert_success(&probe(&listed, LEVEL), ProbeLevel::Connect);
    }
    assert_eq!(provider.last("GET /v1/models").expect("asked").header("authorization"), None);
}

#[test]
fn a_server_without_a_list_proves_a_connection() {
    let provider = Provider::start();
    provider.behave(Behaviour::NoModels);
    assert_success(&probe(&at(&provider), LEVEL), ProbeLevel::Connect);
    for status in [400, 402, 404, 405, 410, 501] {
        provider.behave(Behaviour::Status(status));
        assert_success(&probe(&at(&provider), LEVEL), ProbeLevel::Connect);
    }
}

#[test]
fn a_provider_without_a_list_is_connected_to() {
    let provider = Provider::start();
    for name in ["perplexity", "bedrock", "vertex_ai"] {
        assert_success(&probe(&deployment(name, &provider.url()), LEVEL), ProbeLevel::Connect);
    }
    assert_eq!(provider.all_requests(), 0);
}

#[test]
fn a_redirect_is_not_followed_and_no_key_is_shown_to_another_host() {
    let elsewhere = Provider::start();
    let provider = Provider::start();
    provider.behave(Behaviour::RedirectTo(elsewhere.api_base()));
    assert_success(&probe(&at(&provider), LEVEL), ProbeLevel::Connect);
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn a_rate_limit_says_how_long_to_wait() {
    let provider = Provider::start();
    provider.behave(Behaviour::RateLimited("17".into()));
    let outcome = probe(&at(&provider), LEVEL);
    let failure = assert_failure(&outcome, LEVEL, ErrorKind::RateLimitedProvider);
    assert_eq!(failure.message, "HTTP 429: Rate limit reached");
    assert_eq!(outcome.retry_after, Some(Duration::from_secs(17)));

    let at_noon = jiff::Timestamp::try_from(SystemTime::now() + Duration::from_mins(2)).expect("a date");
    provider.behave(Behaviour::RateLimited(at_noon.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()));
    let wait = probe(&at(&provider), LEVEL).retry_after.expect("a date is a wait");
    assert!(wait > Duration::from_secs(60) && wait <= Duration::from_secs(120), "{wait:?}");

    provider.behave(Behaviour::RateLimited("999999".into()));
    assert_eq!(probe(&at(&provider), LEVEL).retry_after, Some(Duration::from_hours(1)));
}

#[test]
fn a_provider_that_fails_is_told_from_one_that_is_overloaded() {
    let provider = Provider::start();
    for (status, kind) in [
        (500, ErrorKind::ServerError),
        (502, ErrorKind::ServerError),
        (504, ErrorKind::ServerError),
        (503, ErrorKind::Overloaded),
        (529, ErrorKind::Overloaded),
    ] {
        provider.behave(Behaviour::Status(status));
        assert_failure(&probe(&at(&provider), LEVEL), LEVEL, kind);
    }
}

#[test]
fn what_is_no_list_is_a_bad_response() {
    let provider = Provider::start();
    for behaviour in [Behaviour::Garbage, Behaviour::NoHttp, Behaviour::Cut] {
        provider.behave(behaviour);
        assert_failure(&probe(&at(&provider), LEVEL), LEVEL, ErrorKind::BadResponse);
    }
}

#[test]
fn a_list_that_never_ends_is_given_up() {
    let provider = Provider::start();
    provider.behave(Behaviour::Endless);
    let outcome = probe(&at(&provider), LEVEL);
    let failure = assert_failure(&outcome, LEVEL, ErrorKind::BadResponse);
    assert_eq!(failure.message, "the answer is longer than 4 MiB");
}

#[test]
fn a_server_that_closes_without_an_answer_can_not_be_reached() {
    let provider = Provider::start();
    provider.behave(Behaviour::CloseAtOnce);
    let outcome = probe(&at(&provider), LEVEL);
    let failure = assert_failure(&outcome, LEVEL, ErrorKind::Connect);
    assert!(failure.message.contains(&provider.address().to_string()), "{}", failure.message);
}

#[test]
fn a_server_that_hangs_is_a_timeout_before_and_within_its_answer() {
    let provider = Provider::start();
    for behaviour in [Behaviour::Hang, Behaviour::HangMidBody] {
        provider.behave(behaviour);
        let outcome = probe_shortly(&at(&provider), LEVEL);
        let failure = assert_failure(&outcome, LEVEL, ErrorKind::Timeout);
        assert!(failure.message.contains("within 500ms"), "{}", failure.message);
    }
}

#[test]
fn a_slow_answer_is_an_answer() {
    let provider = Provider::start();
    provider.behave(Behaviour::Slow(Duration::from_millis(100)));
    let outcome = probe(&at(&provider), LEVEL);
    assert_success(&outcome, LEVEL);
    assert!(outcome.duration >= Duration::from_millis(100), "{:?}", outcome.duration);
}

#[test]
fn a_key_that_no_header_can_carry_is_told_and_not_shown() {
    let provider = Provider::start();
    let mut listed = at(&provider);
    listed.api_key = Some(llm_exporter::config::Secret::new("two\nlines"));
    let outcome = probe(&listed, LEVEL);
    let failure = assert_failure(&outcome, LEVEL, ErrorKind::BadRequest);
    assert!(!failure.message.contains("lines"), "{}", failure.message);
    assert_eq!(provider.all_requests(), 0);
}

#[test]
fn a_key_that_the_provider_repeats_is_masked() {
    let provider = Provider::start();
    provider.behave(Behaviour::Refusal(401, format!(r#"{{"error":{{"message":"{KEY} is not known"}}}}"#)));
    let outcome = probe(&at(&provider), LEVEL);
    let failure = assert_failure(&outcome, LEVEL, ErrorKind::Auth);
    assert_eq!(failure.message, "HTTP 401: *** is not known");
}
