//! The checks of the database, Redis and the gateway.

use std::sync::Arc;
use std::time::Instant;

use super::{BackgroundError, redis_connector};
use crate::config::Config;
use crate::dependencies::gateway::Client;
use crate::dependencies::{Check, Checked, database, watch};
use crate::own::Round;
use crate::state::{self, Dependency, State};
use crate::supervise::{Rounds, Supervisor};

/// Starts a clock for each that is configured.
pub(super) fn start(
    supervisor: &mut Supervisor,
    config: &Config,
    gateway: Option<&Client>,
    state: &Arc<State>,
) -> Result<(), BackgroundError> {
    let (interval, timeout) = (config.dependencies.interval, config.dependencies.timeout);
    let mut begin = |dependency, make: Box<dyn Fn() -> Check + Send + Sync>| {
        let state = Arc::clone(state);
        let name = task_name(dependency);
        supervisor.start(name, move |rounds| {
            let report = reporter(dependency, Arc::clone(&state), rounds);
            watch(make(), interval, timeout, report)
        });
    };
    if let Some(address) = &config.database.url {
        let connector = database::Connector::new(address, config.database.ca_file.as_deref());
        let connector = connector.map_err(BackgroundError::Database)?;
        begin(Dependency::Database, Box::new(move || Check::database(connector.clone())));
    }
    if let Some(connector) = redis_connector(config)? {
        begin(Dependency::Redis, Box::new(move || Check::redis(connector.clone())));
    }
    if let Some(client) = gateway.cloned() {
        begin(Dependency::Gateway, Box::new(move || Check::gateway(client.clone())));
    }
    Ok(())
}

const fn task_name(dependency: Dependency) -> &'static str {
    match dependency {
        Dependency::Database => "database_check",
        Dependency::Redis => "redis_check",
        Dependency::Gateway => "gateway_check",
    }
}

/// Tells the state what a check found. The verdict is made from that later, and logged where verdicts change.
fn reporter(dependency: Dependency, state: Arc<State>, rounds: Rounds) -> impl Fn(Checked) + Send {
    move |Checked { at, latency, result }| {
        let round = if result.is_ok() { Round::Succeeded } else { Round::Failed };
        let began = Instant::now().checked_sub(latency).unwrap_or_else(Instant::now);
        rounds.note(round, began);
        state.note_dependency(dependency, state::Check { at, latency, result });
    }
}
