//! What the benches share: states of a given size, and events to fill them with.

#![allow(dead_code, reason = "each bench uses a part of it")]

pub(crate) mod pairs;

use std::time::Duration;

use llm_exporter::event::{
    AttemptKey, CallKey, Caller, ConsumerLabel, Cost, Delivery, Deployment, InputTokens, Outcome, OutputTokens,
    RateLimits, Reach, RequestEvent, Timestamp, Twins, Usage, Usd,
};
use llm_exporter::state::{Expected, Settings, Source, State};

/// The moment at which everything in a bench happens.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_795_410_840_000_000);

/// The labels of consumers: with the model they are six, as in the figures of other encoders.
pub(crate) fn consumer_labels() -> Vec<ConsumerLabel> {
    vec![ConsumerLabel::Team, ConsumerLabel::Key, ConsumerLabel::User, ConsumerLabel::Org, ConsumerLabel::EndUser]
}

/// A state with room for `consumers`.
pub(crate) fn state(consumers: usize, consumer_labels: Vec<ConsumerLabel>) -> State {
    State::new(Settings {
        deployments: 2_000,
        models: 1_000,
        consumers,
        budgets: 10_000,
        consumer_labels,
        window: Duration::from_mins(5),
        expected: Expected::default(),
    })
}

/// A state with this many consumers of one model.
pub(crate) fn filled(consumers: usize) -> State {
    let state = state(consumers, consumer_labels());
    for number in 0..consumers {
        state.record(Source::LitellmCallback, &event(number, 0), NOW);
    }
    state
}

/// A priced, streamed success of this consumer, on this model's only deployment.
pub(crate) fn event(consumer: usize, model: usize) -> RequestEvent<'static> {
    let key = format!("key-{consumer:06}");
    RequestEvent {
        attempt: AttemptKey::of(&[&key, &model.to_string()]),
        twins: Twins::default(),
        call: Some(CallKey::of(&format!("{key} {model}"))),
        reach: Reach::Deployment(deployment(model)),
        outcome: Outcome::Success,
        started_at: Timestamp::from_micros(NOW.as_micros() - 2_500_000),
        ended_at: NOW,
        first_token_at: Some(Timestamp::from_micros(NOW.as_micros() - 2_000_000)),
        delivery: Delivery::Stream,
        usage: Usage { input: InputTokens::split(900, 300, 0, 0, 0), output: OutputTokens::split(120, 20, 0, 0) },
        cost: Cost::Booked(Usd::from_f64(0.000_112_3).expect("a price")),
        gateway_overhead: Some(Duration::from_micros(700)),
        caller: Caller {
            key: Some(key.into()),
            team: Some(format!("team-{:03}", consumer % 100).into()),
            user: Some(format!("user-{:05}", consumer % 5_000).into()),
            org: Some("example".into()),
            end_user: Some(format!("end-{:04}", consumer % 1_000).into()),
            tags: Vec::new(),
        },
        budgets: Vec::new(),
        trace_id: Some("7f328509a167126c796dc53a1f6f0807".into()),
        retries: 0,
        fallbacks: 0,
        fallback_from: None,
    }
}

fn deployment(model: usize) -> Deployment<'static> {
    Deployment {
        id: format!("deployment-{model:04}-eu-west").into(),
        model: format!("gpt-4o-{model:04}").into(),
        provider: "azure".into(),
        upstream_model: "azure/gpt-4o".into(),
        api_base: "https://example.openai.azure.com/".into(),
        rate_limits: Some(RateLimits { limit_requests: Some(10_000), ..RateLimits::default() }),
    }
}
