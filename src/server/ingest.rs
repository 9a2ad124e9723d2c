//! `POST /ingest/litellm`: LiteLLM's callback.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix_web::http::header::USER_AGENT;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::auth;
use super::body::{self, Encoding};
use super::heavy::{self, BrokenOff};
use super::refusal::{fail, refuse};
use super::shared::{Shared, now};
use crate::own::Refusal;
use crate::sources::litellm::{self, NotJson, Summary};
use crate::state::Source;

/// Where LiteLLM pushes to.
pub(super) const PATH: &str = "/ingest/litellm";

/// What became of a body.
#[derive(Debug, Serialize)]
struct Taken {
    #[serde(flatten)]
    summary: Summary,
    /// False where it should outlive the process by now, and the store failed. It is counted all the same: sent again, it would be a
    /// duplicate.
    #[serde(skip_serializing_if = "Option::is_none")]
    durable: Option<bool>,
}

/// Why a body was not taken.
#[derive(Debug)]
enum Refused {
    For(Refusal),
    NotJson(NotJson),
    /// What came before is counted: sent again, it is recognised.
    BrokenOff(BrokenOff),
}

/// Takes a body of events.
pub(super) async fn take(request: HttpRequest, payload: Payload, shared: Data<Shared>) -> HttpResponse {
    if let Err(refusal) = auth::check(&request, shared.ingest.token.read().as_ref()) {
        return refuse(&shared, refusal, auth::sentence(refusal));
    }
    let taken = receive_and_decode(&request, payload, &shared).await;
    shared.state.note_delivery(Source::LitellmCallback, taken.is_ok());
    match taken {
        Ok(summary) => {
            note_version(&request, &shared);
            warn_of_counting_twice(&shared);
            let durable = shared.commits.of_push().await.err().map(|_| false);
            HttpResponse::Ok().json(Taken { summary, durable })
        }
        Err(Refused::NotJson(error)) => refuse(&shared, Refusal::NotJson, &error.to_string()),
        Err(Refused::BrokenOff(error)) => fail(&shared, "decode a body", &error),
        Err(Refused::For(refusal)) => refuse(&shared, refusal, &sentence(refusal, shared.ingest.max_body)),
    }
}

/// The body is decoded off the threads that answer, and no more bodies at a time than there is work for. Those that wait
/// keep their place in the budget: what was received is never given up.
async fn receive_and_decode(
    request: &HttpRequest,
    payload: Payload,
    shared: &Data<Shared>,
) -> Result<Summary, Refused> {
    let encoding = body::encoding(request).map_err(Refused::For)?;
    let rules = &shared.ingest;
    let mut reservation = shared.own.in_flight().reserve();
    let received = body::receive(request, payload, rules.max_body, rules.body_timeout, &mut reservation);
    let pieces = received.await.map_err(Refused::For)?;
    let decoder = Arc::clone(&shared.decoders).acquire_owned().await;
    let for_decoding = shared.clone();
    let decoding = move || {
        // Held here and not by the request: a client that leaves ends the request, and not the decoding.
        let _held = (decoder, reservation);
        decode(&pieces.join(), encoding, &for_decoding)
    };
    heavy::run(decoding).await.unwrap_or_else(|broken| Err(Refused::BrokenOff(broken)))
}

fn decode(body: &[u8], encoding: Encoding, shared: &Shared) -> Result<Summary, Refused> {
    let take = |body: &[u8]| litellm::take(body, &shared.sink, now()).map_err(Refused::NotJson);
    match encoding {
        Encoding::Plain => take(body),
        Encoding::Gzip => {
            let mut reservation = shared.own.in_flight().reserve();
            take(&body::unpack(body, shared.ingest.max_body, &mut reservation).map_err(Refused::For)?)
        }
    }
}

/// Of several replicas one reads the rows of what is pushed here. Said once.
fn warn_of_counting_twice(shared: &Shared) {
    let is_read_elsewhere = || shared.state.is_read_elsewhere(Source::LitellmSpendLogs);
    if shared.sink.counts_pushes() && is_read_elsewhere() && !shared.has_warned_of_pushes.swap(true, Ordering::Relaxed)
    {
        tracing::warn!(
            "what is pushed here is read from the spend log by another replica, too: the sum of both counts it twice; set \
             ingest.counted or sources.litellm_spend_logs.enabled to false"
        );
    }
}

/// LiteLLM says its version with each push.
fn note_version(request: &HttpRequest, shared: &Shared) {
    let agent = request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    if let Some(version) = agent.and_then(|agent| agent.strip_prefix("litellm/")) {
        shared.state.note_gateway_version(version);
    }
}

fn sentence(refusal: Refusal, max_body: u64) -> String {
    match refusal {
        Refusal::BodyTooLarge => {
            format!("the body is larger than {max_body} bytes: send smaller batches, or raise ingest.max_body")
        }
        Refusal::BadEncoding => "the body can't be unpacked: send it plain or as gzip".to_owned(),
        Refusal::TooManyPushes => {
            "too many bodies are being received: send again after the time in Retry-After, or raise ingest.max_in_flight"
                .to_owned()
        }
        _ => "the body did not arrive in time: send it again".to_owned(),
    }
}
