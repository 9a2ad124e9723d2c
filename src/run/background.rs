//! Everything that goes on behind the server: what is asked of the gateway, of what it depends on, and of its deployments.

mod budgets;
mod checks;
mod discovery;
mod ledger;
mod sharing;
mod spend_logs;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::config::Config;
use crate::dependencies::gateway::{Client, GatewayClientError};
use crate::dependencies::redis;
use crate::discovery::Roster;
use crate::keeping::Restored;
use crate::own::Probing;
use crate::probes::{Budget, Prober, ProberError};
use crate::scheduler::Scheduler;
use crate::server::Shared;
use crate::state::{ProbeSpending, State};
use crate::supervise::Supervisor;
use crate::tls::TlsError;
use crate::verdicts;

pub(super) use discovery::lists;
use sharing::{Links, Sharing};

/// Redis is given this time to hear that another replica may lead, and the database that nobody waits for its answer.
const FAREWELL: Duration = Duration::from_secs(1);

/// What goes on in the background could not begin. Each is a mistake in the configuration that only shows when it is used.
#[derive(Debug, thiserror::Error)]
pub enum BackgroundError {
    /// The gateway's client.
    #[error("gateway.ca_file: {0}")]
    Gateway(#[from] GatewayClientError),
    /// The database's certificates.
    #[error("database.ca_file: {0}")]
    Database(#[source] TlsError),
    /// Redis' certificates.
    #[error("redis.ca_file: {0}")]
    Redis(#[source] TlsError),
    /// The probes' client.
    #[error(transparent)]
    Probes(#[from] ProberError),
}

/// All background tasks, and how they are told to end.
#[derive(Debug)]
pub(super) struct Background {
    supervisor: Supervisor,
    is_stopping: watch::Sender<bool>,
    has_stepped_down: watch::Receiver<bool>,
    has_read: Option<watch::Receiver<bool>>,
}

impl Background {
    /// Starts what `config` asks for, from what was `restored` on.
    pub(super) fn start(config: &Config, shared: &Shared, restored: Restored) -> Result<Self, BackgroundError> {
        let (state, probing) = (shared.state(), shared.own().probing());
        let mut supervisor = Supervisor::new(Arc::clone(shared.own().tasks()));
        let (is_stopping, stopping) = watch::channel(false);
        let gateway = gateway(config)?;
        checks::start(&mut supervisor, config, gateway.as_ref(), state)?;
        budgets::start(&mut supervisor, config, state)?;
        let reading = spend_logs::start(&mut supervisor, config, shared, restored, &stopping)?;
        let has_read = reading.has_ended.clone();
        ledger::start(&mut supervisor, config, state, reading)?;
        let roster = discovery::start(&mut supervisor, config, gateway, state);
        let has_stepped_down = start_probing(&mut supervisor, config, state, probing, roster, stopping)?;
        let (watched, policy) = (Arc::clone(state), config.health);
        supervisor.start("verdicts", move |rounds| verdicts::watch(Arc::clone(&watched), policy, rounds));
        Ok(Self { supervisor, is_stopping, has_stepped_down, has_read })
    }

    /// Another replica may probe and read from now on.
    pub(super) fn step_down(&self) {
        self.is_stopping.send_replace(true);
    }

    /// Ends all tasks.
    pub(super) async fn stop(mut self) {
        // Where nothing is shared and nothing read this is over at once; and where Redis hangs, the lease ends by itself, as a
        // question does in the database.
        let stepped_down = self.has_stepped_down.wait_for(|has_stepped_down| *has_stepped_down);
        let read = async {
            if let Some(has_read) = &mut self.has_read {
                _ = has_read.wait_for(|has_read| *has_read).await;
            }
        };
        _ = timeout(FAREWELL, async { tokio::join!(stepped_down, read) }).await;
        self.supervisor.stop().await;
    }
}

pub(super) fn gateway(config: &Config) -> Result<Option<Client>, GatewayClientError> {
    let gateway = &config.gateway;
    let Some(url) = &gateway.url else { return Ok(None) };
    Client::new(url, gateway.api_key.as_ref(), gateway.ca_file.as_deref()).map(Some)
}

/// Who connects to the Redis that is configured, if one is.
pub(super) fn redis_connector(config: &Config) -> Result<Option<redis::Connector>, BackgroundError> {
    let Some(address) = &config.redis.url else { return Ok(None) };
    redis::Connector::new(address, config.redis.ca_file.as_deref()).map(Some).map_err(BackgroundError::Redis)
}

/// Returns where it is told that another replica may probe.
fn start_probing(
    supervisor: &mut Supervisor,
    config: &Config,
    state: &Arc<State>,
    probing: &Arc<Probing>,
    roster: watch::Receiver<Arc<Roster>>,
    stopping: watch::Receiver<bool>,
) -> Result<watch::Receiver<bool>, BackgroundError> {
    probing.note_interval(config.probes.enabled.then_some(config.probes.interval));
    let budget = budget(config, state.probe_spending(), probing);
    let (found, findings) = mpsc::unbounded_channel();
    let (stepped_down, has_stepped_down) = watch::channel(false);
    let links = Links {
        state: Arc::clone(state),
        budget: Arc::clone(&budget),
        probing: Arc::clone(probing),
        findings,
        roster: roster.clone(),
        stopping,
        has_stepped_down: stepped_down,
    };
    let leadership = match redis_connector(config)? {
        None => watch::channel(None).1,
        Some(connector) => Sharing::new(config, connector, links).start(supervisor),
    };
    let scheduler = Scheduler {
        state: Arc::clone(state),
        prober: Arc::new(Prober::new(&config.probes)?),
        config: config.probes.clone(),
        policy: config.health,
        roster,
        leadership,
        budget,
        found,
        probing: Arc::clone(probing),
    };
    supervisor.start("probes", move |rounds| scheduler.clone().run(rounds));
    Ok(has_stepped_down)
}

/// What was spent today before a restart is spent.
fn budget(config: &Config, spending: ProbeSpending, probing: &Probing) -> Arc<Mutex<Budget>> {
    let (daily, now) = (config.probes.completion.daily_budget(), SystemTime::now().into());
    let mut budget = Budget::new(daily, now);
    budget.sync(spending.day(), spending.spent());
    if !daily.is_zero() {
        probing.note_budget(daily);
        probing.note_spent(budget.spent(now));
    }
    Arc::new(Mutex::new(budget))
}
