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

/// What is to be checked, and who does.
pub(super) type Checkers = Vec<(Dependency, Box<dyn Fn() -> Check + Send + Sync>)>;

/// Those of everything that is configured.
pub(super) fn checkers(config: &Config, gateway: Option<&Client>) -> Result<Checkers, BackgroundError> {
    let mut checkers = Checkers::new();
    if let Some(address) = &config.database.url {
        let connector = database::Connector::new(address, config.database.ca_file.as_deref());
        let connector = connector.map_err(BackgroundError::Database)?;
        checkers.push((Dependency::Database, Box::new(move || Check::database(connector.clone()))));
    }
    if let Some(connector) = redis_connector(config)? {
        checkers.push((Dependency::Redis, Box::new(move || Check::redis(connector.clone()))));
    }
    if let Some(client) = gateway.cloned() {
        checkers.push((Dependency::Gateway, Box::new(move || Check::gateway(client.clone()))));
    }
    Ok(checkers)
}

/// Starts a clock for each.
pub(super) fn start(supervisor: &mut Supervisor, config: &Config, checkers: Checkers, state: &Arc<State>) {
    let (interval, timeout) = (config.dependencies.interval, config.dependencies.timeout);
    for (dependency, make) in checkers {
        let state = Arc::clone(state);
        supervisor.start(task_name(dependency), move |rounds| {
            let report = reporter(dependency, Arc::clone(&state), rounds);
            watch(make(), interval, timeout, report)
        });
    }
}

/// Whether a reload changes nothing here. What stands in a file of certificates may be other than it was.
pub(super) fn are_the_same(before: &Config, config: &Config) -> bool {
    let certificates = [&config.database.ca_file, &config.redis.ca_file, &config.gateway.ca_file];
    before.dependencies == config.dependencies
        && before.gateway == config.gateway
        && certificates.iter().all(|file| file.is_none())
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
