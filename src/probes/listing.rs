//! Asks a provider for its list of models. Not billed.

use reqwest::Response;
use serde::de::IgnoredAny;

use super::exchange::Exchange;
use super::finding::Finding;
use super::question::Question;
use super::status::{self, Reading};
use crate::event::{ErrorKind, ProbeLevel};

/// The longest list that is read: some send an endless one.
const LONGEST_LIST: usize = 4 << 20;

/// Asks for the list. A server that has none proves that a connection can be made.
pub(super) async fn ask(exchange: Exchange<'_>, question: Question) -> Finding {
    let response = match exchange.send(question).await {
        Ok(response) => response,
        Err(unanswered) => return unanswered.into_finding(ProbeLevel::Models),
    };
    match status::of_list(response.status().as_u16(), exchange.target.has_key()) {
        Reading::Answer => read(exchange, response).await,
        Reading::NotHere => not_here(exchange, response).await,
        Reading::Failure(kind) => exchange.explain(ProbeLevel::Models, kind, response).await,
    }
}

async fn read(exchange: Exchange<'_>, response: Response) -> Finding {
    match exchange.read(response, LONGEST_LIST).await {
        Ok(list) if serde_json::from_slice::<IgnoredAny>(&list).is_ok() => Finding::success(ProbeLevel::Models),
        Ok(_) => Finding::failure(ProbeLevel::Models, ErrorKind::BadResponse, "the list of models is no JSON"),
        Err(failure) => Finding { result: Err(failure), ..Finding::success(ProbeLevel::Models) },
    }
}

/// A bad request may be a bad key in other words.
async fn not_here(exchange: Exchange<'_>, response: Response) -> Finding {
    if response.status().as_u16() == 400 && exchange.target.has_key() {
        let finding = exchange.explain(ProbeLevel::Models, ErrorKind::BadRequest, response).await;
        if matches!(&finding.result, Err(failure) if failure.kind == ErrorKind::Auth) {
            return finding;
        }
    }
    Finding::success(ProbeLevel::Connect)
}
