//! What all handlers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use parking_lot::RwLock;
use tokio::sync::Semaphore;

use super::{Commits, Reloads};
use crate::collectors::Collector;
use crate::config::{Scrape, Secret};
use crate::event::Timestamp;
use crate::exposition::Created;
use crate::health::{Policy, Readiness, Report};
use crate::own::{OwnMetrics, StorageFacts, Traffic};
use crate::sink::Sink;
use crate::state::{Fleet, State};

/// More decoders than this gain nothing: they are busy with the processor, not waiting.
const DECODERS: usize = 2;

/// What all handlers share.
#[derive(Debug)]
pub struct Shared {
    pub(super) state: Arc<State>,
    pub(super) sink: Arc<Sink>,
    policy: RwLock<Policy>,
    pub(super) own: OwnMetrics,
    pub(super) collectors: Vec<Box<dyn Collector>>,
    pub(super) ingest: IngestRules,
    pub(super) decoders: Arc<Semaphore>,
    pub(super) scrapes: Arc<Semaphore>,
    pub(super) created: Created,
    pub(super) commits: Commits,
    pub(super) reloads: Reloads,
    pub(super) has_warned_of_pushes: AtomicBool,
    is_draining: AtomicBool,
}

/// Who may push, and how much.
#[derive(Debug)]
pub struct IngestRules {
    /// What a push from another machine must show; without one only this machine may push. It may change.
    pub token: RwLock<Option<Secret>>,
    /// The largest body, in bytes, also after decompression.
    pub max_body: u64,
    /// The most bytes of bodies that are being received or wait to be decoded.
    pub max_in_flight: u64,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
}

impl Shared {
    /// Puts together what handlers need.
    #[must_use]
    pub fn new(
        state: Arc<State>,
        sink: Arc<Sink>,
        policy: Policy,
        ingest: IngestRules,
        scrape: &Scrape,
        configured_at: Timestamp,
    ) -> Self {
        let collectors = crate::collectors::all();
        Self {
            state,
            sink,
            policy: RwLock::new(policy),
            own: OwnMetrics::new(
                collectors.iter().map(|collector| collector.name()),
                configured_at,
                ingest.max_in_flight,
            ),
            collectors,
            ingest,
            decoders: Arc::new(Semaphore::new(DECODERS)),
            created: if scrape.created { Created::Told } else { Created::LeftOut },
            scrapes: Arc::new(Semaphore::new(scrape.max_concurrent)),
            commits: Commits::none(),
            reloads: Reloads::none(),
            has_warned_of_pushes: AtomicBool::new(false),
            is_draining: AtomicBool::new(false),
        }
    }

    /// The same, with what it holds kept in a store, of which `facts` tell.
    #[must_use]
    pub fn with_store(self, commits: Commits, facts: Arc<StorageFacts>) -> Self {
        Self { commits, own: self.own.with_storage(facts), ..self }
    }

    /// The same, for traffic of this kind.
    #[must_use]
    pub fn with_traffic(self, traffic: Traffic) -> Self {
        Self { own: self.own.with_traffic(traffic), ..self }
    }

    /// The same, where the configuration can be read again.
    #[must_use]
    pub fn with_reloads(self, reloads: Reloads) -> Self {
        Self { reloads, ..self }
    }

    /// From now on this is the policy, and this the token that pushes from other machines must show.
    pub fn change(&self, policy: Policy, token: Option<Secret>) {
        *self.policy.write() = policy;
        *self.ingest.token.write() = token;
    }

    /// The store.
    #[must_use]
    pub const fn commits(&self) -> &Commits {
        &self.commits
    }

    /// The one state.
    #[must_use]
    pub const fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// The one door into it.
    #[must_use]
    pub const fn sink(&self) -> &Arc<Sink> {
        &self.sink
    }

    /// What the exporter knows of itself.
    #[must_use]
    pub const fn own(&self) -> &OwnMetrics {
        &self.own
    }

    /// From now on the exporter says that it is not ready.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    pub(super) fn readiness(&self) -> Readiness {
        Readiness::new(self.is_draining.load(Ordering::Relaxed), self.state.startup())
    }

    /// By what verdicts are made.
    pub(super) fn policy(&self) -> Policy {
        *self.policy.read()
    }

    /// The facts that verdicts are made from, as of now.
    pub(super) fn fleet(&self) -> Fleet {
        self.state.fleet(now())
    }

    /// The verdicts on `fleet`.
    pub(super) fn report(&self, fleet: &Fleet) -> Report {
        Report::new(fleet, &self.policy(), self.readiness())
    }
}

/// The one place where handlers read the clock.
pub(super) fn now() -> Timestamp {
    SystemTime::now().into()
}
