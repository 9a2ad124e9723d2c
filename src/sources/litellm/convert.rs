//! From LiteLLM's fields to a [`RequestEvent`].

use std::borrow::Cow;
use std::time::Duration;

use super::classify::{client_left, error_kind, found_no_deployment};
use super::json;
use super::key_id::names_a_key;
use super::loose::Loose;
use super::payload::{AdditionalHeaders, Metadata, ModelMapValue, Payload, Pricing, Text};
use crate::event::{
    AttemptKey, Budget, BudgetScope, CallKey, Caller, Cost, Delivery, Deployment, ErrorKind, InputTokens, Outcome,
    OutputTokens, RateLimits, Reach, RequestEvent, Timestamp, Twins, UnpricedReason, Usage, Usd,
};
use crate::state::RejectReason;

/// The name under which LiteLLM's own health checks run: as key and as team.
const HEALTH_CHECK: &str = "litellm-internal-health-check";
/// A cache hit has the id of the answer it repeats, with this and a time after it. The time differs between sources.
const CACHE_HIT_MARK: &str = "_cache_hit";
/// For attempts whose provider nobody named.
const UNKNOWN_PROVIDER: &str = "unknown";

/// The event that `payload` tells of, or why it is none. The tags are taken out of the payload.
pub(in crate::sources) fn event_of<'a>(payload: &mut Payload<'a>) -> Result<RequestEvent<'a>, RejectReason> {
    let ids = Ids::of(payload).ok_or(RejectReason::MissingId)?;
    let is_success = match payload.status.text() {
        Some("success") => true,
        Some("failure") => false,
        _ => return Err(RejectReason::UnknownStatus),
    };
    let times = Times::of(payload, is_success).ok_or(RejectReason::BadTime)?;
    let (attempt, twins) = (ids.attempt(times.started_at), ids.twins());
    let outcome = outcome(payload, is_success, times.first_token_at.is_some());
    let reach = reach(payload, &outcome);
    let (usage, cost) = usage_and_cost(payload, &reach, &outcome);
    let caller = caller(payload, &reach, outcome.error());
    let headers = answer_headers(payload);
    let fallbacks = headers.and_then(|headers| headers.attempted_fallbacks.0).unwrap_or_default();
    Ok(RequestEvent {
        attempt,
        twins,
        call: payload.litellm_call_id.text().map(CallKey::of),
        caller,
        reach,
        outcome,
        started_at: times.started_at,
        ended_at: times.ended_at,
        first_token_at: times.first_token_at,
        delivery: times.delivery,
        usage,
        cost,
        gateway_overhead: overhead(payload),
        budgets: budgets(&payload.metadata.0),
        trace_id: payload.trace_id.0.clone(),
        retries: headers.and_then(|headers| headers.attempted_retries.0).unwrap_or_default(),
        fallbacks,
        fallback_from: payload.fallback_from.0.clone().filter(|_| fallbacks > 0),
    })
}

/// Call id and response id: a failure and the fallback that served share the call id, and some providers give the same
/// response id twice. Neither is enough alone.
struct Ids<'p> {
    call: &'p str,
    /// Without what differs between sources.
    answer: &'p str,
    /// A failure has no response id but the call's own, and a client may choose that (`x-litellm-call-id`) and send it with each of
    /// its requests; the id of a cache hit is that of the answer it repeats. What tells these apart is when they began.
    is_of_one_answer: bool,
}

impl<'p> Ids<'p> {
    fn of(payload: &'p Payload<'_>) -> Option<Self> {
        let (call, id) = (payload.litellm_call_id.text(), payload.id.text());
        if call.is_none() && id.is_none() {
            return None;
        }
        let answer = id.map(|id| id.split(CACHE_HIT_MARK).next().unwrap_or(id));
        let is_of_one_answer = id.is_some() && id == answer && id != call;
        Some(Self { call: call.unwrap_or_default(), answer: answer.unwrap_or_default(), is_of_one_answer })
    }

    fn attempt(&self, started_at: Timestamp) -> AttemptKey {
        let mut digits = itoa::Buffer::new();
        let start = if self.is_of_one_answer { "" } else { digits.format(started_at.as_micros()) };
        AttemptKey::of(&[self.call, self.answer, start])
    }

    fn twins(&self) -> Twins {
        let by_call = (!self.is_of_one_answer).then(|| AttemptKey::of(&[self.call, self.answer]));
        let by_id = (!self.answer.is_empty()).then(|| AttemptKey::of(&[self.answer]));
        Twins { by_call, by_id }
    }
}

struct Times {
    started_at: Timestamp,
    ended_at: Timestamp,
    first_token_at: Option<Timestamp>,
    delivery: Delivery,
}

impl Times {
    /// `response_time` is not asked: on streams it is the time to the first token. `completionStartTime` is the end where
    /// there was no stream or no token; and a stream that failed is not marked as one, but has a first token before its end.
    fn of(payload: &Payload<'_>, is_success: bool) -> Option<Self> {
        let started_at = Timestamp::from_secs_f64(payload.start_time.0?)?;
        let ended_at = Timestamp::from_secs_f64(payload.end_time.0?)?;
        let is_marked = payload.stream.0 == Some(true);
        let is_first_token =
            |at: &Timestamp| *at >= started_at && (*at < ended_at || (*at == ended_at && is_marked && is_success));
        let first_token_at = payload.completion_start_time.0.and_then(Timestamp::from_secs_f64).filter(is_first_token);
        let delivery = if is_marked || first_token_at.is_some() { Delivery::Stream } else { Delivery::Whole };
        Some(Self { started_at, ended_at, first_token_at, delivery })
    }
}

fn outcome<'a>(payload: &Payload<'a>, is_success: bool, had_first_token: bool) -> Outcome<'a> {
    let error = &payload.error_information.0;
    if is_success && !client_left(error) {
        return Outcome::Success;
    }
    Outcome::Failure { kind: error_kind(payload, had_first_token), message: error.error_message.0.clone() }
}

fn reach<'a>(payload: &Payload<'a>, outcome: &Outcome<'_>) -> Reach<'a> {
    if is_health_check(payload) {
        return Reach::GatewayHealthCheck;
    }
    let is_attempt = match outcome.error() {
        None => true,
        // Who hangs up early enough was not sent on to any deployment.
        Some(ErrorKind::ClientCancelled) => payload.model_id.0.is_some(),
        Some(_) => reached_a_deployment(payload),
    };
    if !is_attempt {
        let requested_model = payload.model_group.0.clone().or_else(|| payload.model.0.clone());
        return Reach::Refused { requested_model: requested_model.unwrap_or_default() };
    }
    if [&payload.model_group, &payload.model, &payload.model_id].iter().all(|name| name.0.is_none()) {
        return Reach::NoModel;
    }
    if payload.cache_hit.0 == Some(true) {
        let saved = payload.saved_cache_cost.0.and_then(Usd::from_f64).unwrap_or_default();
        return Reach::Cache { model: public_model(payload), saved };
    }
    Reach::Deployment(deployment(payload))
}

/// By what only the proxy sets. Callers can tag their requests as they like, and what stands in the place of a key's hash may be
/// whatever a stranger sent.
fn is_health_check(payload: &Payload<'_>) -> bool {
    let metadata = &payload.metadata.0;
    let names = [&metadata.user_api_key_alias, &metadata.user_api_key_team_id];
    let is_named = names.iter().any(|name| name.text() == Some(HEALTH_CHECK));
    payload.model_group.0.is_none() && payload.model_id.0.is_none() && is_named
}

/// A refusal carries a deployment too where its model has only one. What tells an attempt is that it had an address to go
/// to, or headers, which are an object from the moment a provider is asked.
fn reached_a_deployment(payload: &Payload<'_>) -> bool {
    payload.model_id.0.is_some()
        && !found_no_deployment(&payload.error_information.0)
        && (payload.api_base.0.is_some() || answer_headers(payload).is_some())
}

fn deployment<'a>(payload: &Payload<'a>) -> Deployment<'a> {
    let upstream_model = payload.model.or_empty();
    Deployment {
        id: payload.model_id.0.clone().unwrap_or_else(|| upstream_model.clone()),
        model: public_model(payload),
        provider: payload.custom_llm_provider.0.clone().unwrap_or(Cow::Borrowed(UNKNOWN_PROVIDER)),
        upstream_model,
        api_base: payload.api_base.or_empty(),
        rate_limits: answer_headers(payload).map(rate_limits).filter(|limits| *limits != RateLimits::default()),
    }
}

fn public_model<'a>(payload: &Payload<'a>) -> Cow<'a, str> {
    payload.model_group.0.clone().unwrap_or_else(|| payload.model.or_empty())
}

fn answer_headers<'p>(payload: &'p Payload<'_>) -> Option<&'p AdditionalHeaders> {
    payload.hidden_params.0.additional_headers.as_ref().map(|headers| &headers.0)
}

fn rate_limits(headers: &AdditionalHeaders) -> RateLimits {
    RateLimits {
        limit_requests: headers.x_ratelimit_limit_requests.0,
        remaining_requests: headers.x_ratelimit_remaining_requests.0,
        limit_tokens: headers.x_ratelimit_limit_tokens.0,
        remaining_tokens: headers.x_ratelimit_remaining_tokens.0,
    }
}

/// Cost is what LiteLLM booked, whatever the outcome. Tokens count where they were paid for: with successes, and with
/// failures that were billed; the estimates of other failures and the tokens that a cache hit replays do not.
fn usage_and_cost(payload: &Payload<'_>, reach: &Reach<'_>, outcome: &Outcome<'_>) -> (Usage, Cost) {
    if matches!(reach, Reach::Cache { .. } | Reach::Refused { .. }) {
        return (Usage::default(), Cost::Booked(Usd::ZERO));
    }
    let booked = payload.response_cost.0.and_then(Usd::from_f64).unwrap_or_default();
    if *reach == Reach::NoModel {
        return (Usage::default(), Cost::Booked(booked));
    }
    let is_failure = outcome.error().is_some();
    if is_failure && booked.is_zero() {
        return (Usage::default(), Cost::Booked(Usd::ZERO));
    }
    let usage = usage(payload);
    let needs_price = booked.is_zero() && usage.total() > 0;
    let unpriced = needs_price.then(|| unpriced_reason(payload)).flatten();
    (usage, unpriced.map_or(Cost::Booked(booked), Cost::Unpriced))
}

fn usage(payload: &Payload<'_>) -> Usage {
    let details = &payload.metadata.0.usage_object.0;
    let (prompt, completion) = (&details.prompt_tokens_details.0, &details.completion_tokens_details.0);
    let count = |tokens: Option<u64>| tokens.unwrap_or_default();
    let input = InputTokens::split(
        count(payload.prompt_tokens.0),
        count(prompt.cached_tokens.0.or(details.cache_read_input_tokens.0)),
        count(prompt.cache_creation_tokens.0.or(details.cache_creation_input_tokens.0)),
        count(prompt.audio_tokens.0),
        count(prompt.image_tokens.0) + count(prompt.video_tokens.0),
    );
    let output = OutputTokens::split(
        count(payload.completion_tokens.0),
        count(completion.reasoning_tokens.0),
        count(completion.audio_tokens.0),
        count(completion.image_tokens.0) + count(completion.video_tokens.0),
    );
    Usage { input, output }
}

/// Why tokens cost nothing; `None` where the deployment was made free on purpose.
fn unpriced_reason(payload: &Payload<'_>) -> Option<UnpricedReason> {
    match payload.zero_cost_diagnostic.0.reason.text() {
        Some("missing_pricing_key") => Some(UnpricedReason::MissingPricingKey),
        Some("pricing_not_applied") => Some(UnpricedReason::PricingNotApplied),
        Some("cost_calculation_error") => Some(UnpricedReason::CalculationError),
        Some(_) => Some(UnpricedReason::Other),
        None if is_free_on_purpose(payload) => None,
        None => Some(UnpricedReason::NoPrice),
    }
}

/// LiteLLM says nothing of a model without any price, nor of one whose prices were set to nothing. The price entry tells
/// them apart: prices that somebody set for a deployment are filed under the deployment's id.
fn is_free_on_purpose(payload: &Payload<'_>) -> bool {
    if let Some(entry) = &payload.price {
        return is_of_deployment_and_free(entry, payload);
    }
    let Ok((pricing, _)) = json::read::<Pricing<'_>>(payload.json) else { return false };
    is_of_deployment_and_free(&pricing.model_map_information.0.model_map_value.0, payload)
}

fn is_of_deployment_and_free(entry: &ModelMapValue<'_>, payload: &Payload<'_>) -> bool {
    entry.key.text().is_some()
        && entry.key.text() == payload.model_id.text()
        && entry.input_cost_per_token.0 == Some(0.0)
        && entry.output_cost_per_token.0 == Some(0.0)
}

fn caller<'a>(payload: &mut Payload<'a>, reach: &Reach<'_>, error: Option<ErrorKind>) -> Caller<'a> {
    let metadata = &payload.metadata.0;
    // LiteLLM hashes whatever key was sent, so the hash of a refused request names a key only if LiteLLM knew it.
    let is_known = !matches!(reach, Reach::Refused { .. }) || knows_the_key(metadata, error);
    let hash = key_hash(metadata).filter(|_| is_known);
    let first = |alias: &Text<'a>, id: &Text<'a>| alias.0.clone().or_else(|| id.0.clone());
    Caller {
        key: metadata.user_api_key_alias.0.clone().or(hash),
        team: first(&metadata.user_api_key_team_alias, &metadata.user_api_key_team_id),
        user: metadata.user_api_key_user_id.0.clone(),
        org: first(&metadata.user_api_key_org_alias, &metadata.user_api_key_org_id),
        end_user: first(&payload.end_user, &metadata.user_api_key_end_user_id).filter(|_| is_known),
        tags: if is_known { std::mem::take(&mut payload.request_tags.0) } else { Vec::new() },
    }
}

/// The hash of the caller's key, or the name of a key of LiteLLM's own.
fn key_hash<'a>(metadata: &Metadata<'a>) -> Option<Cow<'a, str>> {
    metadata.user_api_key_hash.0.clone().filter(|text| names_a_key(text))
}

/// Whether LiteLLM told anything of a key that only its database knows, or refused for a reason that needs a known key.
fn knows_the_key(metadata: &Metadata<'_>, error: Option<ErrorKind>) -> bool {
    let told = [
        &metadata.user_api_key_alias,
        &metadata.user_api_key_team_id,
        &metadata.user_api_key_user_id,
        &metadata.user_api_key_org_id,
    ];
    told.iter().any(|text| text.0.is_some())
        || metadata.user_api_key_max_budget.0.is_some()
        || matches!(error, Some(ErrorKind::BudgetExceeded | ErrorKind::RateLimitedGateway))
}

fn budgets<'a>(metadata: &Metadata<'a>) -> Vec<Budget<'a>> {
    let resets_at = metadata.user_api_key_budget_reset_at.text().and_then(parse_time);
    let key =
        budget(BudgetScope::Key, key_hash(metadata), &metadata.user_api_key_max_budget, &metadata.user_api_key_spend);
    let team = budget(
        BudgetScope::Team,
        metadata.user_api_key_team_id.0.clone(),
        &metadata.user_api_key_team_max_budget,
        &metadata.user_api_key_team_spend,
    );
    let user = budget(
        BudgetScope::User,
        metadata.user_api_key_user_id.0.clone(),
        &metadata.user_api_key_user_max_budget,
        &metadata.user_api_key_user_spend,
    );
    let key = key.map(|key| Budget { alias: metadata.user_api_key_alias.or_empty(), resets_at, ..key });
    let team = team.map(|team| Budget { alias: metadata.user_api_key_team_alias.or_empty(), ..team });
    [key, team, user].into_iter().flatten().collect()
}

fn budget<'a>(
    scope: BudgetScope,
    id: Option<Cow<'a, str>>,
    limit: &Loose<f64>,
    spent: &Loose<f64>,
) -> Option<Budget<'a>> {
    Some(Budget {
        scope,
        id: id?,
        alias: Cow::default(),
        limit: limit.0.and_then(Usd::from_f64),
        spent: spent.0.and_then(Usd::from_f64).unwrap_or_default(),
        resets_at: None,
    })
}

/// RFC 3339; Python leaves out the zone, which is UTC then.
fn parse_time(text: &str) -> Option<Timestamp> {
    let zoned = text.parse::<jiff::Timestamp>().ok();
    let utc = || jiff::tz::TimeZone::UTC.to_timestamp(text.parse().ok()?).ok();
    zoned.or_else(utc).map(Timestamp::from)
}

fn overhead(payload: &Payload<'_>) -> Option<Duration> {
    let milliseconds = payload.hidden_params.0.litellm_overhead_time_ms.0?;
    Duration::try_from_secs_f64(milliseconds / 1e3).ok()
}
