//! Events of any kind, as gateways and their callers might send them at their worst.

use std::borrow::Cow;
use std::time::Duration;

use llm_exporter::event::{
    AttemptKey, Budget, BudgetScope, CallKey, Caller, Cost, Delivery, Deployment, ErrorKind, InputTokens, Outcome,
    OutputTokens, RateLimits, Reach, RequestEvent, Timestamp, Twins, UnpricedReason, Usage, Usd,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::support::pipeline::NOW;

pub(crate) type Event = RequestEvent<'static>;
type Text = Cow<'static, str>;

/// Few enough names that events meet in one row, and whatever else fits into a string.
pub(crate) fn label() -> impl Strategy<Value = Text> {
    let common = select(vec!["gpt-4", "claude", "o3", "other", ""]).prop_map(String::from);
    let hostile = select(vec!["\"", "\\", "\n", "a\\\"b\nc", "} 1\n# EOF\n", "ü|\u{85}", "\u{2028}", "\0", "le=\"1\""])
        .prop_map(String::from);
    let long = (250_usize..260).prop_map(|length| "ü".repeat(length / 2) + "x");
    prop_oneof![6 => common, 2 => hostile, 1 => long, 2 => any::<String>()].prop_map(Cow::Owned)
}

/// Around now: mostly within the last ten minutes, sometimes long ago, sometimes in the future.
fn time() -> impl Strategy<Value = Timestamp> {
    let offset = prop_oneof![
        8 => -600_000_000_i64..0,
        1 => -40_000_000_000_i64..0,
        1 => 0..40_000_000_000_i64,
        1 => Just(-NOW.as_micros()),
    ];
    offset.prop_map(|offset| Timestamp::from_micros(NOW.as_micros() + offset))
}

fn outcome() -> impl Strategy<Value = Outcome<'static>> {
    let failure = (select(ErrorKind::ALL.to_vec()), option::of(label()))
        .prop_map(|(kind, message)| Outcome::Failure { kind, message });
    prop_oneof![Just(Outcome::Success), failure]
}

fn usd() -> impl Strategy<Value = Usd> {
    let amount = prop_oneof![Just(0.0), Just(0.000_002_5), 0.0..100.0];
    amount.prop_map(|usd| Usd::from_f64(usd).expect("an amount of money"))
}

fn cost() -> impl Strategy<Value = Cost> {
    prop_oneof![usd().prop_map(Cost::Booked), select(UnpricedReason::ALL.to_vec()).prop_map(Cost::Unpriced)]
}

fn usage() -> impl Strategy<Value = Usage> {
    let tokens = || 0_u64..1_000_000;
    let input = (tokens(), tokens(), tokens(), tokens(), tokens())
        .prop_map(|(total, a, b, c, d)| InputTokens::split(total, a, b, c, d));
    let output =
        (tokens(), tokens(), tokens(), tokens()).prop_map(|(total, a, b, c)| OutputTokens::split(total, a, b, c));
    (input, output).prop_map(|(input, output)| Usage { input, output })
}

fn reach() -> impl Strategy<Value = Reach<'static>> {
    let limit = || option::of(0_u64..10_000);
    let limits = (limit(), limit(), limit(), limit()).prop_map(
        |(limit_requests, remaining_requests, limit_tokens, remaining_tokens)| RateLimits {
            limit_requests,
            remaining_requests,
            limit_tokens,
            remaining_tokens,
        },
    );
    let deployment = (label(), label(), label(), label(), label(), option::of(limits)).prop_map(
        |(id, model, provider, upstream_model, api_base, rate_limits)| {
            Reach::Deployment(Deployment { id, model, provider, upstream_model, api_base, rate_limits })
        },
    );
    prop_oneof![
        6 => deployment,
        1 => (label(), usd()).prop_map(|(model, saved)| Reach::Cache { model, saved }),
        1 => label().prop_map(|requested_model| Reach::Refused { requested_model }),
        1 => Just(Reach::NoModel),
        1 => Just(Reach::GatewayHealthCheck),
    ]
}

fn caller() -> impl Strategy<Value = Caller<'static>> {
    let part = || option::of(label());
    (part(), part(), part(), part(), part(), vec(label(), 0..3))
        .prop_map(|(key, team, user, org, end_user, tags)| Caller { key, team, user, org, end_user, tags })
}

fn budget() -> impl Strategy<Value = Budget<'static>> {
    let scope = select(BudgetScope::ALL.to_vec());
    (scope, label(), label(), option::of(usd()), usd(), option::of(time()))
        .prop_map(|(scope, id, alias, limit, spent, resets_at)| Budget { scope, id, alias, limit, spent, resets_at })
}

prop_compose! {
    /// One attempt. Attempts come again now and then, and so do calls.
    pub(crate) fn event()(
        (attempt, call) in (0_u16..2_000, option::of(0_u8..8)),
        (reach, outcome) in (reach(), outcome()),
        (started_at, ended_at, first_token_at) in (time(), time(), option::of(time())),
        is_stream: bool,
        (usage, cost) in (usage(), cost()),
        gateway_overhead in option::of((0_u64..5_000_000).prop_map(Duration::from_micros)),
        (caller, budgets) in (caller(), vec(budget(), 0..2)),
        trace_id in option::of(label()),
        (retries, fallbacks) in (0_u64..3, 0_u64..2),
    ) -> Event {
        let mut event = RequestEvent {
            attempt: AttemptKey::of(&[&attempt.to_string()]),
            twins: Twins::default(),
            call: call.map(|call| CallKey::of(&call.to_string())),
            reach, outcome, started_at, ended_at, first_token_at,
            delivery: if is_stream { Delivery::Stream } else { Delivery::Whole },
            // Any name does.
            fallback_from: trace_id.clone().filter(|_| fallbacks > 0),
            usage, cost, gateway_overhead, caller, budgets, trace_id, retries, fallbacks,
        };
        keep_to_the_contract(&mut event);
        event
    }
}

/// What every source sees to: a refusal is a failure, what reached no deployment used nothing and cost nothing, and a call without a
/// model used nothing that deployments count.
fn keep_to_the_contract(event: &mut Event) {
    if matches!(event.reach, Reach::Refused { .. }) && event.outcome == Outcome::Success {
        event.outcome = Outcome::Failure { kind: ErrorKind::Auth, message: None };
    }
    if matches!(event.reach, Reach::Refused { .. } | Reach::Cache { .. }) {
        event.usage = Usage::default();
        event.cost = Cost::Booked(Usd::ZERO);
    }
    if event.reach == Reach::NoModel {
        event.usage = Usage::default();
    }
}

/// A sequence of attempts.
pub(crate) fn events() -> impl Strategy<Value = Vec<Event>> {
    vec(event(), 0..40)
}
