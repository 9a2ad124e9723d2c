//! What kind of failure LiteLLM's words mean.
//!
//! The class of its exception tells most; where that is a general one, its normalised error and the status code decide.
//! Seen live with version 1.109.1: `error_code` is the provider's own code where it sent one, which can be any text.

use super::payload::{ErrorInformation, Payload};
use crate::event::ErrorKind;

/// LiteLLM writes this where no deployment of a model can be chosen, and also for a model that nobody knows.
const NO_HEALTHY_DEPLOYMENTS: &str = "429_NO_HEALTHY_DEPLOYMENTS";
const CONNECTION_ERROR: &str = "500_PROVIDER_CONNECTION_ERROR";

/// Whether the router found nobody to ask. Such an event may still carry a deployment's name.
pub(super) fn found_no_deployment(error: &ErrorInformation<'_>) -> bool {
    error.normalized_error.text() == Some(NO_HEALTHY_DEPLOYMENTS)
}

/// Whether the client left before the answer was complete. LiteLLM calls that a success. A 499 with a provider is that
/// provider's own, for whom the proxy is the client.
pub(super) fn client_left(error: &ErrorInformation<'_>) -> bool {
    let is_gateways_own = error.llm_provider.text().is_none();
    error.error_class.text() == Some("ClientDisconnected")
        || (is_gateways_own && error.error_code.text() == Some("499"))
}

/// The kind of a failure. `had_first_token` tells a stream that broke off from one that never began.
pub(super) fn error_kind(payload: &Payload<'_>, had_first_token: bool) -> ErrorKind {
    let error = &payload.error_information.0;
    if client_left(error) {
        return ErrorKind::ClientCancelled;
    }
    if had_first_token {
        return ErrorKind::StreamAborted;
    }
    by_class(error).or_else(|| by_code(error)).unwrap_or(ErrorKind::Other)
}

fn by_class(error: &ErrorInformation<'_>) -> Option<ErrorKind> {
    let kind = match error.error_class.text()? {
        "Timeout" | "APITimeoutError" | "ReadTimeout" | "ConnectTimeout" => ErrorKind::Timeout,
        "ReadError" | "ConnectError" | "RemoteProtocolError" => ErrorKind::Connect,
        "APIConnectionError" => connection_or_internal(error),
        "RateLimitError" | "ProxyRateLimitError" | "CallerCredentialRateLimitError" => rate_limit(error),
        "RouterRateLimitError" | "ServiceUnavailableError" => ErrorKind::Overloaded,
        "AuthenticationError" | "CallerCredentialAuthenticationError" | "KeyNotFoundError" => ErrorKind::Auth,
        "PermissionDeniedError" => ErrorKind::Permission,
        "ProxyModelNotFoundError" | "NotFoundError" | "LiteLLMUnknownProvider" => ErrorKind::ModelNotFound,
        "ContextWindowExceededError" => ErrorKind::ContextLength,
        "ContentPolicyViolationError"
        | "GuardrailRaisedException"
        | "BlockedPiiEntityError"
        | "RejectedRequestError" => ErrorKind::ContentFilter,
        "BudgetExceededError" => ErrorKind::BudgetExceeded,
        "BadRequestError" => bad_request(error),
        "UnprocessableEntityError"
        | "InvalidRequestError"
        | "UnsupportedParamsError"
        | "ProxyMissingRequiredParamError"
        | "MalformedRequestFieldError" => ErrorKind::BadRequest,
        "InternalServerError" => server_error(error),
        "BadGatewayError" => ErrorKind::ServerError,
        "APIResponseValidationError" | "JSONSchemaValidationError" | "JSONDecodeError" => ErrorKind::BadResponse,
        "MidStreamFallbackError" => ErrorKind::StreamAborted,
        _ => return None,
    };
    Some(kind)
}

/// LiteLLM also wraps what goes wrong inside itself into an `APIConnectionError`; only a real one has no Python behind it.
fn connection_or_internal(error: &ErrorInformation<'_>) -> ErrorKind {
    let message = error.error_message.text().unwrap_or_default();
    if message.contains("object has no attribute") { ErrorKind::Internal } else { ErrorKind::Connect }
}

fn rate_limit(error: &ErrorInformation<'_>) -> ErrorKind {
    if error.error_rate_limit_type.text() == Some("budget") {
        return ErrorKind::BudgetExceeded;
    }
    match error.error_rate_limit_category.text() {
        Some(category) if category.starts_with("litellm") => ErrorKind::RateLimitedGateway,
        Some(_) => ErrorKind::RateLimitedProvider,
        None if error.llm_provider.text().is_some() => ErrorKind::RateLimitedProvider,
        None => ErrorKind::RateLimitedGateway,
    }
}

fn bad_request(error: &ErrorInformation<'_>) -> ErrorKind {
    if found_no_deployment(error) {
        return ErrorKind::ModelNotFound;
    }
    match error.error_code.text() {
        Some("content_filter" | "content_policy_violation") => ErrorKind::ContentFilter,
        Some("context_length_exceeded") => ErrorKind::ContextLength,
        _ => ErrorKind::BadRequest,
    }
}

/// LiteLLM calls an answer that it can't read a server error; the words it has for that are its own.
fn server_error(error: &ErrorInformation<'_>) -> ErrorKind {
    const UNREADABLE: [&str; 4] =
        ["Empty or invalid response", "Expecting property name", "Expecting value", "a response with no 'choices'"];
    let message = error.error_message.text().unwrap_or_default();
    if error.normalized_error.text() == Some(CONNECTION_ERROR) {
        ErrorKind::Connect
    } else if UNREADABLE.iter().any(|words| message.contains(words)) {
        ErrorKind::BadResponse
    } else {
        ErrorKind::ServerError
    }
}

/// By the status code: `error_code` itself, or what stands before the underscore of `normalized_error`.
fn by_code(error: &ErrorInformation<'_>) -> Option<ErrorKind> {
    let normalized = error.normalized_error.text().and_then(|text| text.split('_').next());
    let status = [error.error_code.text(), normalized].into_iter().flatten().find_map(|text| text.parse().ok())?;
    let kind = match status {
        401 => ErrorKind::Auth,
        402 => ErrorKind::BudgetExceeded,
        403 => ErrorKind::Permission,
        404 => ErrorKind::ModelNotFound,
        408 | 504 => ErrorKind::Timeout,
        429 => rate_limit(error),
        499 => ErrorKind::ServerError,
        400..=498 => ErrorKind::BadRequest,
        503 | 529 => ErrorKind::Overloaded,
        // Without a provider the exception is the gateway's own.
        500..=599 if error.llm_provider.text().is_none() => ErrorKind::Internal,
        500..=599 => ErrorKind::ServerError,
        _ => return None,
    };
    Some(kind)
}
