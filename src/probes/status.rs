//! What the status of an answer means, and what else an answer that is none tells: how long to wait, and why.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::Value;

use crate::event::{ErrorKind, Timestamp};

/// A provider that wants to be left alone for longer is asked all the same.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// What the status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// An answer follows.
    Answer,
    /// A server is there and has no answer to this question: a connection is all that is proven.
    NotHere,
    Failure(ErrorKind),
}

/// What the status of a list of models says. Redirects are not followed: a key belongs to the host that it was given for.
pub(super) fn of_list(status: u16, has_key: bool) -> Reading {
    match status {
        200..=299 => Reading::Answer,
        401 | 403 if has_key => Reading::Failure(ErrorKind::Auth),
        429 => Reading::Failure(ErrorKind::RateLimitedProvider),
        501 => Reading::NotHere,
        503 | 529 => Reading::Failure(ErrorKind::Overloaded),
        500.. => Reading::Failure(ErrorKind::ServerError),
        _ => Reading::NotHere,
    }
}

/// What the status of an answer by the model says.
pub(super) fn of_answer(status: u16, has_key: bool) -> Reading {
    match status {
        200..=299 => Reading::Answer,
        // The gateway may have a key that is not known here.
        401 | 403 if !has_key => Reading::NotHere,
        300..=399 => Reading::NotHere,
        status => Reading::Failure(kind_of(status)),
    }
}

/// The kind of failure that a status stands for.
pub(super) fn kind_of(status: u16) -> ErrorKind {
    match status {
        // Payment required: the account behind the key is empty.
        401..=403 => ErrorKind::Auth,
        404 | 410 => ErrorKind::ModelNotFound,
        408 => ErrorKind::Timeout,
        429 => ErrorKind::RateLimitedProvider,
        503 | 529 => ErrorKind::Overloaded,
        400..=499 => ErrorKind::BadRequest,
        _ => ErrorKind::ServerError,
    }
}

/// How long the header `Retry-After` (RFC 9110, section 10.2.3) says to wait, an hour at most.
pub(super) fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    let wait = match header.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok()?,
        Err(_) => {
            let date = DateTimeParser::new().parse_timestamp(header).ok()?;
            Timestamp::from(date).since(now).unwrap_or_default()
        }
    };
    Some(wait.min(LONGEST_WAIT))
}

/// The kind of an error that a provider describes in words or by a number, within a stream.
pub(super) fn kind_in_words(error: &Value) -> ErrorKind {
    let told = ["code", "status", "type"].into_iter().filter_map(|name| error.get(name));
    told.filter_map(kind_by_code).next().unwrap_or(ErrorKind::ServerError)
}

fn kind_by_code(code: &Value) -> Option<ErrorKind> {
    const WORDS: [(&str, ErrorKind); 14] = [
        ("rate_limit", ErrorKind::RateLimitedProvider),
        ("quota", ErrorKind::RateLimitedProvider),
        ("exhausted", ErrorKind::RateLimitedProvider),
        ("overloaded", ErrorKind::Overloaded),
        ("unavailable", ErrorKind::Overloaded),
        ("capacity", ErrorKind::Overloaded),
        ("auth", ErrorKind::Auth),
        ("permission", ErrorKind::Auth),
        ("api_key", ErrorKind::Auth),
        ("not_found", ErrorKind::ModelNotFound),
        ("timeout", ErrorKind::Timeout),
        ("deadline", ErrorKind::Timeout),
        ("invalid", ErrorKind::BadRequest),
        ("bad_request", ErrorKind::BadRequest),
    ];
    let number = code.as_u64().or_else(|| code.as_str()?.parse().ok());
    if let Some(status) = number.and_then(|number| u16::try_from(number).ok()).filter(|status| *status >= 400) {
        return Some(kind_of(status));
    }
    let word = code.as_str()?.to_ascii_lowercase();
    WORDS.into_iter().find(|(part, _)| word.contains(part)).map(|(_, kind)| kind)
}

/// What a provider says about an error, wherever it puts that.
pub(super) fn message_of(answer: &Value) -> Option<&str> {
    let answer = answer.get(0).unwrap_or(answer);
    let error = answer.get("error").unwrap_or(answer);
    error.as_str().or_else(|| ["message", "detail", "msg"].into_iter().find_map(|name| error.get(name)?.as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    #[test]
    fn a_wait_is_told_in_seconds_or_as_a_date_and_is_an_hour_at_most() {
        let now = at(1_445_412_480 - 30);
        let date = "Wed, 21 Oct 2015 07:28:00 GMT";
        let cases = [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            (date, Some(30)),
            ("Wed, 21 Oct 2015 07:00:00 GMT", Some(0)),
            ("86400", Some(3600)),
            ("Thu, 21 Oct 2055 07:28:00 GMT", Some(3600)),
            ("-1", None),
            ("NaN", None),
            ("soon", None),
            ("", None),
        ];
        for (header, seconds) in cases {
            assert_eq!(retry_after(header, now), seconds.map(Duration::from_secs), "{header:?}");
        }
    }

    #[test]
    fn the_kinds_of_failures_are_those_of_probes() {
        for status in 100..=999 {
            for reading in [of_list(status, true), of_list(status, false), of_answer(status, true)] {
                if let Reading::Failure(kind) = reading {
                    assert!(ErrorKind::OF_PROBES.contains(&kind), "{status}: {kind:?}");
                }
            }
        }
    }

    #[test]
    fn an_error_within_a_stream_is_known_by_its_number_or_by_its_words() {
        let cases = [
            (json!({"code": 429, "status": "RESOURCE_EXHAUSTED"}), ErrorKind::RateLimitedProvider),
            (json!({"code": "503"}), ErrorKind::Overloaded),
            (json!({"type": "overloaded_error", "message": "Overloaded"}), ErrorKind::Overloaded),
            (json!({"code": "rate_limit_exceeded", "type": "tokens"}), ErrorKind::RateLimitedProvider),
            (json!({"code": null, "type": "invalid_request_error"}), ErrorKind::BadRequest),
            (json!({"code": "model_not_found", "type": "invalid_request_error"}), ErrorKind::ModelNotFound),
            (json!({"message": "boom"}), ErrorKind::ServerError),
            (json!("boom"), ErrorKind::ServerError),
        ];
        for (error, kind) in cases {
            assert_eq!(kind_in_words(&error), kind, "{error}");
        }
    }

    #[test]
    fn the_message_is_found_wherever_providers_put_it() {
        let cases = [
            json!({"error": {"message": "why"}}),
            json!({"error": "why"}),
            json!({"message": "why"}),
            json!({"detail": "why"}),
            json!([{"error": {"message": "why"}}]),
        ];
        for answer in cases {
            assert_eq!(message_of(&answer), Some("why"), "{answer}");
        }
        assert_eq!(message_of(&json!({"detail": [1]})), None);
    }
}
