//! The sections of the configuration with their defaults. Plain data: ranges are checked where a
//! value is read (`kind`). `health` is [`Policy`](crate::health::Policy), `log` has its own file.

use std::time::Duration;

use super::Secret;
use crate::event::ConsumerLabel;

/// How pushed events are received.
#[derive(Debug, Clone, PartialEq)]
pub struct Ingest {
    /// What a pusher must present as bearer token; without one only loopback may push.
    pub token: Option<Secret>,
    /// The largest body that is taken, in bytes after decompression.
    pub max_body: u64,
    /// The most bytes of bodies that are received or wait to be decoded at once; who sends more is told to come back later.
    /// What is just being unpacked, two bodies of `max_body` at most, counts too and may be beyond it.
    pub max_in_flight: u64,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How many events are remembered to recognise one that is sent again.
    pub dedupe_window: usize,
}

impl Default for Ingest {
    fn default() -> Self {
        Self {
            token: None,
            max_body: 64 << 20,
            max_in_flight: 256 << 20,
            body_timeout: Duration::from_secs(30),
            dedupe_window: 1_000_000,
        }
    }
}

/// Which labels the operator switches on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels {
    /// The labels of the `llm_consumer_*` counters; their label names differ.
    pub consumer: Vec<ConsumerLabel>,
}

/// The most rows that each table holds; what comes later is summed in a row `other`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Rows of deployments.
    pub deployments: usize,
    /// Rows of public model names.
    pub models: usize,
    /// Rows of callers.
    pub consumers: usize,
    /// Rows of budgets.
    pub budgets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { deployments: 2_000, models: 1_000, consumers: 10_000, budgets: 10_000 }
    }
}

/// How scrapes are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scrape {
    /// How many scrapes are rendered or sent at once; more are told to come back later.
    pub max_concurrent: usize,
}

impl Default for Scrape {
    fn default() -> Self {
        Self { max_concurrent: 3 }
    }
}

/// How the process ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shutdown {
    /// How long the exporter goes on accepting after a signal, while it says that it is not ready. The grace ends it too.
    pub delay: Duration,
    /// How long requests in flight may take to finish after a signal; zero cuts them off.
    pub grace: Duration,
}

impl Default for Shutdown {
    fn default() -> Self {
        // Kubernetes kills 30 s after the signal: leave it five to spare.
        Self { delay: Duration::from_secs(1), grace: Duration::from_secs(25) }
    }
}
