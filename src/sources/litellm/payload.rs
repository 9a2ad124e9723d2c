//! The fields of LiteLLM's `StandardLoggingPayload` that matter, as they stand in JSON.
//!
//! Texts are borrowed from the body. What is not named here (messages, the response, headers) is skipped without a copy.

use std::borrow::Cow;

use serde::Deserialize;

use super::loose::{List, Loose, Object};

/// A text, or nothing.
pub(in crate::sources) type Text<'a> = Loose<Cow<'a, str>>;

/// One event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::sources) struct Payload<'a> {
    #[serde(borrow)]
    pub(in crate::sources) id: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) litellm_call_id: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) trace_id: Text<'a>,
    pub(in crate::sources) stream: Loose<bool>,
    pub(in crate::sources) cache_hit: Loose<bool>,
    #[serde(borrow)]
    pub(in crate::sources) status: Text<'a>,
    #[serde(rename = "startTime")]
    pub(in crate::sources) start_time: Loose<f64>,
    #[serde(rename = "endTime")]
    pub(in crate::sources) end_time: Loose<f64>,
    #[serde(rename = "completionStartTime")]
    pub(in crate::sources) completion_start_time: Loose<f64>,
    #[serde(borrow)]
    pub(in crate::sources) model: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) model_group: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) model_id: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) custom_llm_provider: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) api_base: Text<'a>,
    pub(in crate::sources) prompt_tokens: Loose<u64>,
    pub(in crate::sources) completion_tokens: Loose<u64>,
    pub(in crate::sources) response_cost: Loose<f64>,
    pub(in crate::sources) saved_cache_cost: Loose<f64>,
    #[serde(borrow)]
    pub(in crate::sources) end_user: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) request_tags: List<Cow<'a, str>>,
    #[serde(borrow)]
    pub(in crate::sources) metadata: Object<Metadata<'a>>,
    pub(in crate::sources) hidden_params: Object<HiddenParams>,
    #[serde(borrow)]
    pub(in crate::sources) error_information: Object<ErrorInformation<'a>>,
    #[serde(borrow)]
    pub(in crate::sources) zero_cost_diagnostic: Object<ZeroCostDiagnostic<'a>>,
    /// The model that failed before the one that served this was asked. Only rows of the spend log tell it.
    #[serde(skip)]
    pub(in crate::sources) fallback_from: Text<'a>,
    /// The price entry that LiteLLM used, where it is not to be looked for in `json`.
    #[serde(skip)]
    pub(in crate::sources) price: Option<ModelMapValue<'a>>,
    /// The whole element, to look again for what is seldom needed.
    #[serde(skip)]
    pub(in crate::sources) json: &'a [u8],
}

/// Who asked, their budgets, and what was used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::sources) struct Metadata<'a> {
    #[serde(borrow)]
    pub(in crate::sources) user_api_key_hash: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) user_api_key_alias: Text<'a>,
    pub(in crate::sources) user_api_key_spend: Loose<f64>,
    pub(in crate::sources) user_api_key_max_budget: Loose<f64>,
    #[serde(borrow)]
    pub(in crate::sources) user_api_key_budget_reset_at: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) user_api_key_team_id: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) user_api_key_team_alias: Text<'a>,
    pub(in crate::sources) user_api_key_team_spend: Loose<f64>,
    pub(in crate::sources) user_api_key_team_max_budget: Loose<f64>,
    #[serde(borrow)]
    pub(in crate::sources) user_api_key_user_id: Text<'a>,
    pub(in crate::sources) user_api_key_user_spend: Loose<f64>,
    pub(in crate::sources) user_api_key_user_max_budget: Loose<f64>,
    #[serde(borrow)]
    pub(in crate::sources) user_api_key_org_id: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) user_api_key_org_alias: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) user_api_key_end_user_id: Text<'a>,
    pub(in crate::sources) usage_object: Object<UsageObject>,
}

/// Tokens in detail.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::sources) struct UsageObject {
    pub(in crate::sources) prompt_tokens_details: Object<TokenDetails>,
    pub(in crate::sources) completion_tokens_details: Object<TokenDetails>,
    pub(in crate::sources) cache_read_input_tokens: Loose<u64>,
    pub(in crate::sources) cache_creation_input_tokens: Loose<u64>,
}

/// Tokens by kind, of the prompt or of the completion.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::sources) struct TokenDetails {
    pub(in crate::sources) cached_tokens: Loose<u64>,
    pub(in crate::sources) cache_creation_tokens: Loose<u64>,
    pub(in crate::sources) audio_tokens: Loose<u64>,
    pub(in crate::sources) reasoning_tokens: Loose<u64>,
    pub(in crate::sources) image_tokens: Loose<u64>,
    pub(in crate::sources) video_tokens: Loose<u64>,
}

/// What the proxy adds for itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::sources) struct HiddenParams {
    pub(in crate::sources) litellm_overhead_time_ms: Loose<f64>,
    /// Null where no deployment was asked, an object where one was, though it may not have answered.
    pub(in crate::sources) additional_headers: Option<Object<AdditionalHeaders>>,
}

/// Headers of the provider's answer, and of the proxy's own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::sources) struct AdditionalHeaders {
    pub(in crate::sources) x_ratelimit_limit_requests: Loose<u64>,
    pub(in crate::sources) x_ratelimit_remaining_requests: Loose<u64>,
    pub(in crate::sources) x_ratelimit_limit_tokens: Loose<u64>,
    pub(in crate::sources) x_ratelimit_remaining_tokens: Loose<u64>,
    #[serde(rename = "x-litellm-attempted-retries")]
    pub(in crate::sources) attempted_retries: Loose<u64>,
    #[serde(rename = "x-litellm-attempted-fallbacks")]
    pub(in crate::sources) attempted_fallbacks: Loose<u64>,
}

/// What went wrong.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::sources) struct ErrorInformation<'a> {
    #[serde(borrow)]
    pub(in crate::sources) error_code: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) error_class: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) llm_provider: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) error_message: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) normalized_error: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) error_rate_limit_category: Text<'a>,
    #[serde(borrow)]
    pub(in crate::sources) error_rate_limit_type: Text<'a>,
}

/// Why a request with tokens cost nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::sources) struct ZeroCostDiagnostic<'a> {
    #[serde(borrow)]
    pub(in crate::sources) reason: Text<'a>,
}

/// The one field of an event that is 8.5 KB long and looked into only where a cost of nothing must be explained.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::sources) struct Pricing<'a> {
    #[serde(borrow)]
    pub(in crate::sources) model_map_information: Object<ModelMapInformation<'a>>,
}

/// The price entry that LiteLLM used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::sources) struct ModelMapInformation<'a> {
    #[serde(borrow)]
    pub(in crate::sources) model_map_value: Object<ModelMapValue<'a>>,
}

/// Prices, and whose they are.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::sources) struct ModelMapValue<'a> {
    #[serde(borrow)]
    pub(in crate::sources) key: Text<'a>,
    pub(in crate::sources) input_cost_per_token: Loose<f64>,
    pub(in crate::sources) output_cost_per_token: Loose<f64>,
}
