//! Sends what the simulation tells to the exporter, as LiteLLM does: in batches, every few seconds, over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::error::DemoError;
use super::{LITELLM_VERSION, Simulation, now};
use crate::own::Round;
use crate::supervise::Rounds;

/// Between two batches.
const INTERVAL: Duration = Duration::from_secs(2);
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the simulated gateway's callback needs.
#[derive(Debug, Clone)]
pub(super) struct Pusher {
    pub(super) http: reqwest::Client,
    pub(super) exporter: SocketAddr,
    pub(super) simulation: Arc<Mutex<Simulation>>,
    /// True from when nothing more is to be sent.
    pub(super) stopping: watch::Receiver<bool>,
}

/// A batch was lost.
#[derive(Debug, thiserror::Error)]
enum PushError {
    #[error("cannot write events as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot reach the exporter: {0}")]
    Http(#[from] reqwest::Error),
    #[error("the exporter answered {0}")]
    Refused(StatusCode),
}

/// A client that says it is LiteLLM, and goes nowhere but to this machine.
pub(super) fn client() -> Result<reqwest::Client, DemoError> {
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(crate::tls::client(None)?)
        .user_agent(format!("litellm/{LITELLM_VERSION}"))
        .no_proxy()
        .timeout(PATIENCE)
        .build()?;
    Ok(client)
}

impl Pusher {
    /// Pushes until the exporter is about to stop.
    pub(super) async fn run(mut self, rounds: Rounds) {
        let mut clock = interval(INTERVAL);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = self.stopping.wait_for(|is_stopping| *is_stopping) => return,
                _ = clock.tick() => {}
            }
            let started = Instant::now();
            let pushed = self.push().await;
            rounds.note(if pushed.is_ok() { Round::Succeeded } else { Round::Failed }, started);
            if let Err(error) = pushed {
                tracing::warn!(%error, "simulated events were lost");
            }
        }
    }

    /// Sends what has ended since the last batch. What does not arrive is lost, as it is with LiteLLM.
    async fn push(&self) -> Result<(), PushError> {
        let events = self.simulation.lock().advance(now());
        if events.is_empty() {
            return Ok(());
        }
        let request = self.http.post(format!("http://{}/ingest/litellm", self.exporter));
        let body = serde_json::to_vec(&events)?;
        let answer = request.header(CONTENT_TYPE, "application/json").body(body).send().await?;
        match answer.status() {
            StatusCode::OK => Ok(()),
            status => Err(PushError::Refused(status)),
        }
    }
}
