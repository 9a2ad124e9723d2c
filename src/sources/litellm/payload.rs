//! The fields of LiteLLM's `StandardLoggingPayload` that matter, as they stand in JSON.
//!
//! Texts are borrowed from the body. What is not named here (messages, the response, headers) is skipped without a copy.

use std::borrow::Cow;

use serde::Deserialize;

use super::loose::{List, Loose, Object};

/// A text, or nothing.
pub(super) type Text<'a> = Loose<Cow<'a, str>>;

/// One event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Payload<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) litellm_call_id: Text<'a>,
    #[serde(borrow)]
    pub(super) trace_id: Text<'a>,
    pub(super) stream: Loose<bool>,
    pub(super) cache_hit: Loose<bool>,
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    #[serde(rename = "startTime")]
    pub(super) start_time: Loose<f64>,
    #[serde(rename = "endTime")]
    pub(super) end_time: Loose<f64>,
    #[serde(rename = "completionStartTime")]
    pub(super) completion_start_time: Loose<f64>,
    #[serde(borrow)]
    pub(super) model: Text<'a>,
    #[serde(borrow)]
    pub(super) model_group: Text<'a>,
    #[serde(borrow)]
    pub(super) model_id: Text<'a>,
    #[serde(borrow)]
    pub(super) custom_llm_provider: Text<'a>,
    #[serde(borrow)]
    pub(super) api_base: Text<'a>,
    pub(super) prompt_tokens: Loose<u64>,
    pub(super) completion_tokens: Loose<u64>,
    pub(super) response_cost: Loose<f64>,
    pub(super) saved_cache_cost: Loose<f64>,
    #[serde(borrow)]
    pub(super) end_user: Text<'a>,
    #[serde(borrow)]
    pub(super) request_tags: List<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) metadata: Object<Metadata<'a>>,
    pub(super) hidden_params: Object<HiddenParams>,
    #[serde(borrow)]
    pub(super) error_information: Object<ErrorInformation<'a>>,
    #[serde(borrow)]
    pub(super) zero_cost_diagnostic: Object<ZeroCostDiagnostic<'a>>,
    /// The whole element, to look again for what is seldom needed.
    #[serde(skip)]
    pub(super) json: &'a [u8],
}

/// Who asked, their budgets, and what was used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata<'a> {
    #[serde(borrow)]
    pub(super) user_api_key_hash: Text<'a>,
    #[serde(borrow)]
    pub(super) user_api_key_alias: Text<'a>,
    pub(super) user_api_key_spend: Loose<f64>,
    pub(super) user_api_key_max_budget: Loose<f64>,
    #[serde(borrow)]
    pub(super) user_api_key_budget_reset_at: Text<'a>,
    #[serde(borrow)]
    pub(super) user_api_key_team_id: Text<'a>,
    #[serde(borrow)]
    pub(super) user_api_key_team_alias: Text<'a>,
    pub(super) user_api_key_team_spend: Loose<f64>,
    pub(super) user_api_key_team_max_budget: Loose<f64>,
    #[serde(borrow)]
    pub(super) user_api_key_user_id: Text<'a>,
    pub(super) user_api_key_user_spend: Loose<f64>,
    pub(super) user_api_key_user_max_budget: Loose<f64>,
    #[serde(borrow)]
    pub(super) user_api_key_org_id: Text<'a>,
    #[serde(borrow)]
    pub(super) user_api_key_org_alias: Text<'a>,
    #[serde(borrow)]
    pub(super) user_api_key_end_user_id: Text<'a>,
    pub(super) usage_object: Object<UsageObject>,
}

/// Tokens in detail.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct UsageObject {
    pub(super) prompt_tokens_details: Object<TokenDetails>,
    pub(super) completion_tokens_details: Object<TokenDetails>,
    pub(super) cache_read_input_tokens: Loose<u64>,
    pub(super) cache_creation_input_tokens: Loose<u64>,
}

/// Tokens by kind, of the prompt or of the completion.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TokenDetails {
    pub(super) cached_tokens: Loose<u64>,
    pub(super) cache_creation_tokens: Loose<u64>,
    pub(super) audio_tokens: Loose<u64>,
    pub(super) reasoning_tokens: Loose<u64>,
    pub(super) image_tokens: Loose<u64>,
    pub(super) video_tokens: Loose<u64>,
}

/// What the proxy adds for itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct HiddenParams {
    pub(super) litellm_overhead_time_ms: Loose<f64>,
    /// Null where no deployment was asked, an object where one was, though it may not have answered.
    pub(super) additional_headers: Option<Object<AdditionalHeaders>>,
}

/// Headers of the provider's answer, and of the proxy's own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AdditionalHeaders {
    pub(super) x_ratelimit_limit_requests: Loose<u64>,
    pub(super) x_ratelimit_remaining_requests: Loose<u64>,
    pub(super) x_ratelimit_limit_tokens: Loose<u64>,
    pub(super) x_ratelimit_remaining_tokens: Loose<u64>,
    #[serde(rename = "x-litellm-attempted-retries")]
    pub(super) attempted_retries: Loose<u64>,
    #[serde(rename = "x-litellm-attempted-fallbacks")]
    pub(super) attempted_fallbacks: Loose<u64>,
}

/// What went wrong.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorInformation<'a> {
    #[serde(borrow)]
    pub(super) error_code: Text<'a>,
    #[serde(borrow)]
    pub(super) error_class: Text<'a>,
    #[serde(borrow)]
    pub(super) llm_provider: Text<'a>,
    #[serde(borrow)]
    pub(super) error_message: Text<'a>,
    #[serde(borrow)]
    pub(super) normalized_error: Text<'a>,
    #[serde(borrow)]
    pub(super) error_rate_limit_category: Text<'a>,
    #[serde(borrow)]
    pub(super) error_rate_limit_type: Text<'a>,
}

/// Why a request with tokens cost nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ZeroCostDiagnostic<'a> {
    #[serde(borrow)]
    pub(super) reason: Text<'a>,
}

/// The one field of an event that is 8.5 KB long and looked into only where a cost of nothing must be explained.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pricing<'a> {
    #[serde(borrow)]
    pub(super) model_map_information: Object<ModelMapInformation<'a>>,
}

/// The price entry that LiteLLM used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ModelMapInformation<'a> {
    #[serde(borrow)]
    pub(super) model_map_value: Object<ModelMapValue<'a>>,
}

/// Prices, and whose they are.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ModelMapValue<'a> {
    #[serde(borrow)]
    pub(super) key: Text<'a>,
    pub(super) input_cost_per_token: Loose<f64>,
    pub(super) output_cost_per_token: Loose<f64>,
}
