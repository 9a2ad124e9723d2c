//! Asks for an embedding or a ranking: billed, and answered at once.

use reqwest::Response;
use serde_json::Value;

use super::answer;
use super::exchange::Exchange;
use super::finding::Finding;
use super::price::{self, Tokens};
use super::question::Question;
use super::status::{self, Reading};
use crate::config::Probes;
use crate::discovery::Listed;
use crate::event::{ErrorKind, ProbeLevel};

/// No embedding of one word is longer.
const LONGEST_ANSWER: usize = 1 << 20;

/// Asks and books what it cost.
pub(super) async fn ask(
    exchange: Exchange<'_>,
    question: Question,
    level: ProbeLevel,
    (listed, config): (&Listed, &Probes),
) -> Finding {
    let response = match exchange.send(question).await {
        Ok(response) => response,
        Err(unanswered) => return unanswered.into_billed_finding(level, price::usage(listed, config, None)),
    };
    match status::of_answer(response.status().as_u16(), exchange.target.has_key()) {
        Reading::NotHere => Finding::success(ProbeLevel::Connect),
        Reading::Failure(kind) => exchange.explain(level, kind, response).await,
        Reading::Answer => {
            let (finding, tokens) = read(exchange, response, level).await;
            finding.with_usage(price::usage(listed, config, tokens))
        }
    }
}

async fn read(exchange: Exchange<'_>, response: Response, level: ProbeLevel) -> (Finding, Option<Tokens>) {
    let body = match exchange.read(response, LONGEST_ANSWER).await {
        Ok(body) => body,
        Err(failure) => return (Finding { result: Err(failure), ..Finding::success(level) }, None),
    };
    let Ok(answer) = serde_json::from_slice::<Value>(&body) else {
        return (Finding::failure(level, ErrorKind::BadResponse, "the answer is no JSON"), None);
    };
    let tokens = answer::tokens_of_result(&answer);
    if answer::has_result(&answer) {
        return (Finding::success(level), tokens);
    }
    let message = format!("the answer holds no result: {}", status::message_of(&answer).unwrap_or("no reason given"));
    (Finding::failure(level, ErrorKind::BadResponse, message), tokens)
}
