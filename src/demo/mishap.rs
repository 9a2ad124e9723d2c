//! What can go wrong with an attempt, how often, and what LiteLLM says then.
//!
//! Classes and codes are LiteLLM's: those of `tests/data/litellm-callback`, which were seen live, and for the rest those that the exporter
//! tells kinds of failures by.

use std::borrow::Cow;

use super::Provider;
use super::dice::Dice;
use super::weather::Trouble;

/// What went wrong at, or on the way to, a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mishap {
    ServerError,
    Overloaded,
    Timeout,
    Connect,
    BadResponse,
    Throttled,
    /// The stream broke off after its first token.
    StreamCut,
    BadRequest,
    ContextLength,
    ContentFilter,
    /// The caller hung up.
    Cancelled,
}

/// Why the gateway refused a call before any deployment was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    UnknownKey,
    UnknownModel,
    BudgetUsed,
    KeyTooFast,
    /// All deployments rest.
    NoDeployment,
}

/// What LiteLLM says of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) code: &'static str,
    pub(super) class: &'static str,
    pub(super) provider: &'static str,
    pub(super) normalized: Option<&'static str>,
    pub(super) category: Option<&'static str>,
    pub(super) limit: Option<&'static str>,
    pub(super) message: Cow<'static, str>,
}

/// How often something goes wrong with a request of a sound caller to a sound provider.
const EVERYDAY: [(f64, Mishap); 9] = [
    (0.000_5, Mishap::ServerError),
    (0.000_2, Mishap::Overloaded),
    (0.000_2, Mishap::Timeout),
    (0.000_1, Mishap::Connect),
    (0.000_1, Mishap::BadResponse),
    (0.000_3, Mishap::Throttled),
    (0.004, Mishap::BadRequest),
    (0.002, Mishap::ContextLength),
    (0.002, Mishap::ContentFilter),
];
/// Of streams besides: a caller has seen enough, or the line breaks.
const OF_STREAMS: [(f64, Mishap); 2] = [(0.012, Mishap::Cancelled), (0.000_3, Mishap::StreamCut)];

/// How an outage shows.
const OF_OUTAGE: [(f64, Mishap); 4] =
    [(0.55, Mishap::ServerError), (0.2, Mishap::Overloaded), (0.15, Mishap::Timeout), (0.1, Mishap::Connect)];
/// How much of what it is asked a provider answers in spite of its outage.
const ANSWERED_IN_OUTAGE: f64 = 0.04;
const REFUSED_WHEN_THROTTLED: f64 = 0.4;

impl Mishap {
    /// What goes wrong with an attempt, if anything does.
    pub(super) fn of(trouble: Option<Trouble>, is_stream: bool, dice: &mut Dice) -> Option<Self> {
        match trouble {
            Some(Trouble::Outage) if !dice.happens(ANSWERED_IN_OUTAGE) => return dice.pick(&OF_OUTAGE),
            Some(Trouble::Throttled) if dice.happens(REFUSED_WHEN_THROTTLED) => return Some(Self::Throttled),
            _ => {}
        }
        let of_streams = if is_stream { &OF_STREAMS[..] } else { &[] };
        let mut left = dice.fraction();
        let happened = EVERYDAY.iter().chain(of_streams).find(|(probability, _)| {
            left -= probability;
            left < 0.0
        });
        happened.map(|(_, mishap)| *mishap)
    }

    /// Whether another deployment may do better.
    pub(super) const fn is_tried_again(self) -> bool {
        match self {
            Self::ServerError
            | Self::Overloaded
            | Self::Timeout
            | Self::Connect
            | Self::BadResponse
            | Self::Throttled => true,
            Self::StreamCut | Self::BadRequest | Self::ContextLength | Self::ContentFilter | Self::Cancelled => false,
        }
    }

    /// How many seconds it took to go wrong, where the answer would have taken so many.
    pub(super) fn seconds(self, answer: f64, dice: &mut Dice) -> f64 {
        match self {
            Self::ServerError => dice.around(0.7, 0.7),
            Self::Overloaded | Self::ContextLength | Self::BadRequest => dice.around(0.2, 0.5),
            Self::Timeout => 30.0 + dice.fraction() / 20.0,
            Self::Connect => dice.around(0.06, 0.8),
            Self::BadResponse => answer,
            Self::Throttled => dice.around(0.12, 0.4),
            Self::ContentFilter => dice.around(0.4, 0.4),
            Self::StreamCut | Self::Cancelled => answer * dice.between(0.3, 0.95),
        }
    }

    pub(super) fn words(self, provider: Provider) -> Words {
        let provider = provider.as_str();
        let words = |code, class, normalized, message: &str| Words {
            code,
            class,
            provider,
            normalized: Some(normalized),
            category: None,
            limit: None,
            message: format!("litellm.{class}: {provider} - {message} (simulated)").into(),
        };
        match self {
            Self::ServerError => words(
                "server_error",
                "InternalServerError",
                "500_PROVIDER_INTERNAL_ERROR",
                "the server had an error while processing your request",
            ),
            Self::Overloaded => {
                words("503", "ServiceUnavailableError", "503_PROVIDER_UNAVAILABLE", "the server is overloaded")
            }
            Self::Timeout => words("408", "Timeout", "408_UPSTREAM_TIMEOUT", "request timed out after 30.0 seconds"),
            Self::Connect => words("500", "APIConnectionError", "500_PROVIDER_CONNECTION_ERROR", "connection refused"),
            Self::BadResponse => words(
                "500",
                "APIResponseValidationError",
                "500_PROVIDER_INTERNAL_ERROR",
                "the response has no 'choices'",
            ),
            Self::Throttled => Words {
                category: Some("vendor_rate_limit"),
                ..words(
                    "429",
                    "RateLimitError",
                    "429_RATE_LIMIT_EXCEEDED",
                    "rate limit reached on tokens per min (TPM)",
                )
            },
            Self::StreamCut => Words {
                provider: "",
                ..words("", "ReadError", "500_PROVIDER_CONNECTION_ERROR", "response payload is not completed")
            },
            Self::BadRequest => {
                words("400", "BadRequestError", "400_INVALID_REQUEST", "messages: roles must alternate")
            }
            Self::ContextLength => words(
                "context_length_exceeded",
                "ContextWindowExceededError",
                "400_INVALID_REQUEST",
                "the prompt is longer than the context window",
            ),
            Self::ContentFilter => words(
                "content_filter",
                "ContentPolicyViolationError",
                "400_INVALID_REQUEST",
                "the prompt was filtered by the content policy",
            ),
            Self::Cancelled => Words {
                code: "499",
                class: "ClientDisconnected",
                provider: "",
                normalized: None,
                category: None,
                limit: None,
                message: Cow::Borrowed("Client disconnected the request (simulated)"),
            },
        }
    }
}

impl Refused {
    pub(super) fn words(self, message: impl Into<Cow<'static, str>>) -> Words {
        let (code, class, normalized, category, limit) = match self {
            Self::UnknownKey => ("401", "KeyNotFoundError", "401_AUTHENTICATION_FAILED", None, None),
            Self::UnknownModel => ("400", "ProxyModelNotFoundError", "400_INVALID_REQUEST", None, None),
            Self::BudgetUsed => {
                ("422", "BudgetExceededError", "422_BUDGET_EXCEEDED", Some("litellm_rate_limit"), Some("budget"))
            }
            Self::KeyTooFast => {
                ("429", "RateLimitError", "429_RATE_LIMIT_EXCEEDED", Some("litellm_rate_limit"), Some("requests"))
            }
            Self::NoDeployment => ("429", "RouterRateLimitError", "429_NO_HEALTHY_DEPLOYMENTS", None, None),
        };
        Words { code, class, provider: "", normalized: Some(normalized), category, limit, message: message.into() }
    }
}
