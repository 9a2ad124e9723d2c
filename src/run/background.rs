//! Everything that goes on behind the server: what is asked of the gateway, of what it depends on, and of its deployments.

mod budgets;
mod checks;
mod discovery;
mod ledger;
mod sharing;
mod spend_logs;

use std::net::SocketAddr;
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
use crate::own::Traffic;
use crate::probes::{Budget, Prober, ProberError};
use crate::scheduler::{Scheduler, Terms};
use crate::server::Shared;
use crate::state::{Dependency, Expected, ProbeSpending, State};
use crate::supervise::Supervisor;
use crate::tls::TlsError;
use crate::verdicts;

use checks::Checkers;
use discovery::Asked;
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

/// What goes on beside the exporter can be started from here.
#[derive(Debug)]
pub(crate) struct Beside<'a> {
    /// Where the exporter listens.
    pub(crate) addresses: &'a [SocketAddr],
    /// Runs it.
    pub(crate) supervisor: &'a mut Supervisor,
    /// True from the first signal on.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// All background tasks, and how they are told of another configuration, and to end.
pub(super) struct Background {
    supervisor: Supervisor,
    /// Of their own, as they begin anew with another configuration.
    checks: Supervisor,
    terms: watch::Sender<Arc<Terms>>,
    asked: watch::Sender<Arc<Asked>>,
    /// Whether anybody reads what is asked for.
    is_reading: bool,
    roster: watch::Sender<Arc<Roster>>,
    budget: Arc<Mutex<Budget>>,
    is_stopping: watch::Sender<bool>,
    has_stepped_down: watch::Receiver<bool>,
    has_read: Option<watch::Receiver<bool>>,
}

/// Whatever can't be made of a configuration is a mistake in it that only shows when it is used: so it is made before anything changes.
pub(super) struct Prepared {
    terms: Arc<Terms>,
    asked: Arc<Asked>,
    checkers: Checkers,
}

impl Prepared {
    /// Makes what `config` needs for traffic of this kind.
    pub(super) fn new(config: &Config, traffic: Traffic) -> Result<Self, BackgroundError> {
        let gateway = gateway(config)?;
        let checkers = checks::checkers(config, gateway.as_ref())?;
        let prober = Arc::new(match traffic {
            Traffic::Gateway => Prober::new(&config.probes)?,
            // All that it asks is in this process.
            Traffic::Simulated => Prober::direct(&config.probes)?,
        });
        let asked = Arc::new(Asked::new(config, gateway));
        Ok(Self { terms: Arc::new(Terms { config: config.clone(), prober }), asked, checkers })
    }
}

impl Background {
    /// Starts what `config` asks for, from what was `restored` on.
    pub(super) fn start(config: &Config, shared: &Shared, restored: Restored) -> Result<Self, BackgroundError> {
        let (state, probing) = (shared.state(), shared.own().probing());
        let tasks = shared.own().tasks();
        let (mut supervisor, mut checks) = (Supervisor::new(Arc::clone(tasks)), Supervisor::new(Arc::clone(tasks)));
        let (is_stopping, stopping) = watch::channel(false);
        let Prepared { terms, asked, checkers } = Prepared::new(config, shared.own().traffic())?;
        checks::start(&mut checks, config, checkers, state);
        budgets::start(&mut supervisor, config, state)?;
        let reading = spend_logs::start(&mut supervisor, config, shared, restored, &stopping)?;
        let has_read = reading.has_ended.clone();
        ledger::start(&mut supervisor, config, state, reading)?;
        let (terms, roster, asked) =
            (watch::Sender::new(terms), watch::Sender::new(Arc::default()), watch::Sender::new(asked));
        let budget = budget(config, state.probe_spending());
        let links = Links {
            state: Arc::clone(state),
            terms: terms.subscribe(),
            budget: Arc::clone(&budget),
            probing: Arc::clone(probing),
            roster: roster.subscribe(),
            stopping,
        };
        let has_stepped_down = start_probing(&mut supervisor, config, links)?;
        start_verdicts(&mut supervisor, Arc::clone(state), terms.subscribe());
        let is_reading = false;
        let mut background = Self {
            supervisor,
            checks,
            terms,
            asked,
            is_reading,
            roster,
            budget,
            is_stopping,
            has_stepped_down,
            has_read,
        };
        background.note_probing(shared);
        background.start_reading(state);
        Ok(background)
    }

    /// Goes on by another configuration, of which only [live](Config::is_live) keys differ from the one in use. What is under way and
    /// counts is not given up; nor is what is not asked for otherwise.
    pub(super) async fn go_on(&mut self, config: &Config, prepared: Prepared, shared: &Shared, expected: Expected) {
        let Prepared { terms, asked, checkers } = prepared;
        let (state, before) = (shared.state(), Arc::clone(&self.terms.borrow()));
        let is_checked_anew = !checks::are_the_same(&before.config, config);
        if is_checked_anew {
            // Before anything else, so that none of them tells of a gateway that is no longer asked.
            let tasks = Arc::clone(shared.own().tasks());
            std::mem::replace(&mut self.checks, Supervisor::new(tasks)).stop().await;
        }
        state.expect(expected);
        if before.config.gateway.url != config.gateway.url {
            state.forget_dependency(Dependency::Gateway);
        }
        self.terms.send_replace(terms);
        self.note_probing(shared);
        if is_checked_anew {
            checks::start(&mut self.checks, config, checkers, state);
        }
        if !self.asked.borrow().is_the_same(config) {
            self.asked.send_replace(asked);
            self.start_reading(state);
        }
    }

    /// Reads lists, if there are any and nobody does.
    fn start_reading(&mut self, state: &Arc<State>) {
        if self.is_reading {
            return;
        }
        if self.asked.borrow().is_nothing() {
            // Whoever waits for the first list need not.
            self.roster.send_replace(Arc::default());
            return;
        }
        self.is_reading = true;
        discovery::start(&mut self.supervisor, self.asked.subscribe(), state, &self.roster);
    }

    /// Tells how often is probed and what that may cost, and keeps to it.
    fn note_probing(&self, shared: &Shared) {
        let (probing, terms) = (shared.own().probing(), self.terms.borrow());
        let probes = &terms.config.probes;
        probing.note_interval(probes.enabled.then_some(probes.interval));
        let daily = probes.completion.daily_budget();
        let mut budget = self.budget.lock();
        budget.set_limit(daily);
        probing.note_budget(Some(daily).filter(|daily| !daily.is_zero()));
        probing.note_spent(budget.spent(SystemTime::now().into()));
    }

    /// What else is to end with these tasks, and how it hears that the end is near.
    pub(super) fn beside<'a>(&'a mut self, addresses: &'a [SocketAddr]) -> Beside<'a> {
        Beside { addresses, supervisor: &mut self.supervisor, stopping: self.is_stopping.subscribe() }
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
        tokio::join!(self.supervisor.stop(), self.checks.stop());
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

fn start_verdicts(supervisor: &mut Supervisor, state: Arc<State>, terms: watch::Receiver<Arc<Terms>>) {
    supervisor.start("verdicts", move |rounds| {
        let terms = terms.clone();
        verdicts::watch(Arc::clone(&state), move || terms.borrow().config.health, rounds)
    });
}

/// Returns where it is told that another replica may probe.
fn start_probing(
    supervisor: &mut Supervisor,
    config: &Config,
    links: Links,
) -> Result<watch::Receiver<bool>, BackgroundError> {
    let (found, findings) = mpsc::unbounded_channel();
    let (stepped_down, has_stepped_down) = watch::channel(false);
    let Links { state, terms, budget, probing, roster, stopping: _ } = links.clone();
    let leadership = match redis_connector(config)? {
        None => watch::channel(None).1,
        Some(connector) => Sharing::new(config, connector, links, findings, stepped_down).start(supervisor),
    };
    let scheduler = Scheduler { state, terms, roster, leadership, budget, found, probing };
    supervisor.start("probes", move |rounds| scheduler.clone().run(rounds));
    Ok(has_stepped_down)
}

/// What was spent today before a restart is spent.
fn budget(config: &Config, spending: ProbeSpending) -> Arc<Mutex<Budget>> {
    let mut budget = Budget::new(config.probes.completion.daily_budget(), SystemTime::now().into());
    budget.sync(spending.day(), spending.spent());
    Arc::new(Mutex::new(budget))
}
