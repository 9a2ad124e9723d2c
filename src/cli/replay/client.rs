//! The one who talks to the exporter: sends a body, waits where it is told to, reads the answer.

use std::time::Duration;

use llm_exporter::config::Secret;
use reqwest::{
    Response, StatusCode, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};
use serde::Deserialize;

use crate::cli::Failure;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_mins(2);

/// How often one body is offered before it counts as refused.
const MOST_ATTEMPTS: u32 = 10;

/// The longest that is waited between two attempts, whatever `Retry-After` says.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The most bytes of an answer that are read.
const LONGEST_ANSWER: usize = 4096;

/// What became of one body's events.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    pub(super) accepted: u64,
    pub(super) duplicates: u64,
    pub(super) rejected: u64,
}

/// Why one body was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error("cannot reach the exporter")]
    Unreachable(#[source] reqwest::Error),
    #[error("the exporter answered {status}: {answer}")]
    Refused { status: StatusCode, answer: String },
    #[error("the exporter was busy {MOST_ATTEMPTS} times in a row")]
    Busy,
    #[error("the answer is not that of an exporter: {answer}")]
    NotAnExporter { answer: String },
}

// The URL may hold a password.
impl From<reqwest::Error> for SendError {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(error.without_url())
    }
}

/// A connection to one exporter's push route.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    url: Url,
}

impl Client {
    /// Prepares the connection; sends nothing yet.
    pub(super) fn new(url: Url, token: Option<Secret>) -> Result<Self, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, bearer(&token)?);
        }
        let http = reqwest::Client::builder()
            // A proxy from the environment would catch loopback too.
            .no_proxy()
            // Nor may a redirect carry the token elsewhere.
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .default_headers(headers)
            .build()
            .map_err(Failure::Client)?;
        Ok(Self { http, url })
    }

    /// Sends a body, again while the exporter is busy: what it took already, it recognises.
    pub(super) async fn send(&self, body: Vec<u8>) -> Result<Answer, SendError> {
        let request = self.http.post(self.url.clone()).body(body);
        for _ in 0..MOST_ATTEMPTS {
            let attempt = request.try_clone().expect("a body in memory can be cloned");
            let response = attempt.send().await?;
            match wait_before_retry(&response) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return read_answer(response).await,
            }
        }
        Err(SendError::Busy)
    }
}

fn bearer(token: &Secret) -> Result<HeaderValue, Failure> {
    let value = format!("Bearer {}", token.expose());
    let mut value = HeaderValue::try_from(value).map_err(|_| Failure::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Returns how long a busy exporter wants to be left alone.
fn wait_before_retry(response: &Response) -> Option<Duration> {
    if response.status() != StatusCode::SERVICE_UNAVAILABLE {
        return None;
    }
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}

async fn read_answer(response: Response) -> Result<Answer, SendError> {
    let status = response.status();
    let answer = read_text(response).await?;
    if !status.is_success() {
        return Err(SendError::Refused { status, answer });
    }
    serde_json::from_str(&answer).map_err(|_| SendError::NotAnExporter { answer })
}

async fn read_text(mut response: Response) -> Result<String, SendError> {
    let mut text = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        text.extend_from_slice(&chunk);
        if text.len() >= LONGEST_ANSWER {
            text.truncate(LONGEST_ANSWER);
            break;
        }
    }
    Ok(String::from_utf8_lossy(&text).trim().to_owned())
}
