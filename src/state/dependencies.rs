//! What the checks of the database, Redis and the gateway found.

use std::sync::Arc;
use std::time::Duration;

use crate::event::Timestamp;

/// What a gateway depends on, and the gateway itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependency {
    /// Its PostgreSQL.
    Database,
    /// Its Redis.
    Redis,
    /// The gateway.
    Gateway,
}

impl Dependency {
    /// Every dependency, in the order of the metrics.
    pub const ALL: [Self; 3] = [Self::Database, Self::Redis, Self::Gateway];

    /// The label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Redis => "redis",
            Self::Gateway => "gateway",
        }
    }

    /// The place of this dependency in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// When its result was there.
    pub at: Timestamp,
    /// How long that took.
    pub latency: Duration,
    /// Whether the service answered; why not, in words without secrets.
    pub result: Result<(), String>,
}

/// What is known of one dependency.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DependencyFacts {
    /// The latest check.
    pub latest: Option<LatestCheck>,
    /// When it last answered.
    pub last_success_at: Option<Timestamp>,
    /// Why it last did not, kept after recovery.
    pub last_error: Option<Arc<str>>,
}

/// The latest check of a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatestCheck {
    /// When its result was there.
    pub at: Timestamp,
    /// How long that took.
    pub latency: Duration,
    /// Whether the service answered.
    pub answered: bool,
}

impl DependencyFacts {
    pub(super) fn note(&mut self, check: Check) {
        let Check { at, latency, result } = check;
        self.latest = Some(LatestCheck { at, latency, answered: result.is_ok() });
        match result {
            Ok(()) => self.last_success_at = Some(at),
            Err(words) => self.last_error = Some(words.into()),
        }
    }
}
