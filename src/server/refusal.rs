//! Answers to requests that are refused: a status, a sentence that says what to do, and a count.

use std::error::Error;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};

use super::shared::Shared;
use crate::own::Refusal;

/// How long a refused client should wait, in seconds: a body is decoded and a scrape rendered well within that.
const RETRY_AFTER_SECONDS: &str = "1";

/// What a client should know when the fault is ours.
const INTERNAL: &str = "the exporter failed at this request: its log says more";

/// Logs what the exporter failed to do, counts it and answers.
pub(super) fn fail(shared: &Shared, task: &str, error: &dyn Error) -> HttpResponse {
    tracing::error!(task, %error, "failed at a request");
    refuse(shared, Refusal::Internal, INTERNAL)
}

/// Counts the refusal and answers it.
pub(super) fn refuse(shared: &Shared, reason: Refusal, sentence: &str) -> HttpResponse {
    shared.own.note_refusal(reason);
    let mut response = HttpResponse::build(status(reason));
    if let Some(header) = header(reason) {
        response.insert_header(header);
    }
    response.json(serde_json::json!({ "error": sentence }))
}

const fn status(reason: Refusal) -> StatusCode {
    match reason {
        Refusal::NoTokenConfigured => StatusCode::FORBIDDEN,
        Refusal::Unauthorized => StatusCode::UNAUTHORIZED,
        Refusal::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::BadEncoding | Refusal::NotJson => StatusCode::BAD_REQUEST,
        Refusal::BodyIncomplete => StatusCode::REQUEST_TIMEOUT,
        Refusal::TooManyPushes | Refusal::TooManyScrapes => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn header(reason: Refusal) -> Option<(HeaderName, &'static str)> {
    match reason {
        Refusal::Unauthorized => Some((WWW_AUTHENTICATE, "Bearer")),
        Refusal::TooManyPushes | Refusal::TooManyScrapes => Some((RETRY_AFTER, RETRY_AFTER_SECONDS)),
        _ => None,
    }
}
