//! The closed set of ways in which a request can fail.

/// The kind of a failure: the only way in which an error reaches a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// No answer in time.
    Timeout,
    /// No connection, or one that broke before the first token.
    Connect,
    /// The provider's own rate limit.
    RateLimitedProvider,
    /// A rate limit that the gateway enforces.
    RateLimitedGateway,
    /// A key that is missing, wrong or expired: the caller's or the deployment's.
    Auth,
    /// A key that may not do this.
    Permission,
    /// The model is not known to the gateway, or not to the provider.
    ModelNotFound,
    /// A request that nobody could have answered.
    BadRequest,
    /// A prompt longer than the model's context window.
    ContextLength,
    /// Refused by a content policy or a guardrail.
    ContentFilter,
    /// A budget of the caller is used up.
    BudgetExceeded,
    /// The provider, or every deployment of the model, has no capacity.
    Overloaded,
    /// The provider failed.
    ServerError,
    /// The provider sent something that is no answer.
    BadResponse,
    /// The client left before the answer was complete.
    ClientCancelled,
    /// The answer broke off after its first token.
    StreamAborted,
    /// The gateway itself failed.
    Internal,
    /// None of the above.
    Other,
}

/// Against whom a failure speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The deployment: it should have answered.
    Deployment,
    /// The deployment has reached its provider's limit: degraded, and still able to serve.
    Throttle,
    /// Not the deployment: the caller, the gateway, a policy or a key.
    Nobody,
}

impl ErrorKind {
    /// Every kind, in the order of the metrics.
    pub const ALL: [Self; 18] = [
        Self::Timeout,
        Self::Connect,
        Self::RateLimitedProvider,
        Self::RateLimitedGateway,
        Self::Auth,
        Self::Permission,
        Self::ModelNotFound,
        Self::BadRequest,
        Self::ContextLength,
        Self::ContentFilter,
        Self::BudgetExceeded,
        Self::Overloaded,
        Self::ServerError,
        Self::BadResponse,
        Self::ClientCancelled,
        Self::StreamAborted,
        Self::Internal,
        Self::Other,
    ];

    /// The kinds in which a probe of ours can fail, in the order of the metrics.
    pub const OF_PROBES: [Self; 9] = [
        Self::Timeout,
        Self::Connect,
        Self::RateLimitedProvider,
        Self::Auth,
        Self::ModelNotFound,
        Self::BadRequest,
        Self::Overloaded,
        Self::ServerError,
        Self::BadResponse,
    ];

    /// The label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::RateLimitedProvider => "rate_limited_provider",
            Self::RateLimitedGateway => "rate_limited_gateway",
            Self::Auth => "auth",
            Self::Permission => "permission",
            Self::ModelNotFound => "model_not_found",
            Self::BadRequest => "bad_request",
            Self::ContextLength => "context_length",
            Self::ContentFilter => "content_filter",
            Self::BudgetExceeded => "budget_exceeded",
            Self::Overloaded => "overloaded",
            Self::ServerError => "server_error",
            Self::BadResponse => "bad_response",
            Self::ClientCancelled => "client_cancelled",
            Self::StreamAborted => "stream_aborted",
            Self::Internal => "internal",
            Self::Other => "other",
        }
    }

    /// Whether a failure of this kind says something about the deployment that it reached.
    #[must_use]
    pub const fn blame(self) -> Blame {
        match self {
            Self::Timeout
            | Self::Connect
            | Self::Overloaded
            | Self::ServerError
            | Self::BadResponse
            | Self::StreamAborted => Blame::Deployment,
            Self::RateLimitedProvider => Blame::Throttle,
            Self::RateLimitedGateway
            | Self::Auth
            | Self::Permission
            | Self::ModelNotFound
            | Self::BadRequest
            | Self::ContextLength
            | Self::ContentFilter
            | Self::BudgetExceeded
            | Self::ClientCancelled
            | Self::Internal
            | Self::Other => Blame::Nobody,
        }
    }

    /// Against whom a failure of a probe speaks. No caller has chosen the key or the model: they are the deployment's own.
    #[must_use]
    pub const fn probe_blame(self) -> Blame {
        match self {
            Self::Auth | Self::ModelNotFound => Blame::Deployment,
            kind => kind.blame(),
        }
    }

    /// The place of this kind in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_stands_at_its_own_index() {
        for (index, kind) in ErrorKind::ALL.into_iter().enumerate() {
            assert_eq!(kind.index(), index, "{}", kind.as_str());
        }
    }
}
