//! From a row to the event that it tells: the fields that LiteLLM would have pushed, put where the push has them.

use std::borrow::Cow;

use serde::Deserialize;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::field::Field;
use super::micros::Micros;
use super::place::Place;
use super::tail::Standing;
use crate::event::{RequestEvent, RowMark, Timestamp};
use crate::sources::litellm::convert::event_of;
use crate::sources::litellm::loose::{List, Loose, Object};
use crate::sources::litellm::payload::{
    AdditionalHeaders, ErrorInformation, HiddenParams, Metadata, ModelMapValue, Payload, Text, UsageObject,
};
use crate::state::RejectReason;

/// A row of the spend log, as it was read.
#[derive(Debug)]
pub(super) struct LogRow {
    row: Row,
    started_at: Timestamp,
}

impl Standing for LogRow {
    fn started_at(&self) -> Timestamp {
        self.started_at
    }

    fn place(&self) -> Place {
        Place::new(self.started_at, self.id())
    }

    fn mark(&self) -> RowMark {
        RowMark::new(self.started_at, self.id())
    }
}

impl LogRow {
    /// Reads when its request began.
    ///
    /// # Errors
    /// Where its beginning is no time.
    pub(super) fn new(row: Row) -> Result<Self, tokio_postgres::Error> {
        let Micros(started_at) = row.try_get(Field::StartTime as usize)?;
        Ok(Self { row, started_at })
    }

    /// The event that it tells, or why it tells none.
    pub(super) fn event(&self) -> Result<RequestEvent<'_>, RejectReason> {
        event_of(&mut self.payload())
    }

    fn id(&self) -> &str {
        self.get(Field::RequestId).unwrap_or_default()
    }

    fn payload(&self) -> Payload<'_> {
        let [status, call_id] = [self.text(Field::Status), self.text(Field::CallId)];
        let status = status.or_else(|| self.text(Field::MetadataStatus)).unwrap_or("success");
        let start_time = Some(self.started_at);
        let end_time = self.time(Field::EndTime);
        let first_token_at = self.first_token_at(status);
        Payload {
            id: text(self.text(Field::RequestId)),
            litellm_call_id: text(call_id.or_else(|| self.text(Field::MetadataCallId))),
            trace_id: text(self.text(Field::SessionId)),
            stream: Loose(first_token_at.map(|_| true)),
            cache_hit: Loose(self.text(Field::CacheHit).map(|text| text.eq_ignore_ascii_case("true"))),
            status: text(Some(status)),
            start_time: seconds(start_time),
            end_time: seconds(end_time),
            completion_start_time: seconds(first_token_at.or(end_time)),
            model: text(self.text(Field::Model)),
            model_group: text(self.text(Field::ModelGroup)),
            model_id: text(self.text(Field::ModelId)),
            custom_llm_provider: text(self.text(Field::Provider)),
            api_base: text(self.text(Field::ApiBase)),
            prompt_tokens: self.count(Field::PromptTokens),
            completion_tokens: self.count(Field::CompletionTokens),
            response_cost: Loose(self.get(Field::Spend)),
            end_user: text(self.text(Field::EndUser)),
            request_tags: self.tags(),
            metadata: Object(self.metadata()),
            hidden_params: Object(self.hidden_params()),
            error_information: Object(self.error_information()),
            fallback_from: text(self.text(Field::OriginalModelGroup)),
            price: Some(self.price()),
            ..Payload::default()
        }
    }

    fn metadata(&self) -> Metadata<'_> {
        let either = |one, other| text(self.text(one).or_else(|| self.text(other)));
        Metadata {
            user_api_key_hash: text(self.text(Field::ApiKey)),
            user_api_key_alias: text(self.text(Field::KeyAlias)),
            user_api_key_team_id: either(Field::TeamId, Field::MetadataTeamId),
            user_api_key_team_alias: text(self.text(Field::TeamAlias)),
            user_api_key_user_id: either(Field::User, Field::MetadataUserId),
            user_api_key_org_id: either(Field::OrganizationId, Field::MetadataOrgId),
            user_api_key_org_alias: text(self.text(Field::OrgAlias)),
            user_api_key_end_user_id: text(self.text(Field::MetadataEndUser)),
            usage_object: self.json::<Object<UsageObject>>(Field::UsageObject),
            ..Metadata::default()
        }
    }

    /// Whether there were headers, which tells an attempt in what is pushed, shows here by the number of retries.
    fn hidden_params(&self) -> HiddenParams {
        let headers = self.text(Field::AttemptedRetries).map(|_| {
            Object(AdditionalHeaders {
                attempted_retries: self.number(Field::AttemptedRetries),
                attempted_fallbacks: self.number(Field::AttemptedFallbacks),
                ..AdditionalHeaders::default()
            })
        });
        HiddenParams { litellm_overhead_time_ms: self.number(Field::Overhead), additional_headers: headers }
    }

    fn error_information(&self) -> ErrorInformation<'_> {
        ErrorInformation {
            error_code: text(self.text(Field::ErrorCode)),
            error_class: text(self.text(Field::ErrorClass)),
            llm_provider: text(self.text(Field::ErrorProvider)),
            error_message: text(self.text(Field::ErrorMessage)),
            normalized_error: text(self.text(Field::NormalizedError)),
            error_rate_limit_category: text(self.text(Field::RateLimitCategory)),
            error_rate_limit_type: text(self.text(Field::RateLimitType)),
        }
    }

    fn price(&self) -> ModelMapValue<'_> {
        ModelMapValue {
            key: text(self.text(Field::PriceKey)),
            input_cost_per_token: self.number(Field::InputPrice),
            output_cost_per_token: self.number(Field::OutputPrice),
        }
    }

    /// There is no column that tells a stream: it is one that had its first token before its end. A failure's end is written down
    /// a little later than what was known of it before, so that it takes an answer's tokens to tell a stream that broke off.
    fn first_token_at(&self, status: &str) -> Option<Timestamp> {
        let at = self.time(Field::CompletionStartTime)?;
        let is_between = self.started_at < at && at < self.time(Field::EndTime)?;
        let had_tokens = || self.count(Field::CompletionTokens).0.is_some_and(|tokens| tokens > 0);
        (is_between && (status != "failure" || had_tokens())).then_some(at)
    }

    fn tags(&self) -> List<Cow<'_, str>> {
        self.json(Field::RequestTags)
    }

    fn get<'a, T: FromSql<'a>>(&'a self, field: Field) -> Option<T> {
        self.row.try_get::<_, Option<T>>(field as usize).ok().flatten()
    }

    /// An empty text says nothing and is absent.
    fn text(&self, field: Field) -> Option<&str> {
        self.get::<&str>(field).filter(|text| !text.is_empty())
    }

    fn time(&self, field: Field) -> Option<Timestamp> {
        self.get::<Micros>(field).map(|Micros(at)| at)
    }

    fn count(&self, field: Field) -> Loose<u64> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates, and nothing is zero"
        )]
        Loose(self.get::<f64>(field).map(|number| number as u64))
    }

    /// A number that stands as text in JSON.
    fn number<T: std::str::FromStr>(&self, field: Field) -> Loose<T> {
        Loose(self.text(field).and_then(|text| text.parse().ok()))
    }

    /// JSON of another form is nothing.
    fn json<'a, T: Deserialize<'a> + Default>(&'a self, field: Field) -> T {
        self.text(field).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

fn text(text: Option<&str>) -> Text<'_> {
    Loose(text.map(Cow::Borrowed))
}

fn seconds(at: Option<Timestamp>) -> Loose<f64> {
    Loose(at.map(Timestamp::as_secs_f64))
}
