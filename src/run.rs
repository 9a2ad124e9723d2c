//! The exporter's life: from a configuration to its last answer.

mod background;
mod once;
mod reconcile;
mod reload;
mod signals;
mod store;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use actix_web::dev::Server;
use actix_web::web::Data;
use parking_lot::RwLock;
use tokio::time::sleep;

use crate::config::{Config, Shutdown};
use crate::keeping::Restored;
use crate::own::Traffic;
use crate::server::{BindError, Bound, Commits, IngestRules, Reloads, Shared};
use crate::sink::{Pushes, Sink};
use crate::state::{Dependency, Expected, ListSource, Settings, State};
pub use background::BackgroundError;
pub use once::{ProbeError, Probed, probe_once};
pub use reconcile::{ReconcileError, Reconciled, reconcile};
pub use reload::Surroundings;
pub use signals::Hangups;
pub use store::InUse;

use background::Background;
pub(crate) use background::Beside;
use reload::Reloader;
use signals::Signals;

/// A check that was not made for so many of its intervals is no longer believed.
const CHECKS_MISSED: u32 = 3;

/// The exporter could not start, or not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The store is another exporter's.
    #[error(transparent)]
    Store(#[from] InUse),
    /// An address could not be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// What goes on in the background can't begin.
    #[error(transparent)]
    Background(#[from] BackgroundError),
    /// The operating system has no thread for the store.
    #[error("could not start the thread that writes the store: {0}")]
    Thread(io::Error),
    /// The operating system refused to tell of signals.
    #[error("could not listen for signals: {0}")]
    Signals(io::Error),
    /// The server broke.
    #[error("the server stopped: {0}")]
    Server(io::Error),
}

/// Runs the exporter until SIGTERM or SIGINT, and then until what is in flight is done or a second signal comes. With SIGHUP, or when
/// asked by `POST /-/reload`, the configuration is read again.
///
/// # Errors
/// When it can't listen on its addresses, or the operating system fails it.
pub async fn run(config: Config, surroundings: Surroundings) -> Result<(), RunError> {
    run_beside(config, surroundings, Traffic::Gateway, |_| {}).await
}

/// The same, for traffic of this kind, with what `start` starts beside it.
pub(crate) async fn run_beside(
    config: Config,
    surroundings: Surroundings,
    traffic: Traffic,
    start: impl FnOnce(Beside<'_>),
) -> Result<(), RunError> {
    let (reloads, requests) = Reloads::new();
    let Keeping { shared, restored } = keeping(&config, traffic, reloads)?;
    let bound = Bound::new(shared.clone(), &config.listen)?;
    let mut signals = Signals::listen().map_err(RunError::Signals)?;
    shared.state().start_counting(SystemTime::now().into());
    let mut background = Background::start(&config, &shared, restored)?;
    start(background.beside(bound.addresses()));
    let mut reloader = Reloader::new(config, surroundings, requests);
    bound.addresses().iter().for_each(|address| announce(address, traffic));
    let mut server = bound.serve();
    let signal = tokio::select! {
        ended = &mut server => return ended.map_err(RunError::Server),
        signal = signals.next() => signal,
        never = reloader.run(&mut background, &shared) => match never {},
    };
    let Shutdown { delay, grace } = reloader.config().shutdown;
    // Nobody is to wait for a reload any more.
    drop(reloader);
    let (delay_seconds, grace_seconds) = (delay.min(grace).as_secs_f64(), grace.as_secs_f64());
    shared.drain();
    background.step_down();
    tracing::info!(signal, delay_seconds, grace_seconds, "stopping: not ready from now on");
    // The server goes with the future that finishes it: that closes its connections.
    tokio::select! {
        ended = finish(server, delay) => ended.map_err(RunError::Server)?,
        () = sleep(grace) => tracing::warn!("the grace period is over: what was still in flight was cut off"),
        signal = signals.next() => tracing::warn!(signal, "a second signal: what was still in flight was cut off"),
    }
    background.stop().await;
    if let Err(error) = shared.commits().stop().await {
        tracing::warn!(%error, "what changed last is not in the store");
    }
    tracing::info!("stopped");
    Ok(())
}

/// Serves on for `delay`, so that whoever sends traffic has time to learn that it should go elsewhere. Then accepts
/// nothing new, and serves until what is in flight is done.
async fn finish(mut server: Server, delay: Duration) -> io::Result<()> {
    tokio::select! {
        ended = &mut server => return ended,
        () = sleep(delay) => {}
    }
    tracing::info!("not accepting any more: finishing what is in flight");
    let handle = server.handle();
    tokio::join!(server, handle.stop(true)).0
}

/// The state, as it was before and as it is kept from now on, with what handlers need.
struct Keeping {
    shared: Data<Shared>,
    restored: Restored,
}

fn keeping(config: &Config, traffic: Traffic, reloads: Reloads) -> Result<Keeping, RunError> {
    let Config { ingest, health, scrape, storage, .. } = config;
    let facts = Arc::default();
    let loaded = store::load(config, &facts, || state_and_sink(config))?;
    let rules = IngestRules {
        token: RwLock::new(ingest.token.clone()),
        max_body: ingest.max_body,
        max_in_flight: ingest.max_in_flight,
        body_timeout: ingest.body_timeout,
    };
    let (state, sink) = (Arc::clone(&loaded.state), Arc::clone(&loaded.sink));
    let shared = Shared::new(state, sink, *health, rules, scrape, SystemTime::now().into());
    let (restored, committer) = loaded.keep(storage.interval, &facts).map_err(RunError::Thread)?;
    let commits = Commits::new(committer, storage.durability);
    let shared = shared.with_store(commits, facts).with_reloads(reloads).with_traffic(traffic);
    Ok(Keeping { shared: Data::new(shared), restored })
}

fn state_and_sink(config: &Config) -> (Arc<State>, Arc<Sink>) {
    let Config { ingest, labels, limits, health, .. } = config;
    let state = Arc::new(State::new(Settings {
        deployments: limits.deployments,
        models: limits.models,
        consumers: limits.consumers,
        budgets: limits.budgets,
        consumer_labels: labels.consumer.clone(),
        window: health.window,
        expected: expected(config),
    }));
    let pushes = if ingest.counted { Pushes::Count } else { Pushes::Tell };
    let sink = Sink::new(Arc::clone(&state), ingest.dedupe_window).with_pushes(pushes);
    (state, Arc::new(sink))
}

/// What the background tasks will tell of.
fn expected(config: &Config) -> Expected {
    let Config { gateway, database, redis, models, dependencies, .. } = config;
    Expected {
        dependencies: Dependency::ALL.map(|dependency| match dependency {
            Dependency::Database => database.url.is_some(),
            Dependency::Redis => redis.url.is_some(),
            Dependency::Gateway => gateway.url.is_some(),
        }),
        check_holds: (dependencies.interval + dependencies.timeout) * CHECKS_MISSED,
        lists: ListSource::ALL.map(|source| match source {
            ListSource::Gateway => gateway.url.is_some() && gateway.api_key.is_some(),
            ListSource::ConfigFile => gateway.config_file.is_some(),
            ListSource::OwnModels => !models.is_empty(),
        }),
    }
}

/// Tells a person where to look and how to send events.
fn announce(address: &SocketAddr, traffic: Traffic) {
    let reachable =
        if address.ip().is_unspecified() { format!("localhost:{}", address.port()) } else { address.to_string() };
    tracing::info!("listening on http://{address}");
    tracing::info!("all routes: http://{reachable}/");
    tracing::info!("scrape http://{reachable}/metrics, see how the gateway is at http://{reachable}/health");
    match traffic {
        Traffic::Gateway => tracing::info!("point LiteLLM's generic_api callback at http://{reachable}/ingest/litellm"),
        Traffic::Simulated => tracing::info!(
            "all traffic is simulated: for dashboards and alerts start deploy/compose.yml, or point a Prometheus at {reachable} and \
             provision dashboards/ and alerts/"
        ),
    }
}
