//! What LiteLLM's `generic_api` callback tells of an attempt, in its own words: the fields that matter of some two hundred.

use serde::Serialize;

use super::call::{Attempt, Call, Usage};
use super::fleet::{Kind, Model};
use super::headroom::Headroom;
use super::mishap::{Mishap, Words};
use crate::event::Timestamp;

/// One event, as it is pushed.
#[derive(Debug, Clone, Serialize)]
pub struct Callback {
    id: String,
    litellm_call_id: String,
    trace_id: String,
    call_type: &'static str,
    stream: Option<bool>,
    cache_hit: Option<bool>,
    status: &'static str,
    #[serde(rename = "startTime")]
    start_time: f64,
    #[serde(rename = "endTime")]
    end_time: f64,
    #[serde(rename = "completionStartTime")]
    completion_start_time: f64,
    response_time: f64,
    model: &'static str,
    model_group: &'static str,
    model_id: &'static str,
    custom_llm_provider: Option<&'static str>,
    api_base: String,
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    response_cost: f64,
    saved_cache_cost: f64,
    request_tags: [&'static str; 1],
    metadata: Metadata,
    hidden_params: HiddenParams,
    error_str: Option<String>,
    error_information: ErrorInformation,
}

/// Who called, what they may spend, and what was used.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Metadata {
    pub(super) user_api_key_hash: String,
    pub(super) user_api_key_alias: Option<&'static str>,
    pub(super) user_api_key_spend: Option<f64>,
    pub(super) user_api_key_max_budget: Option<f64>,
    pub(super) user_api_key_budget_reset_at: Option<jiff::Timestamp>,
    pub(super) user_api_key_team_id: Option<&'static str>,
    pub(super) user_api_key_team_alias: Option<&'static str>,
    pub(super) user_api_key_team_spend: Option<f64>,
    pub(super) user_api_key_team_max_budget: Option<f64>,
    pub(super) user_api_key_user_id: Option<&'static str>,
    pub(super) usage_object: Option<UsageObject>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct UsageObject {
    prompt_tokens_details: PromptDetails,
    completion_tokens_details: CompletionDetails,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct PromptDetails {
    cached_tokens: u64,
    cache_creation_tokens: u64,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct CompletionDetails {
    reasoning_tokens: u64,
}

#[derive(Debug, Clone, Default, Serialize)]
struct HiddenParams {
    litellm_overhead_time_ms: Option<f64>,
    additional_headers: Option<AdditionalHeaders>,
}

#[derive(Debug, Clone, Default, Serialize)]
struct AdditionalHeaders {
    #[serde(flatten)]
    headroom: Option<Headroom>,
    #[serde(rename = "x-litellm-attempted-retries", skip_serializing_if = "Option::is_none")]
    attempted_retries: Option<usize>,
    #[serde(rename = "x-litellm-attempted-fallbacks", skip_serializing_if = "Option::is_none")]
    attempted_fallbacks: Option<usize>,
}

#[derive(Debug, Clone, Default, Serialize)]
struct ErrorInformation {
    error_code: &'static str,
    error_class: &'static str,
    llm_provider: &'static str,
    error_message: String,
    normalized_error: Option<&'static str>,
    error_rate_limit_category: Option<&'static str>,
    error_rate_limit_type: Option<&'static str>,
}

const SUCCESS: &str = "success";
const FAILURE: &str = "failure";

impl Callback {
    /// An attempt that reached a deployment, however it ended.
    pub(super) fn of_attempt(attempt: &Attempt<'_>) -> Self {
        let Attempt { call, model, deployment, started_at, first_token_at, ended_at, usage, mishap, .. } = attempt;
        let is_failure = mishap.is_some_and(|mishap| mishap != Mishap::Cancelled);
        let cost = model.prices.map_or(0.0, |prices| usage.cost(prices));
        let blank = Self::blank(call, *started_at, *ended_at);
        let metadata = if usage.is_nothing() { blank.metadata } else { usage.told_in(blank.metadata) };
        let told = Self {
            id: if is_failure { call.id.clone() } else { attempt.answer_id.clone() },
            call_type: call_type(model),
            // A stream that failed is not marked as one.
            stream: (call.is_stream && !is_failure).then_some(true),
            status: if is_failure { FAILURE } else { SUCCESS },
            completion_start_time: first_token_at.unwrap_or(*ended_at).as_secs_f64(),
            response_time: seconds_between(*started_at, first_token_at.unwrap_or(*ended_at)),
            model: deployment.upstream_model,
            model_group: model.name,
            model_id: deployment.id,
            custom_llm_provider: Some(deployment.provider.as_str()),
            api_base: attempt.api_base.clone(),
            prompt_tokens: usage.prompt,
            completion_tokens: usage.completion(),
            total_tokens: usage.prompt + usage.completion(),
            response_cost: cost,
            metadata,
            hidden_params: HiddenParams {
                litellm_overhead_time_ms: mishap.is_none().then_some(attempt.overhead_ms),
                additional_headers: Some(attempt.headers()),
            },
            ..blank
        };
        match mishap {
            None => told,
            Some(mishap) => told.saying(mishap.words(deployment.provider)),
        }
    }

    /// An answer from the gateway's own cache, which saved what this usage would have cost.
    pub(super) fn of_hit(call: &Call, model: &'static Model, usage: Usage, at: (Timestamp, Timestamp)) -> Self {
        let (started_at, ended_at) = at;
        let blank = Self::blank(call, started_at, ended_at);
        let deployment = &model.deployments[0];
        Self {
            id: format!("{}_cache_hit{}", blank.id, blank.end_time),
            call_type: call_type(model),
            cache_hit: Some(true),
            model: deployment.upstream_model,
            model_group: model.name,
            model_id: deployment.id,
            custom_llm_provider: Some(deployment.provider.as_str()),
            prompt_tokens: usage.prompt,
            completion_tokens: usage.completion(),
            total_tokens: usage.prompt + usage.completion(),
            saved_cache_cost: model.prices.map_or(0.0, |prices| usage.cost(prices)),
            metadata: usage.told_in(blank.metadata),
            ..blank
        }
    }

    /// A call that reached no deployment; `model` is what was asked for, `group` what the gateway took that for.
    pub(super) fn of_refusal(
        call: &Call,
        model: &'static str,
        group: &'static str,
        words: Words,
        at: (Timestamp, Timestamp),
    ) -> Self {
        let (started_at, ended_at) = at;
        let blank = Self::blank(call, started_at, ended_at);
        Self { status: FAILURE, cache_hit: Some(false), model, model_group: group, ..blank }.saying(words)
    }

    fn blank(call: &Call, started_at: Timestamp, ended_at: Timestamp) -> Self {
        Self {
            id: call.id.clone(),
            litellm_call_id: call.id.clone(),
            trace_id: call.trace_id.clone(),
            call_type: "acompletion",
            stream: None,
            cache_hit: None,
            status: SUCCESS,
            start_time: started_at.as_secs_f64(),
            end_time: ended_at.as_secs_f64(),
            completion_start_time: ended_at.as_secs_f64(),
            response_time: seconds_between(started_at, ended_at),
            model: "",
            model_group: "",
            model_id: "",
            custom_llm_provider: None,
            api_base: String::new(),
            prompt_tokens: 0,
            completion_tokens: 0,
            total_tokens: 0,
            response_cost: 0.0,
            saved_cache_cost: 0.0,
            request_tags: ["simulated"],
            metadata: call.metadata.clone(),
            hidden_params: HiddenParams::default(),
            error_str: None,
            error_information: ErrorInformation::default(),
        }
    }

    fn saying(self, words: Words) -> Self {
        let Words { code, class, provider, normalized, category, limit, message } = words;
        Self {
            error_str: Some(message.clone().into_owned()),
            error_information: ErrorInformation {
                error_code: code,
                error_class: class,
                llm_provider: provider,
                error_message: message.into_owned(),
                normalized_error: normalized,
                error_rate_limit_category: category,
                error_rate_limit_type: limit,
            },
            ..self
        }
    }
}

impl Attempt<'_> {
    fn headers(&self) -> AdditionalHeaders {
        // With a stream LiteLLM tells nothing of what it tried before.
        let told = |number: usize| (!self.call.is_stream && self.mishap.is_none()).then_some(number);
        AdditionalHeaders {
            headroom: self.headroom,
            attempted_retries: told(self.retries),
            attempted_fallbacks: told(self.fallbacks),
        }
    }
}

impl Usage {
    fn told_in(&self, metadata: Metadata) -> Metadata {
        let usage_object = UsageObject {
            prompt_tokens_details: PromptDetails { cached_tokens: self.cached, cache_creation_tokens: self.written },
            completion_tokens_details: CompletionDetails { reasoning_tokens: self.thought },
        };
        Metadata { usage_object: Some(usage_object), ..metadata }
    }
}

const fn call_type(model: &Model) -> &'static str {
    match model.kind {
        Kind::Chat | Kind::Reasoning => "acompletion",
        Kind::Embedding => "aembedding",
    }
}

fn seconds_between(from: Timestamp, until: Timestamp) -> f64 {
    until.since(from).unwrap_or_default().as_secs_f64()
}
