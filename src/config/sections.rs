//! The sections of the configuration with their defaults. Plain data: ranges are checked where a
//! value is read (`kind`). `health` is [`Policy`](crate::health::Policy); `models`, `probes`, `sources`, `ledger`, `storage` and
//! `log` have their own files.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::Secret;
use crate::address::{DatabaseAddress, RedisAddress};
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
    /// Whether they count. Otherwise they are evidence of health, limits and budgets, and what is read of the gateway's database counts.
    pub counted: bool,
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
            counted: true,
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
    /// Whether counters and histograms tell when they were made, to those who ask for OpenMetrics.
    pub created: bool,
}

impl Default for Scrape {
    fn default() -> Self {
        Self { max_concurrent: 3, created: false }
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

/// The gateway that is monitored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Where it is, such as `http://litellm:4000`; without one it is neither asked for its models nor checked.
    pub url: Option<Url>,
    /// Its master or admin key, by which it is asked for its models and its version.
    pub api_key: Option<Secret>,
    /// LiteLLM's own configuration file, for the models and for what the gateway does not tell: their keys.
    pub config_file: Option<PathBuf>,
    /// Certificates to trust besides those of the operating system when the gateway is reached over TLS.
    pub ca_file: Option<PathBuf>,
    /// How often the lists of models are read.
    pub models_interval: Duration,
}

impl Default for Gateway {
    fn default() -> Self {
        Self { url: None, api_key: None, config_file: None, ca_file: None, models_interval: Duration::from_mins(1) }
    }
}

/// The gateway's database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Database {
    /// Where it is; without one it is not checked.
    pub url: Option<DatabaseAddress>,
    /// Certificates to trust besides those of the operating system.
    pub ca_file: Option<PathBuf>,
}

/// The gateway's Redis, which replicas of the exporter share too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redis {
    /// Where it is; without one it is not checked, and each replica probes for itself.
    pub url: Option<RedisAddress>,
    /// What stands before the gateway's keys, and a colon; empty where the gateway has no namespace.
    pub namespace: String,
    /// Certificates to trust instead of those of the operating system.
    pub ca_file: Option<PathBuf>,
    /// How long a replica of the exporter probes for all without saying so again.
    pub lease: Duration,
}

impl Default for Redis {
    fn default() -> Self {
        Self { url: None, namespace: String::new(), ca_file: None, lease: Duration::from_secs(15) }
    }
}

impl Redis {
    /// What stands before the keys that replicas of the exporter share.
    #[must_use]
    pub fn replica_prefix(&self) -> String {
        if self.namespace.is_empty() { String::new() } else { format!("{}:", self.namespace) }
    }
}

/// How the database, Redis and the gateway are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependencies {
    /// How often each is.
    pub interval: Duration,
    /// How long one check may take.
    pub timeout: Duration,
}

impl Default for Dependencies {
    fn default() -> Self {
        Self { interval: Duration::from_secs(10), timeout: Duration::from_secs(3) }
    }
}
