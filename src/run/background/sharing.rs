//! What is shared through Redis: who probes, what was found, what it cost; and which deployments the gateway lets rest.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;
use tokio::sync::{Mutex as AsyncMutex, mpsc, watch};
use tokio::time::timeout;

use crate::config::Config;
use crate::dependencies::redis::{Connection, Connector, RedisError};
use crate::discovery::Roster;
use crate::event::{Timestamp, Usd, UtcDay};
use crate::own::{Probing, Round};
use crate::probes::Budget;
use crate::replicas::{
    Finding, Leadership, Published, Replica, ReplicaError, ReplicaId, Settings, Spending, Ticked, in_cooldown,
};
use crate::state::{ProbedBy, State};
use crate::supervise::{Rounds, Supervisor};

/// How often Redis is looked at, and more often where the lease is short.
const TICK: Duration = Duration::from_secs(1);
/// So often within a lease time: it is to be renewed in its third part.
const TICKS_OF_A_LEASE: u32 = 6;
/// How often it is asked for cooldowns: LiteLLM's last 5 s by default, and none is to be missed.
const COOLDOWNS_EVERY: Duration = Duration::from_secs(2);
/// Where nothing but cooldowns is read, a connection that broke is made anew after this time.
const RECONNECT_AFTER: Duration = Duration::from_secs(5);
/// How often it is asked what other replicas spent.
const SPENDING_EVERY: Duration = Duration::from_mins(1);
/// Evidence of deployments that are not listed yet would be lost: the first list is waited for so long.
const WAIT_FOR_LIST: Duration = Duration::from_secs(10);
/// Findings that could not be told are kept up to this many, and the oldest are dropped: they are told as long as they matter.
const MOST_UNTOLD: usize = 10_000;
/// So many entries for each deployment are kept in Redis, but no less than this.
const ENTRIES_PER_DEPLOYMENT: usize = 12;

/// What is shared, and with whom.
#[derive(Debug)]
pub(super) struct Sharing {
    connector: Connector,
    /// What stands before the gateway's own keys.
    namespace: String,
    /// Where deployments are probed; without, nothing is shared and cooldowns alone are read.
    replicas: Option<Settings>,
    patience: Duration,
    tick: Duration,
    state: Arc<State>,
    budget: Arc<Mutex<Budget>>,
    probing: Arc<Probing>,
    spending: Spending,
    /// Locked while the task runs; it may be started again.
    findings: AsyncMutex<mpsc::UnboundedReceiver<Finding>>,
    roster: watch::Receiver<Arc<Roster>>,
    stopping: watch::Receiver<bool>,
    has_stepped_down: watch::Sender<bool>,
    leadership: watch::Sender<Option<Leadership>>,
}

/// What else a sharing needs than the configuration.
pub(super) struct Links {
    pub(super) state: Arc<State>,
    pub(super) budget: Arc<Mutex<Budget>>,
    pub(super) probing: Arc<Probing>,
    pub(super) findings: mpsc::UnboundedReceiver<Finding>,
    pub(super) roster: watch::Receiver<Arc<Roster>>,
    pub(super) stopping: watch::Receiver<bool>,
    /// Where it is told that the lead was given back.
    pub(super) has_stepped_down: watch::Sender<bool>,
}

impl Sharing {
    pub(super) fn new(config: &Config, connector: Connector, links: Links) -> Self {
        let Links { state, budget, probing, findings, roster, stopping, has_stepped_down } = links;
        let namespace = config.redis.namespace.clone();
        let prefix = config.redis.replica_prefix();
        let most = config.limits.deployments.saturating_mul(ENTRIES_PER_DEPLOYMENT).max(ENTRIES_PER_DEPLOYMENT);
        let settings = Settings {
            prefix: prefix.clone(),
            lease_time: config.redis.lease,
            stale_after: config.health.stale_after,
            max_entries: most,
        };
        Self {
            connector,
            namespace,
            replicas: config.probes.enabled.then_some(settings),
            patience: config.dependencies.timeout,
            tick: TICK.min(config.redis.lease / TICKS_OF_A_LEASE),
            state,
            budget,
            probing,
            spending: Spending::new(&prefix),
            findings: AsyncMutex::new(findings),
            roster,
            stopping,
            has_stepped_down,
            leadership: watch::channel(None).0,
        }
    }

    /// Starts sharing; returns where it is told whether this replica probes.
    pub(super) fn start(self, supervisor: &mut Supervisor) -> watch::Receiver<Option<Leadership>> {
        // Before Redis was asked, another replica may be at it.
        let since = Instant::now();
        self.leadership.send_replace(self.replicas.is_some().then_some(Leadership::Unreachable { since }));
        let leadership = self.leadership.subscribe();
        let sharing = Arc::new(self);
        supervisor.start("sharing", move |rounds| Arc::clone(&sharing).run(rounds));
        leadership
    }

    async fn run(self: Arc<Self>, rounds: Rounds) {
        let mut findings = self.findings.lock().await;
        let mut roster = self.roster.clone();
        _ = timeout(WAIT_FOR_LIST, roster.changed()).await;
        let mut stopping = self.stopping.clone();
        let mut session = Session::new(&self);
        loop {
            let started = Instant::now();
            let round = session.round(&mut findings).await;
            // While a next attempt is waited for, nothing goes well or not.
            if let Some(result) = round {
                rounds.note(if result.is_ok() { Round::Succeeded } else { Round::Failed }, started);
            }
            tokio::select! {
                () = tokio::time::sleep(self.tick) => {}
                _ = stopping.wait_for(|is_stopping| *is_stopping) => break,
            }
        }
        session.step_down(&mut findings).await;
        self.has_stepped_down.send_replace(true);
        session.book_late(&mut findings).await;
    }
}

/// The connection, and what goes over it.
struct Session<'a> {
    sharing: &'a Sharing,
    replica: Option<Replica>,
    connection: Option<Connection>,
    connect_at: Instant,
    cooldowns_at: Instant,
    spent_at: Instant,
    untold: Vec<Finding>,
    /// What probes cost that is not in the sum yet, which all replicas share.
    unbooked: Vec<(UtcDay, Usd)>,
    was_reachable: bool,
}

impl<'a> Session<'a> {
    fn new(sharing: &'a Sharing) -> Self {
        let now = Instant::now();
        let replica =
            sharing.replicas.as_ref().map(|settings| Replica::new(settings, ReplicaId::of_this_process(), now));
        Self {
            sharing,
            replica,
            connection: None,
            connect_at: now,
            cooldowns_at: now,
            spent_at: now,
            untold: Vec::new(),
            unbooked: Vec::new(),
            was_reachable: true,
        }
    }

    /// Everything that is due; `None` where Redis is not there, and not tried again yet.
    async fn round(&mut self, findings: &mut mpsc::UnboundedReceiver<Finding>) -> Option<Result<(), SharingError>> {
        self.collect(findings);
        let result = match self.connect().await {
            Ok(Some(mut connection)) => {
                let result = self.exchange(&mut connection).await.map_err(SharingError::from);
                if result.is_ok() {
                    self.connection = Some(connection);
                }
                Some(result)
            }
            Ok(None) => None,
            Err(error) => Some(Err(error.into())),
        };
        self.tell_leadership();
        if let Some(result) = &result {
            self.log(result);
        }
        result
    }

    /// Takes in what probes have found since the last time.
    fn collect(&mut self, findings: &mut mpsc::UnboundedReceiver<Finding>) {
        while let Ok(finding) = findings.try_recv() {
            self.owe(&finding);
            self.untold.push(finding);
        }
        let surplus = self.untold.len().saturating_sub(MOST_UNTOLD);
        self.untold.drain(..surplus);
    }

    /// One sum a day, however long Redis is away.
    fn owe(&mut self, finding: &Finding) {
        let Some(usage) = finding.outcome.usage else { return };
        let day = UtcDay::of(finding.outcome.at);
        match self.unbooked.iter_mut().find(|(booked_for, _)| *booked_for == day) {
            Some((_, cost)) => *cost += usage.cost,
            None => self.unbooked.push((day, usage.cost)),
        }
    }

    /// The connection, made anew where it broke and it is time to try; `None` where it is not.
    async fn connect(&mut self) -> Result<Option<Connection>, RedisError> {
        if let Some(connection) = self.connection.take() {
            return Ok(Some(connection));
        }
        let now = Instant::now();
        let connect_at = self.replica.as_ref().map_or(self.connect_at, Replica::next_attempt);
        if now < connect_at {
            return Ok(None);
        }
        self.connect_at = now + RECONNECT_AFTER;
        let connected = self.sharing.connector.connect(self.sharing.patience).await;
        if connected.is_err()
            && let Some(replica) = &mut self.replica
        {
            replica.no_connection(now);
        }
        connected.map(Some)
    }

    /// A user that may not write still sees the cooldowns. A server that hangs is not asked for more.
    async fn exchange(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        let shared = self.share(connection).await;
        if matches!(shared, Err(ReplicaError::Timeout { .. })) {
            return shared;
        }
        let looked = self.look_for_cooldowns(connection).await;
        shared.and(looked)
    }

    async fn share(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        self.learn(connection).await?;
        self.sync_spending(connection).await?;
        self.tell(connection).await
    }

    /// Asks for the lead, and learns what other replicas found.
    async fn learn(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        let Some(replica) = &mut self.replica else { return Ok(()) };
        loop {
            let Ticked { evidence, garbage, has_more, error, leadership: _ } =
                replica.tick(connection, Instant::now(), now()).await;
            if garbage > 0 {
                tracing::warn!(entries = garbage, "what another replica shared could not be understood");
            }
            for shared in evidence.iter().filter(|shared| !shared.is_from(replica.id())) {
                let Finding { deployment, outcome } = &shared.finding;
                self.sharing.state.record_probe(deployment, outcome, ProbedBy::AnotherReplica);
            }
            match error {
                Some(error) => return Err(error),
                None if !has_more => return Ok(()),
                None => {}
            }
        }
    }

    /// Tells the other replicas what was found here, and adds up what it cost.
    async fn tell(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        self.book(connection).await?;
        let Some(replica) = &mut self.replica else { return Ok(()) };
        if self.untold.is_empty() {
            return Ok(());
        }
        let published = replica.publish(connection, Instant::now(), &self.untold).await?;
        if published == Published::Refused {
            tracing::debug!(findings = self.untold.len(), "another replica leads: not shared");
        }
        // Not before: told twice, they are read once.
        self.untold.clear();
        Ok(())
    }

    /// Adds up what was spent. An answer that is lost may have been counted, and is counted once more then: rather too few billed
    /// probes than too many.
    async fn book(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        while let Some((day, cost)) = self.unbooked.last().copied() {
            let total = self.sharing.spending.add(connection, day, cost).await?;
            self.unbooked.pop();
            self.sharing.take_over(day, total);
        }
        Ok(())
    }

    /// Takes over what all replicas spent today: before this one probes for the first time, and now and then.
    async fn sync_spending(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        let is_new_leader = self.leads() && !self.sharing.is_leading();
        if self.replica.is_none() || (Instant::now() < self.spent_at && !is_new_leader) {
            return Ok(());
        }
        let day = UtcDay::of(now());
        let total = self.sharing.spending.spent(connection, day).await?;
        self.sharing.take_over(day, total);
        self.spent_at = Instant::now() + SPENDING_EVERY;
        Ok(())
    }

    async fn look_for_cooldowns(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        if Instant::now() < self.cooldowns_at {
            return Ok(());
        }
        self.cooldowns_at = Instant::now() + COOLDOWNS_EVERY;
        let ids = self.sharing.state.deployment_ids();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let resting = in_cooldown(connection, &self.sharing.namespace, &ids).await?;
        self.sharing.state.note_cooldowns(&resting, now());
        Ok(())
    }

    fn leads(&self) -> bool {
        let now = Instant::now();
        self.replica.as_ref().is_some_and(|replica| matches!(replica.leadership(now), Leadership::Leader { .. }))
    }

    fn tell_leadership(&self) {
        let Some(replica) = &self.replica else { return };
        let leadership = replica.leadership(Instant::now());
        let before = self.sharing.leadership.send_replace(Some(leadership));
        if before.map(Leadership::as_str) != Some(leadership.as_str()) {
            tracing::info!(role = leadership.as_str(), replica = replica.id().as_str(), "probing among replicas");
        }
    }

    /// Says once that it can't be shared, and once that it can again.
    fn log(&mut self, result: &Result<(), SharingError>) {
        let was_reachable = std::mem::replace(&mut self.was_reachable, result.is_ok());
        match result {
            Err(error) if was_reachable && self.replica.is_none() => {
                tracing::warn!(%error, "cooldowns cannot be read from redis");
            }
            Err(error) if was_reachable => {
                tracing::warn!(%error, "nothing can be shared with other replicas: soon each probes for itself");
            }
            Ok(()) if !was_reachable => tracing::info!("sharing with other replicas again"),
            _ => {}
        }
    }

    /// Tells what is known, and gives the lead back, so that another replica need not wait for its end.
    async fn step_down(&mut self, findings: &mut mpsc::UnboundedReceiver<Finding>) {
        self.sharing.leadership.send_replace(self.replica.is_some().then_some(Leadership::Follower));
        let Some(mut connection) = self.connection.take() else { return };
        self.collect(findings);
        if let Err(error) = self.tell(&mut connection).await {
            tracing::debug!(%error, "what was found last could not be shared");
        }
        if let Some(replica) = self.replica.take()
            && let Err(error) = replica.release(&mut connection, Instant::now()).await
        {
            tracing::debug!(%error, "the lead could not be given back");
        }
        self.connection = Some(connection);
    }

    /// What was still under way is paid for as well.
    async fn book_late(&mut self, findings: &mut mpsc::UnboundedReceiver<Finding>) {
        let Some(mut connection) = self.connection.take() else { return };
        while let Some(finding) = findings.recv().await {
            self.owe(&finding);
            if let Err(error) = self.book(&mut connection).await {
                tracing::debug!(%error, "what a probe cost could not be added up");
            }
        }
    }
}

impl Sharing {
    fn is_leading(&self) -> bool {
        matches!(*self.leadership.borrow(), Some(Leadership::Leader { .. }))
    }

    fn take_over(&self, day: UtcDay, total: Usd) {
        let mut budget = self.budget.lock();
        budget.sync(day, total);
        self.probing.note_spent(budget.spent(now()));
    }
}

/// Redis is not there, or did not do what it was asked.
#[derive(Debug, thiserror::Error)]
enum SharingError {
    #[error(transparent)]
    Connection(#[from] RedisError),
    #[error(transparent)]
    Replica(#[from] ReplicaError),
}

fn now() -> Timestamp {
    SystemTime::now().into()
}
