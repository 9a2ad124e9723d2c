//! What the exporter knows of itself: the one thing that is no fact about a gateway.

mod configured;
mod handover;
mod in_flight;
mod probing;
mod storage;
mod tasks;
mod traffic;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use parking_lot::Mutex;
use prometheus_client::metrics::counter::Counter;

use crate::event::Timestamp;
use crate::state::LabelSet;

pub use configured::{Configured, ConfiguredFacts};
pub use handover::{Handover, HandoverFacts, HeldUntil, ShareFacts, StartKind};
pub use in_flight::{InFlight, Reservation};
pub use probing::{Probing, ProbingFacts};
pub use storage::{StorageFacts, StorageState, StorageStatus};
pub use tasks::{Round, TaskFacts, Tasks};
pub use traffic::{TRAFFIC_HEADER, Traffic};

/// The exporter's own counts.
#[derive(Debug)]
pub struct OwnMetrics {
    since: Timestamp,
    configured: Configured,
    in_flight: Arc<InFlight>,
    refused: [Counter<u64, AtomicU64>; Refusal::ALL.len()],
    collector_failures: Vec<(&'static str, Counter<u64, AtomicU64>)>,
    last_scrape: Mutex<Option<LastScrape>>,
    tasks: Arc<Tasks>,
    probing: Arc<Probing>,
    storage: Arc<StorageFacts>,
    handover: Arc<Handover>,
    traffic: Traffic,
}

/// What the last scrape took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastScrape {
    /// To copy the state, render and compress it.
    pub duration: Duration,
    /// The size of the body, before compression.
    pub bytes: u64,
}

/// Why the exporter refused a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A push from another machine, and no token is configured.
    NoTokenConfigured,
    /// A push without the token, or with a wrong one.
    Unauthorized,
    /// A push whose body is too large.
    BodyTooLarge,
    /// A push whose body is neither plain nor gzip, or broken gzip.
    BadEncoding,
    /// A push whose body took too long to arrive or broke off.
    BodyIncomplete,
    /// A push whose body is no JSON at all.
    NotJson,
    /// A push, when too many are under way.
    TooManyPushes,
    /// A scrape, when too many are under way.
    TooManyScrapes,
    /// A request that the exporter itself failed at.
    Internal,
}

impl Refusal {
    /// Every reason, in the order of the metric.
    pub const ALL: [Self; 9] = [
        Self::NoTokenConfigured,
        Self::Unauthorized,
        Self::BodyTooLarge,
        Self::BadEncoding,
        Self::BodyIncomplete,
        Self::NotJson,
        Self::TooManyPushes,
        Self::TooManyScrapes,
        Self::Internal,
    ];

    /// The label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoTokenConfigured => "no_token_configured",
            Self::Unauthorized => "unauthorized",
            Self::BodyTooLarge => "body_too_large",
            Self::BadEncoding => "bad_encoding",
            Self::BodyIncomplete => "body_incomplete",
            Self::NotJson => "not_json",
            Self::TooManyPushes => "too_many_pushes",
            Self::TooManyScrapes => "too_many_scrapes",
            Self::Internal => "internal",
        }
    }
}

impl OwnMetrics {
    /// All at zero, for these collectors, with a configuration read at `configured_at` that allows `max_in_flight` bytes of bodies
    /// at once.
    #[must_use]
    pub fn new(
        collectors: impl IntoIterator<Item = &'static str>,
        configured_at: Timestamp,
        max_in_flight: u64,
    ) -> Self {
        Self {
            since: configured_at,
            configured: Configured::new(configured_at),
            in_flight: InFlight::new(max_in_flight),
            refused: Default::default(),
            collector_failures: collectors.into_iter().map(|name| (name, Counter::default())).collect(),
            last_scrape: Mutex::new(None),
            tasks: Arc::default(),
            probing: Arc::default(),
            storage: Arc::default(),
            handover: Arc::default(),
            traffic: Traffic::default(),
        }
    }

    /// The same, with what is known of the store.
    #[must_use]
    pub fn with_storage(self, storage: Arc<StorageFacts>) -> Self {
        Self { storage, ..self }
    }

    /// The same, with traffic of this kind.
    #[must_use]
    pub fn with_traffic(self, traffic: Traffic) -> Self {
        Self { traffic, ..self }
    }

    /// Counts a request that was refused.
    pub fn note_refusal(&self, reason: Refusal) {
        self.refused[reason as usize].inc();
    }

    /// How many requests were refused for this reason.
    #[must_use]
    pub fn refused(&self, reason: Refusal) -> u64 {
        self.refused[reason as usize].get()
    }

    /// Remembers what a scrape took, and counts the collectors that are missing from it.
    pub fn note_scrape(&self, scrape: LastScrape, broken: impl IntoIterator<Item = usize>) {
        *self.last_scrape.lock() = Some(scrape);
        for position in broken {
            if let Some((_, failures)) = self.collector_failures.get(position) {
                failures.inc();
            }
        }
    }

    /// What the last scrape took.
    #[must_use]
    pub fn last_scrape(&self) -> Option<LastScrape> {
        *self.last_scrape.lock()
    }

    /// How often each collector broke.
    pub fn collector_failures(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.collector_failures.iter().map(|(name, failures)| (*name, failures.get()))
    }

    /// The bodies that are being received or decoded.
    #[must_use]
    pub const fn in_flight(&self) -> &Arc<InFlight> {
        &self.in_flight
    }

    /// How the background tasks are doing.
    #[must_use]
    pub const fn tasks(&self) -> &Arc<Tasks> {
        &self.tasks
    }

    /// Who probes, and what that may cost.
    #[must_use]
    pub const fn probing(&self) -> &Arc<Probing> {
        &self.probing
    }

    /// No label, for counts that began with the process.
    #[must_use]
    pub fn labels(&self) -> LabelSet {
        LabelSet::default().made_at(Some(self.since))
    }

    /// How the store is doing.
    #[must_use]
    pub const fn storage(&self) -> &Arc<StorageFacts> {
        &self.storage
    }

    /// Whether this replica reads the gateway's database for all.
    #[must_use]
    pub const fn handover(&self) -> &Arc<Handover> {
        &self.handover
    }

    /// Whose traffic everything tells of.
    #[must_use]
    pub const fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// When the configuration was read, and whether it could be used.
    #[must_use]
    pub const fn configured(&self) -> &Configured {
        &self.configured
    }
}
