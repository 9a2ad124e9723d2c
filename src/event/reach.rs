//! How far a request got.

use std::borrow::Cow;

/// How far a request got inside the gateway.
#[derive(Debug, Clone, PartialEq)]
pub enum Reach<'a> {
    /// A deployment was asked.
    Deployment(Deployment<'a>),
    /// The gateway's cache answered; no deployment heard of it.
    Cache {
        /// The public model name.
        model: Cow<'a, str>,
        /// What the answer had cost when it was not yet in the cache.
        saved: super::Usd,
    },
    /// The gateway refused before it chose a deployment.
    Refused {
        /// What the client asked for: any text at all. Never a label unless the gateway serves a model of that name.
        requested_model: Cow<'a, str>,
    },
    /// A call that asks no model: a file, a batch, a vector store.
    NoModel,
    /// The gateway's own health check, not a request of anybody.
    GatewayHealthCheck,
}

/// One upstream of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment<'a> {
    /// The gateway's id for it.
    pub id: Cow<'a, str>,
    /// The public name that callers use.
    pub model: Cow<'a, str>,
    /// Who runs it.
    pub provider: Cow<'a, str>,
    /// The provider's name for the model.
    pub upstream_model: Cow<'a, str>,
    /// Where it is reached; may hold secrets until it is cleaned.
    pub api_base: Cow<'a, str>,
    /// The provider's own limits, where it told any with its answer.
    pub rate_limits: Option<RateLimits>,
}

/// What a provider says of its limits for one deployment. Absent where it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateLimits {
    /// Requests per period.
    pub limit_requests: Option<u64>,
    /// Requests left in this period.
    pub remaining_requests: Option<u64>,
    /// Tokens per period.
    pub limit_tokens: Option<u64>,
    /// Tokens left in this period.
    pub remaining_tokens: Option<u64>,
}

impl RateLimits {
    /// Takes over what `newer` says and keeps what it does not mention.
    pub fn update(&mut self, newer: &Self) {
        let Self { limit_requests, remaining_requests, limit_tokens, remaining_tokens } = newer;
        self.limit_requests = limit_requests.or(self.limit_requests);
        self.remaining_requests = remaining_requests.or(self.remaining_requests);
        self.limit_tokens = limit_tokens.or(self.limit_tokens);
        self.remaining_tokens = remaining_tokens.or(self.remaining_tokens);
    }
}
