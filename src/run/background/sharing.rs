//! What is shared through Redis: who probes, what was found, what it cost, what requests said; and which deployments the gateway
//! lets rest.

mod probes;
mod session;
mod traffic;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;
use tokio::sync::{Mutex as AsyncMutex, mpsc, watch};
use tokio::time::timeout;

use crate::config::Config;
use crate::dependencies::redis::{Connector, RedisError};
use crate::discovery::Roster;
use crate::event::{Timestamp, Usd, UtcDay};
use crate::health::Policy;
use crate::own::{Probing, Round};
use crate::probes::Budget;
use crate::replicas::{Finding, Leadership, Replica, ReplicaError, ReplicaId, Settings, Spending, TrafficStream};
use crate::scheduler::Terms;
use crate::state::State;
use crate::supervise::{Rounds, Supervisor};
use session::Session;

/// How often Redis is looked at, and more often where the lease is short.
const TICK: Duration = Duration::from_secs(1);
/// So often within a lease time: it is to be renewed in its third part.
const TICKS_OF_A_LEASE: u32 = 6;
/// Evidence of deployments that are not listed yet would be lost: the first list is waited for so long.
const WAIT_FOR_LIST: Duration = Duration::from_secs(10);
/// So many entries for each deployment are kept in Redis, but no less than this.
const ENTRIES_PER_DEPLOYMENT: usize = 16;
/// What is older than this is not read, whatever the policy.
const LONGEST_HISTORY: Duration = Duration::from_hours(24);

/// What is shared, and with whom.
#[derive(Debug)]
pub(super) struct Sharing {
    connector: Connector,
    /// What stands before the gateway's own keys.
    namespace: String,
    settings: Settings,
    /// Whether deployments are probed, and for how long findings matter.
    terms: watch::Receiver<Arc<Terms>>,
    tick: Duration,
    state: Arc<State>,
    budget: Arc<Mutex<Budget>>,
    probing: Arc<Probing>,
    spending: Spending,
    /// Locked while the task runs; it may be started again.
    findings: AsyncMutex<mpsc::UnboundedReceiver<Finding>>,
    /// Kept as well: what this process told itself it must not hear as another's.
    traffic: AsyncMutex<TrafficStream>,
    roster: watch::Receiver<Arc<Roster>>,
    stopping: watch::Receiver<bool>,
    has_stepped_down: watch::Sender<bool>,
    leadership: watch::Sender<Option<Leadership>>,
}

/// What all who probe work with.
#[derive(Clone)]
pub(super) struct Links {
    pub(super) state: Arc<State>,
    pub(super) terms: watch::Receiver<Arc<Terms>>,
    pub(super) budget: Arc<Mutex<Budget>>,
    pub(super) probing: Arc<Probing>,
    pub(super) roster: watch::Receiver<Arc<Roster>>,
    pub(super) stopping: watch::Receiver<bool>,
}

impl Sharing {
    /// Shares what is found; tells through `has_stepped_down` that the lead was given back.
    pub(super) fn new(
        config: &Config,
        connector: Connector,
        links: Links,
        findings: mpsc::UnboundedReceiver<Finding>,
        has_stepped_down: watch::Sender<bool>,
    ) -> Self {
        let Links { state, terms, budget, probing, roster, stopping } = links;
        let namespace = config.redis.namespace.clone();
        let prefix = config.redis.replica_prefix();
        let most = config.limits.deployments.saturating_mul(ENTRIES_PER_DEPLOYMENT).max(ENTRIES_PER_DEPLOYMENT);
        let settings = Settings {
            prefix: prefix.clone(),
            lease_time: config.redis.lease,
            history: history_of_probes(&config.health),
            max_entries: most,
        };
        state.gather_news();
        // Until it is known what other replicas spent.
        budget.lock().suspend();
        let history = history_of_requests(&config.health);
        Self {
            connector,
            namespace,
            traffic: AsyncMutex::new(TrafficStream::new(&settings, ReplicaId::of_this_process(), history)),
            settings,
            terms,
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
        let role = if self.has_probes() { Leadership::Unreachable { since } } else { Leadership::Follower };
        self.leadership.send_replace(Some(role));
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
        let mut session = Session::new(&self, self.traffic.lock().await);
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

impl Sharing {
    /// This replica, as one that has not asked for the lead yet.
    fn candidate(&self, now: Instant) -> Replica {
        let history = history_of_probes(&self.terms.borrow().config.health);
        let settings = Settings { history, ..self.settings.clone() };
        Replica::new(&settings, ReplicaId::of_this_process(), now)
    }

    /// Where deployments are not probed, nobody needs to lead.
    fn has_probes(&self) -> bool {
        self.terms.borrow().config.probes.enabled
    }

    fn patience(&self) -> Duration {
        self.terms.borrow().config.dependencies.timeout
    }

    /// How far back what requests said matters now.
    fn history(&self) -> Duration {
        history_of_requests(&self.terms.borrow().config.health)
    }

    /// Who knows of no deployment must not lead those that do.
    fn has_nothing_to_probe(&self) -> bool {
        self.roster.borrow().deployments.is_empty()
    }

    fn is_leading(&self) -> bool {
        matches!(*self.leadership.borrow(), Some(Leadership::Leader { .. }))
    }

    fn take_over(&self, day: UtcDay, total: Usd) {
        let mut budget = self.budget.lock();
        budget.sync(day, total);
        self.probing.note_spent(budget.spent(now()));
    }
}

/// How far back what requests said still matters.
fn history_of_requests(policy: &Policy) -> Duration {
    policy.stale_after.max(policy.window)
}

/// How far back what probes found still matters. One failure alone speaks for `stale_after`, but a verdict rests on several in a row,
/// and while an outage lasts they may be that far apart: with fewer of them a newcomer would think better of a deployment than the
/// others do.
fn history_of_probes(policy: &Policy) -> Duration {
    let in_a_row = policy.failure_threshold.saturating_add(policy.recovery_threshold);
    policy.stale_after.saturating_mul(u32::try_from(in_a_row).unwrap_or(u32::MAX)).min(LONGEST_HISTORY)
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
