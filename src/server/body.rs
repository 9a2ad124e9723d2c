//! Bodies: received and unpacked within limits.

use std::io::Read;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use actix_web::web::Payload;
use flate2::read::MultiGzDecoder;
use futures_util::StreamExt;
use tokio::time::timeout;

use super::pieces::Pieces;
use super::portions::Turns;
use crate::own::{Refusal, Reservation};

/// What is unpacked at a time, so that a small body that unpacks to a huge one is stopped early.
const CHUNK: usize = 64 * 1024;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain,
    Gzip,
}

/// How the request says that its body is packed.
pub(super) fn encoding(request: &HttpRequest) -> Result<Encoding, Refusal> {
    let Some(header) = request.headers().get(CONTENT_ENCODING) else { return Ok(Encoding::Plain) };
    match header.as_bytes().trim_ascii() {
        name if name.eq_ignore_ascii_case(b"gzip") => Ok(Encoding::Gzip),
        name if name.eq_ignore_ascii_case(b"identity") || name.is_empty() => Ok(Encoding::Plain),
        _ => Err(Refusal::BadEncoding),
    }
}

/// Receives a body, in the pieces in which it comes: to put them together is left to a thread that does not answer
/// probes meanwhile. What is too large is refused by its announced length, or as soon as it has arrived that far.
pub(super) async fn receive(
    request: &HttpRequest,
    payload: Payload,
    max_body: u64,
    deadline: Duration,
    reservation: &mut Reservation,
) -> Result<Pieces, Refusal> {
    if announced_length(request).is_some_and(|length| length > max_body) {
        return Err(Refusal::BodyTooLarge);
    }
    timeout(deadline, collect(payload, max_body, reservation)).await.unwrap_or(Err(Refusal::BodyIncomplete))
}

async fn collect(mut payload: Payload, max_body: u64, reservation: &mut Reservation) -> Result<Pieces, Refusal> {
    let mut pieces = Pieces::default();
    let mut received = 0;
    let mut turns = Turns::default();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Refusal::BodyIncomplete)?;
        received += chunk.len();
        if received as u64 > max_body {
            return Err(Refusal::BodyTooLarge);
        }
        if !reservation.grow(chunk.len()) {
            return Err(Refusal::TooManyPushes);
        }
        turns.take(chunk.len()).await;
        pieces.push(&chunk);
    }
    Ok(pieces)
}

fn announced_length(request: &HttpRequest) -> Option<u64> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Unpacks gzip, up to `max_body` bytes. It takes them whether they are left or not: what was received is not given up, and
/// no more bodies are unpacked at once than there are decoders.
pub(super) fn unpack(packed: &[u8], max_body: u64, reservation: &mut Reservation) -> Result<Vec<u8>, Refusal> {
    let mut decoder = MultiGzDecoder::new(packed);
    let mut body = Vec::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = decoder.read(&mut chunk).map_err(|_| Refusal::BadEncoding)?;
        if length == 0 {
            return Ok(body);
        }
        if (body.len() + length) as u64 > max_body {
            return Err(Refusal::BodyTooLarge);
        }
        reservation.take(length);
        body.extend_from_slice(&chunk[..length]);
    }
}
