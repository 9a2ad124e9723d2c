//! What is read of a row, and where it stands: one table for the statement that asks and the code that understands the answer.

use super::schema::TypeOf;

/// The table, without its schema.
pub(crate) const TABLE: &str = "LiteLLM_SpendLogs";
/// Without these there is nothing to read.
pub(super) const START_TIME: &str = "startTime";
/// Without these there is nothing to read.
pub(super) const REQUEST_ID: &str = "request_id";
/// The column of JSON of which only paths are selected.
pub(super) const METADATA: &str = "metadata";
/// Columns that versions lack and that tell nothing that is not known otherwise: only their absence is told.
pub(super) const INFORMATIVE: [&str; 2] = ["created_at", "request_duration_ms"];

/// Where one value of a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Location {
    /// A column, read as what it is.
    Column(&'static str, TypeOf),
    /// Something within `metadata`, by the names on the way there.
    Metadata(&'static str),
}

macro_rules! fields {
    ($($field:ident = $location:expr;)+) => {
        /// The values of a row, in the order in which they are selected.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Field { $($field),+ }

        impl Field {
            /// Where each of them stands.
            pub(super) const LOCATIONS: &[Location] = &[$($location),+];
        }
    };
}

use Location::{Column, Metadata};

fields! {
    RequestId = Column(REQUEST_ID, TypeOf::Text);
    StartTime = Column(START_TIME, TypeOf::Time);
    EndTime = Column("endTime", TypeOf::Time);
    CompletionStartTime = Column("completionStartTime", TypeOf::Time);
    CallId = Column("litellm_call_id", TypeOf::Text);
    Status = Column("status", TypeOf::Text);
    SessionId = Column("session_id", TypeOf::Text);
    ApiKey = Column("api_key", TypeOf::Text);
    Model = Column("model", TypeOf::Text);
    ModelId = Column("model_id", TypeOf::Text);
    ModelGroup = Column("model_group", TypeOf::Text);
    Provider = Column("custom_llm_provider", TypeOf::Text);
    ApiBase = Column("api_base", TypeOf::Text);
    User = Column("user", TypeOf::Text);
    TeamId = Column("team_id", TypeOf::Text);
    OrganizationId = Column("organization_id", TypeOf::Text);
    EndUser = Column("end_user", TypeOf::Text);
    CacheHit = Column("cache_hit", TypeOf::Text);
    Spend = Column("spend", TypeOf::Number);
    PromptTokens = Column("prompt_tokens", TypeOf::Number);
    CompletionTokens = Column("completion_tokens", TypeOf::Number);
    RequestTags = Column("request_tags", TypeOf::Text);
    MetadataStatus = Metadata("status");
    MetadataCallId = Metadata("litellm_call_id");
    KeyAlias = Metadata("user_api_key_alias");
    TeamAlias = Metadata("user_api_key_team_alias");
    MetadataTeamId = Metadata("user_api_key_team_id");
    MetadataUserId = Metadata("user_api_key_user_id");
    MetadataOrgId = Metadata("user_api_key_org_id");
    OrgAlias = Metadata("user_api_key_org_alias");
    MetadataEndUser = Metadata("user_api_key_end_user_id");
    UsageObject = Metadata("usage_object");
    Overhead = Metadata("litellm_overhead_time_ms");
    AttemptedRetries = Metadata("attempted_retries");
    AttemptedFallbacks = Metadata("attempted_fallbacks");
    OriginalModelGroup = Metadata("original_model_group");
    ErrorCode = Metadata("error_information,error_code");
    ErrorClass = Metadata("error_information,error_class");
    ErrorProvider = Metadata("error_information,llm_provider");
    ErrorMessage = Metadata("error_information,error_message");
    NormalizedError = Metadata("error_information,normalized_error");
    RateLimitCategory = Metadata("error_information,error_rate_limit_category");
    RateLimitType = Metadata("error_information,error_rate_limit_type");
    PriceKey = Metadata("model_map_information,model_map_value,key");
    InputPrice = Metadata("model_map_information,model_map_value,input_cost_per_token");
    OutputPrice = Metadata("model_map_information,model_map_value,output_cost_per_token");
}
