//! Sends a question and reads what comes back, within bounds of time and size.

use std::ops::Deref;
use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::finding::Finding;
use super::question::Question;
use super::target::Target;
use super::{failing, status};
use crate::event::{ErrorKind, ProbeFailure, ProbeLevel, ProbeUsage, Timestamp};

/// No explanation of an error is longer, and none is waited for longer.
const LONGEST_EXPLANATION: usize = 64 << 10;
const EXPLANATION_WAIT: Duration = Duration::from_secs(1);

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Unanswered {
    pub(super) failure: ProbeFailure,
    /// Whether the provider may have begun to work on it.
    pub(super) was_sent: bool,
}

impl Unanswered {
    /// As what came of a question that is not billed.
    pub(super) fn into_finding(self, level: ProbeLevel) -> Finding {
        Finding { result: Err(self.failure), ..Finding::success(level) }
    }

    /// As what came of one that is: work that was begun may be charged.
    pub(super) fn into_billed_finding(self, level: ProbeLevel, worst_case: ProbeUsage) -> Finding {
        let usage = self.was_sent.then_some(worst_case);
        Finding { usage, ..self.into_finding(level) }
    }
}

/// One question to one deployment, with the time that it has.
#[derive(Clone, Copy)]
pub(super) struct Exchange<'a> {
    pub(super) http: &'a Client,
    pub(super) target: &'a Target<'a>,
    pub(super) deadline: Instant,
    /// The whole time that it has, for messages.
    pub(super) timeout: Duration,
}

impl Exchange<'_> {
    /// Sends the question and waits for the head of the answer.
    pub(super) async fn send(&self, question: Question) -> Result<Response, Unanswered> {
        let headers = self.target.headers().map_err(|bad_key| Unanswered {
            failure: ProbeFailure { kind: ErrorKind::BadRequest, message: bad_key.to_string() },
            was_sent: false,
        })?;
        self.send_with(headers, question).await
    }

    /// The same, and shows nobody the key.
    pub(super) async fn send_without_key(&self, question: Question) -> Result<Response, Unanswered> {
        self.send_with(HeaderMap::new(), question).await
    }

    async fn send_with(&self, headers: HeaderMap, question: Question) -> Result<Response, Unanswered> {
        let request = self.http.request(question.method, question.url).headers(headers);
        let request = match question.body {
            Some(body) => request.header(CONTENT_TYPE, "application/json").body(body.to_string()),
            None => request,
        };
        match timeout_at(self.deadline, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(Unanswered { was_sent: !error.is_connect(), failure: self.broken(&error) }),
            Err(_) => Err(Unanswered { was_sent: true, failure: self.late("no answer") }),
        }
    }

    /// What an answer with the status of an error says.
    pub(super) async fn explain(&self, level: ProbeLevel, kind: ErrorKind, mut response: Response) -> Finding {
        let code = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        let patience = self.deadline.min(Instant::now() + EXPLANATION_WAIT);
        let mut body = Vec::new();
        while let Ok(Ok(Some(chunk))) = timeout_at(patience, response.chunk()).await {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_EXPLANATION {
                break;
            }
        }
        let kind = if is_bad_key(&body) { ErrorKind::Auth } else { kind };
        let mut finding = Finding::failure(level, kind, format!("HTTP {code}{}", explanation(&body)));
        finding.retry_after = retry_after;
        finding
    }

    /// Reads a whole answer.
    pub(super) async fn read(&self, mut response: Response, limit: usize) -> Result<Vec<u8>, ProbeFailure> {
        let mut body = Vec::new();
        loop {
            match self.next(&mut response).await? {
                None => return Ok(body),
                Some(chunk) if body.len() + chunk.len() > limit => {
                    let message = format!("the answer is longer than {} MiB", limit >> 20);
                    return Err(ProbeFailure { kind: ErrorKind::BadResponse, message });
                }
                Some(chunk) => body.extend_from_slice(&chunk),
            }
        }
    }

    /// The next bytes of an answer; `None` at its end. One that breaks off is a bad answer.
    pub(super) async fn next(
        &self,
        response: &mut Response,
    ) -> Result<Option<impl Deref<Target = [u8]> + use<>>, ProbeFailure> {
        match timeout_at(self.deadline, response.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(error)) => {
                let message = format!("the answer broke off: {}", failing::words(&error));
                Err(ProbeFailure { kind: ErrorKind::BadResponse, message })
            }
            Err(_) => Err(self.late("the answer was not complete")),
        }
    }

    fn broken(&self, error: &reqwest::Error) -> ProbeFailure {
        let message = format!("{}: {}", self.target.authority(), failing::words(error));
        ProbeFailure { kind: failing::kind_of(error), message }
    }

    fn late(&self, what: &str) -> ProbeFailure {
        let message = format!("{what} from {} within {:?}", self.target.authority(), self.timeout);
        ProbeFailure { kind: ErrorKind::Timeout, message }
    }
}

fn retry_after(headers: &HeaderMap<HeaderValue>) -> Option<Duration> {
    let now = Timestamp::from(SystemTime::now());
    status::retry_after(headers.get(RETRY_AFTER)?.to_str().ok()?, now)
}

/// Gemini calls a wrong key a bad request.
fn is_bad_key(body: &[u8]) -> bool {
    memchr::memmem::find(body, b"API_KEY_INVALID").is_some()
}

/// The provider's own words, where it has some. Pages for people say nothing here.
fn explanation(body: &[u8]) -> String {
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(answer) => status::message_of(&answer).unwrap_or_default().to_owned(),
        Err(_) => String::from_utf8_lossy(body).trim().to_owned(),
    };
    if text.is_empty() || text.starts_with('<') { String::new() } else { format!(": {text}") }
}
