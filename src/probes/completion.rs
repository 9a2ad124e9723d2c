//! Asks for a short answer and listens to it: billed, and streamed.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use tokio::time::Instant;

use super::answer::{self, DONE};
use super::exchange::Exchange;
use super::finding::Finding;
use super::price::{self, Tokens};
use super::question::Question;
use super::sse::EventReader;
use super::status::{self, Reading};
use crate::config::Probes;
use crate::discovery::Listed;
use crate::event::{ErrorKind, ProbeFailure, ProbeLevel, ProbeUsage};

const LEVEL: ProbeLevel = ProbeLevel::Completion;
/// No short answer is longer.
const LONGEST_STREAM: usize = 1 << 20;

/// What was heard of an answer.
#[derive(Debug, Default)]
struct Heard {
    first_token: Option<Duration>,
    has_finished: bool,
    is_over: bool,
    tokens: Option<Tokens>,
    error: Option<ProbeFailure>,
}

/// Asks, listens, and books what it cost.
pub(super) async fn ask(exchange: Exchange<'_>, question: Question, (listed, config): (&Listed, &Probes)) -> Finding {
    let asked = Instant::now();
    let response = match exchange.send(question).await {
        Ok(response) => response,
        Err(unanswered) => return unanswered.into_billed_finding(LEVEL, price::usage(listed, config, None)),
    };
    match status::of_answer(response.status().as_u16(), exchange.target.has_key()) {
        Reading::NotHere => Finding::success(ProbeLevel::Connect),
        Reading::Failure(kind) => exchange.explain(LEVEL, kind, response).await,
        Reading::Answer => {
            let mut heard = Heard::default();
            let listened = listen(exchange, response, asked, &mut heard).await;
            heard.into_finding(listened, |told| price::usage(listed, config, told))
        }
    }
}

/// Listens until the answer is over, or breaks off.
async fn listen(
    exchange: Exchange<'_>,
    mut response: Response,
    asked: Instant,
    heard: &mut Heard,
) -> Result<(), ProbeFailure> {
    if is_json(&response) {
        return read_at_once(exchange, response, heard).await;
    }
    let mut reader = EventReader::default();
    let mut length = 0;
    while let Some(bytes) = exchange.next(&mut response).await? {
        length += bytes.len();
        if length > LONGEST_STREAM {
            return Err(bad("the stream is longer than 1 MiB"));
        }
        for event in reader.push(&bytes).map_err(|too_long| bad(&too_long.to_string()))? {
            heard.hear(exchange, &event, Some(asked));
            if heard.is_over {
                return Ok(());
            }
        }
    }
    for event in reader.finish() {
        heard.hear(exchange, &event, Some(asked));
    }
    Ok(())
}

/// Some servers know no streams: they answer at once.
async fn read_at_once(exchange: Exchange<'_>, response: Response, heard: &mut Heard) -> Result<(), ProbeFailure> {
    let body = exchange.read(response, LONGEST_STREAM).await?;
    heard.hear(exchange, &String::from_utf8_lossy(&body), None);
    Ok(())
}

fn is_json(response: &Response) -> bool {
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|media_type| media_type.starts_with("application/json"))
}

impl Heard {
    /// Takes one event. What can't be read says nothing; `asked` is when a stream was asked for.
    fn hear(&mut self, exchange: Exchange<'_>, event: &str, asked: Option<Instant>) {
        if event == DONE {
            self.is_over = true;
            return;
        }
        let Ok(event) = serde_json::from_str::<Value>(event) else { return };
        let piece = answer::read(exchange.target.dialect, &event);
        if piece.has_output && self.first_token.is_none() {
            self.first_token = asked.map(|asked| asked.elapsed());
        }
        self.has_finished |= piece.finishes;
        self.is_over |= piece.is_last || piece.error.is_some();
        self.tokens = self.tokens.into_iter().chain(piece.tokens).reduce(Tokens::max);
        if let Some(error) = piece.error {
            let message = format!("error in the answer: {}", status::message_of(error).unwrap_or("no reason given"));
            self.error = Some(ProbeFailure { kind: status::kind_in_words(error), message });
        }
    }

    /// What came of it, and what that cost.
    fn into_finding(
        self,
        listened: Result<(), ProbeFailure>,
        usage: impl FnOnce(Option<Tokens>) -> ProbeUsage,
    ) -> Finding {
        let is_complete = listened.is_ok();
        let result = listened.and_then(|()| self.verdict());
        // An error before the first token is an answer without one. What broke off may have been charged whole.
        let was_refused = self.error.is_some() && self.first_token.is_none();
        let told = self.tokens.filter(|_| is_complete && (result.is_ok() || was_refused));
        let is_free = was_refused && told.is_none();
        let usage = (!is_free).then(|| usage(told));
        Finding { result, first_token: self.first_token, usage, ..Finding::success(LEVEL) }
    }

    /// A model that used all its tokens to think is alive; one that did not come to an end may not be.
    fn verdict(&self) -> Result<(), ProbeFailure> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        match (self.has_finished, self.first_token, self.is_over) {
            (true, _, _) | (_, Some(_), true) => Ok(()),
            (_, Some(_), false) => Err(bad("the stream ended before the answer did")),
            (_, None, _) => Err(bad("the answer holds neither text nor an end")),
        }
    }
}

fn bad(message: &str) -> ProbeFailure {
    ProbeFailure { kind: ErrorKind::BadResponse, message: message.to_owned() }
}
