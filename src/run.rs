//! The exporter's life: from a configuration to its last answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use actix_web::web::Data;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

use crate::config::Config;
use crate::server::{BindError, Bound, IngestRules, Shared};
use crate::sink::Sink;
use crate::state::{Settings, State};

/// The exporter could not start, or not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An address could not be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The operating system refused to tell of signals.
    #[error("could not listen for signals: {0}")]
    Signals(std::io::Error),
    /// The server broke.
    #[error("the server stopped: {0}")]
    Server(std::io::Error),
}

/// Runs the exporter until SIGTERM or SIGINT, and then until what is in flight is done.
///
/// # Errors
/// When it can't listen on its addresses, or the operating system fails it.
pub async fn run(config: Config) -> Result<(), RunError> {
    let grace = config.shutdown.grace;
    let addresses = config.listen.clone();
    let shared = Data::new(shared(config));
    let bound = Bound::new(shared.clone(), &addresses)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(RunError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(RunError::Signals)?;
    bound.addresses().iter().for_each(announce);
    let mut server = bound.serve();
    let handle = server.handle();
    let signal = tokio::select! {
        ended = &mut server => return ended.map_err(RunError::Server),
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    };
    tracing::info!(signal, grace_seconds = grace.as_secs_f64(), "stopping: finishing what is in flight");
    shared.drain();
    let finishing = async { tokio::join!(server, handle.stop(true)).0 };
    match timeout(grace, finishing).await {
        Ok(ended) => ended.map_err(RunError::Server)?,
        // The server went with the future: that closes its connections.
        Err(_) => tracing::warn!("the grace period is over: what was still in flight was cut off"),
    }
    tracing::info!("stopped");
    Ok(())
}

fn shared(config: Config) -> Shared {
    let Config { listen: _, ingest, labels, limits, health, scrape, shutdown: _, log: _ } = config;
    let state = Arc::new(State::new(Settings {
        deployments: limits.deployments,
        models: limits.models,
        consumers: limits.consumers,
        budgets: limits.budgets,
        consumer_labels: labels.consumer,
        window: health.window,
    }));
    let sink = Sink::new(Arc::clone(&state), ingest.dedupe_window);
    let rules = IngestRules {
        token: ingest.token,
        max_body: ingest.max_body,
        max_in_flight: ingest.max_in_flight,
        body_timeout: ingest.body_timeout,
    };
    Shared::new(state, sink, health, rules, scrape.max_concurrent, SystemTime::now().into())
}

/// Tells a person where to look and how to send events.
fn announce(address: &SocketAddr) {
    let reachable =
        if address.ip().is_unspecified() { format!("localhost:{}", address.port()) } else { address.to_string() };
    tracing::info!("listening on http://{address}");
    tracing::info!("all routes: http://{reachable}/");
    tracing::info!("scrape http://{reachable}/metrics, probe http://{reachable}/health");
    tracing::info!("point LiteLLM's generic_api callback at http://{reachable}/ingest/litellm");
}
