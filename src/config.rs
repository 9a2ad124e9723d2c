//! What an operator can set, where it is read from, and what is wrong with it.
//!
//! [`Config::load`] applies five layers in order: the defaults, LiteLLM's own environment (`DATABASE_URL` and its like), a YAML
//! file, the environment (`LLM_EXPORTER__SECTION__KEY`) and the command line's [`Overrides`]. Every key is one row of the
//! table in `keys`; a new setting is a field in `sections` and a row there. Nothing outside this
//! module reads a file or a variable for a setting.

mod changes;
mod error;
mod given;
mod keys;
mod kind;
mod layers;
mod ledger;
mod load;
mod log;
mod names;
mod own_model;
mod probes;
mod proxy;
mod secret;
mod sections;
mod sources;
mod storage;
mod units;

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

pub use self::{
    error::{ConfigError, Mistake, Origin, Problem},
    ledger::Ledger,
    log::{Log, LogFormat, LogLevel},
    names::UnknownName,
    own_model::OwnModel,
    probes::{CompletionProbes, Probes},
    secret::{Secret, SecretFileError},
    sections::{Database, Dependencies, Gateway, Ingest, Labels, Limits, Redis, Scrape, Shutdown},
    sources::{LitellmBudgets, Sources, SpendLogShare, SpendLogs, Start},
    storage::{Durability, DurabilityOf, Storage},
};
use crate::health::Policy;

/// All settings, checked: every value is within its range.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The addresses to serve on; at least one.
    pub listen: Vec<SocketAddr>,
    /// The gateway that is monitored.
    pub gateway: Gateway,
    /// The gateway's database.
    pub database: Database,
    /// The gateway's Redis.
    pub redis: Redis,
    /// Deployments that the operator describes.
    pub models: Vec<OwnModel>,
    /// How pushed events are received.
    pub ingest: Ingest,
    /// Which labels the operator switches on.
    pub labels: Labels,
    /// The most rows that each table holds.
    pub limits: Limits,
    /// By what a deployment's health is judged.
    pub health: Policy,
    /// How deployments are probed.
    pub probes: Probes,
    /// How the database, Redis and the gateway are checked.
    pub dependencies: Dependencies,
    /// What is read of the gateway besides the events that it pushes.
    pub sources: Sources,
    /// How what was counted is compared with what the gateway booked.
    pub ledger: Ledger,
    /// What is kept across restarts, and where.
    pub storage: Storage,
    /// How scrapes are served.
    pub scrape: Scrape,
    /// How the process ends.
    pub shutdown: Shutdown,
    /// What is logged and how.
    pub log: Log,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from((Ipv4Addr::UNSPECIFIED, 4000))],
            gateway: Gateway::default(),
            database: Database::default(),
            redis: Redis::default(),
            models: Vec::new(),
            ingest: Ingest::default(),
            labels: Labels::default(),
            limits: Limits::default(),
            health: Policy::default(),
            probes: Probes::default(),
            dependencies: Dependencies::default(),
            sources: Sources::default(),
            ledger: Ledger::default(),
            storage: Storage::default(),
            scrape: Scrape::default(),
            shutdown: Shutdown::default(),
            log: Log::default(),
        }
    }
}

/// What the command line sets, over everything else.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Replaces `listen` unless it is empty.
    pub listen: Vec<SocketAddr>,
    /// Replaces `log.level`.
    pub log_level: Option<LogLevel>,
    /// Replaces `log.format`.
    pub log_format: Option<LogFormat>,
}

impl Overrides {
    fn apply(self, config: &mut Config) {
        let Self { listen, log_level, log_format } = self;
        if !listen.is_empty() {
            config.listen = listen;
        }
        config.log.level = log_level.unwrap_or(config.log.level);
        config.log.format = log_format.unwrap_or(config.log.format);
    }
}

impl Config {
    /// Reads the settings from `file`, then from the variables in `env`, then from `overrides`. What none of them says of the
    /// gateway, its database and its Redis is taken from LiteLLM's own variables in `env`.
    ///
    /// The environment is a parameter so that a test never changes its process's own.
    ///
    /// # Errors
    ///
    /// Lists every mistake of every layer at once, also of a value that a later layer replaces.
    pub fn load(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
        overrides: Overrides,
    ) -> Result<Self, ConfigError> {
        load::load(file, env, overrides)
    }

    /// The path of every key that can be set, such as `ingest.max_body`.
    pub fn key_paths() -> impl Iterator<Item = &'static str> {
        keys::KEYS.iter().map(|key| key.path)
    }

    /// The paths of the keys that have other values in `other`.
    #[must_use]
    pub fn changed_keys(&self, other: &Self) -> Vec<&'static str> {
        changes::changed(self, other)
    }

    /// Whether the key of this path can change while the exporter runs; a change of any other takes effect with a restart.
    #[must_use]
    pub fn is_live(path: &str) -> bool {
        changes::is_live(path)
    }

    /// Writes the values as a YAML file that loads again, without the secrets: a comment says which are set.
    #[must_use]
    pub fn to_yaml(&self) -> impl fmt::Display + '_ {
        keys::Yaml(self)
    }
}
