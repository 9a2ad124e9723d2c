//! A simulated day at once, decoded as events are that come over HTTP: each kind of thing happens, and none is out of proportion.
//!
//! Of the day every twelfth round of troubles is lived through, so that each provider has its outage, and the time between is slept.

use std::sync::OnceLock;
use std::time::Duration;

use llm_exporter::demo::{Simulation, Weather};
use llm_exporter::event::{ErrorKind, Timestamp};
use llm_exporter::sources::litellm::{self, Summary};

use super::support::exposition::Exposition;
use super::support::pipeline::{Pipeline, settings};

/// A midnight, UTC.
const MIDNIGHT: Timestamp = Timestamp::from_micros(1_795_392_000_000_000);
const ROUND: Duration = Duration::from_mins(24);
const ROUNDS: u32 = 5;
/// From the beginning of one that is lived through to that of the next.
const APART: u32 = 12;
/// That at five in the morning, and that at half past two in the afternoon.
const NIGHT: usize = 1;
const AFTERNOON: usize = 3;
/// What who names none gets.
const SEED: u64 = 22;

/// What happens to deployments, in the everyday or in an outage.
const OF_DEPLOYMENTS: [ErrorKind; 11] = [
    ErrorKind::Timeout,
    ErrorKind::Connect,
    ErrorKind::RateLimitedProvider,
    ErrorKind::BadRequest,
    ErrorKind::ContextLength,
    ErrorKind::ContentFilter,
    ErrorKind::Overloaded,
    ErrorKind::ServerError,
    ErrorKind::BadResponse,
    ErrorKind::ClientCancelled,
    ErrorKind::StreamAborted,
];
/// Why the gateway refuses.
const OF_CALLERS: [ErrorKind; 5] = [
    ErrorKind::Auth,
    ErrorKind::ModelNotFound,
    ErrorKind::BudgetExceeded,
    ErrorKind::RateLimitedGateway,
    ErrorKind::Overloaded,
];

/// The day, round by round, each with what came before included.
struct Day {
    rounds: Vec<Exposition>,
    summary: Summary,
}

fn simulation() -> Simulation {
    Simulation::new(SEED, Weather::new(SEED, MIDNIGHT), "http://127.0.0.1:1")
}

/// Lived through once for all tests.
fn day() -> &'static Day {
    static DAY: OnceLock<Day> = OnceLock::new();
    DAY.get_or_init(|| {
        let pipeline = Pipeline::with(settings(&["team", "key"]));
        let (mut simulation, mut summary) = (simulation(), Summary::default());
        let rounds = (0..ROUNDS).map(|round| {
            let begin = MIDNIGHT.plus(ROUND * APART * round);
            for minute in 1..=24 {
                let now = begin.plus(Duration::from_mins(minute));
                let body = serde_json::to_vec(&simulation.advance(now)).expect("events are JSON");
                let taken = litellm::take(&body, &pipeline.sink, now).expect("it is JSON");
                summary.accepted += taken.accepted;
                summary.duplicates += taken.duplicates;
                summary.rejected += taken.rejected;
            }
            pipeline.scrape_at(begin.plus(ROUND))
        });
        Day { rounds: rounds.collect(), summary }
    })
}

fn whole() -> &'static Exposition {
    day().rounds.last().expect("a day has rounds")
}

#[test]
fn every_event_is_one_that_litellm_could_have_sent() {
    let Summary { accepted, duplicates, rejected } = day().summary;
    assert!(accepted > 20_000, "{accepted}");
    assert_eq!((duplicates, rejected), (0, 0));
}

#[test]
fn everything_that_can_happen_happens() {
    let day = whole();
    for kind in OF_DEPLOYMENTS {
        let failed = day.sum("llm_request_errors_total", &[("error", kind.as_str())]);
        assert!(failed > 0.0, "no request ended as {}", kind.as_str());
    }
    for kind in OF_CALLERS {
        let refused = day.sum("llm_rejected_requests_total", &[("error", kind.as_str())]);
        assert!(refused > 0.0, "nobody was refused for {}", kind.as_str());
    }
    for (name, labels) in [
        ("llm_cache_hits_total", &[][..]),
        ("llm_cache_saved_usd_total", &[]),
        ("llm_retries_total", &[]),
        ("llm_fallbacks_total", &[("model", "o4-mini"), ("fallback_model", "gpt-4o"), ("outcome", "success")]),
        ("llm_fallbacks_total", &[("model", "llama-3.3-70b"), ("outcome", "success")]),
        ("llm_request_duration_seconds_count", &[("stream", "true")]),
        ("llm_request_duration_seconds_count", &[("stream", "false")]),
        ("llm_gateway_overhead_seconds_count", &[]),
        ("llm_time_per_output_token_seconds_count", &[]),
        ("llm_input_tokens_total", &[("kind", "cache_read")]),
        ("llm_input_tokens_total", &[("kind", "cache_write")]),
        ("llm_output_tokens_total", &[("kind", "reasoning")]),
        ("llm_unpriced_tokens_total", &[("model", "qwen3-32b")]),
        ("llm_requests_total", &[("model", "text-embedding-3-small")]),
    ] {
        assert!(day.sum(name, labels) > 0.0, "{name} {labels:?}");
    }
    let unpriced_elsewhere =
        day.samples("llm_unpriced_tokens_total").filter(|it| it.labels.get("model") != "qwen3-32b");
    assert_eq!(unpriced_elsewhere.map(|it| it.value).sum::<f64>(), 0.0, "all other models have prices");
    assert_eq!(day.sum("llm_fallbacks_total", &[("model", "other")]), 0.0, "every fallback is told with its failure");
}

#[test]
fn every_provider_fails_and_recovers() {
    for provider in ["openai", "anthropic", "azure", "bedrock", "hosted_vllm"] {
        let labels = [("provider", provider)];
        let requests = whole().sum("llm_requests_total", &labels);
        let failed = whole().sum("llm_request_errors_total", &[labels[0], ("error", "server_error")]);
        assert!(failed > 3.0, "{provider}: {failed} of {requests}");
        assert!(failed < 0.05 * requests, "{provider}: {failed} of {requests}");
    }
}

#[test]
fn failures_are_few_and_the_gateway_makes_most_of_them_good() {
    let against = |name: &str| {
        let speaks_against = |kind: &&ErrorKind| kind.blame() != llm_exporter::event::Blame::Nobody;
        ErrorKind::ALL
            .iter()
            .filter(speaks_against)
            .map(|kind| whole().sum(name, &[("error", kind.as_str())]))
            .sum::<f64>()
    };
    let requests = whole().sum("llm_requests_total", &[]);
    let failed = against("llm_request_errors_total");
    assert!((0.002..0.03).contains(&(failed / requests)), "{failed} of {requests}");
    let hits = whole().sum("llm_cache_hits_total", &[]);
    assert!((0.03..0.08).contains(&(hits / requests)), "{hits} beside {requests}");
    let hours = (ROUND * ROUNDS).as_secs_f64() / 3_600.0;
    let cost = whole().sum("llm_cost_usd_total", &[]) / hours;
    assert!((15.0..90.0).contains(&cost), "{cost} USD an hour");
}

#[test]
fn the_afternoon_is_busier_than_the_night() {
    let until = |round: usize| day().rounds[round].sum("llm_requests_total", &[]);
    let of = |round: usize| until(round) - until(round - 1);
    let (afternoon, night) = (of(AFTERNOON), of(NIGHT));
    assert!(afternoon > 2.0 * night, "{afternoon} against {night}");
    assert!(night > ROUND.as_secs_f64(), "nor is the night dead: {night}");
}

#[test]
fn budgets_are_used_up_and_reset() {
    const STAGING: [(&str, &str); 2] = [("scope", "key"), ("alias", "mobile-staging")];
    let share =
        |round: &Exposition| round.sum("llm_budget_spent_usd", &STAGING) / round.sum("llm_budget_limit_usd", &STAGING);
    let used: Vec<f64> = day().rounds.iter().map(share).collect();
    assert!(!used.is_sorted(), "it is reset: {used:?}");
    let refused = whole().sum("llm_rejected_requests_total", &[("error", "budget_exceeded")]);
    assert!(refused > 10.0, "{refused}");
    let of_team = |name: &str| whole().sum(name, &[("scope", "team"), ("alias", "Data Science")]);
    let used = of_team("llm_budget_spent_usd") / of_team("llm_budget_limit_usd");
    assert!((0.8..1.0).contains(&used), "one nears its limit: {used}");
}

#[test]
fn one_seed_has_one_fate_however_often_it_is_asked() {
    let told = |step: Duration| {
        let (mut simulation, mut now, mut told) = (simulation(), MIDNIGHT, Vec::new());
        while now < MIDNIGHT.plus(Duration::from_mins(10)) {
            now = now.plus(step);
            told.extend(simulation.advance(now));
        }
        serde_json::to_string(&told).expect("events are JSON")
    };
    assert_eq!(told(Duration::from_secs(2)), told(Duration::from_secs(60)));
}
