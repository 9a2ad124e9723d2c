//! The section `storage`, and the closed names its keys take.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use super::UnknownName;

/// What is kept across restarts, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// The folder of the store; without one nothing is kept.
    pub path: Option<PathBuf>,
    /// How often what changed is committed.
    pub interval: Duration,
    /// What waits for a commit.
    pub durability: DurabilityOf,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            path: Some("./data".into()),
            interval: Duration::from_secs(1),
            durability: DurabilityOf { push: Durability::Sync, cursor: Durability::Sync },
        }
    }
}

/// What waits for a commit, by where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurabilityOf {
    /// Events that were pushed: whether the answer waits.
    pub push: Durability,
    /// Events that were read from a place that is remembered: whether reading on waits.
    pub cursor: Durability,
}

/// When something is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Before it is acknowledged.
    Sync,
    /// An interval later at the latest.
    Interval,
}

impl Durability {
    /// What [`FromStr`] takes, for error messages.
    pub const ALLOWED: &str = "sync or interval";

    /// Every choice, from the safest.
    pub const ALL: [Self; 2] = [Self::Sync, Self::Interval];

    /// Returns the choice's name as it is written in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Interval => "interval",
        }
    }
}

impl FromStr for Durability {
    type Err = UnknownName;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|durability| durability.as_str() == given);
        known.ok_or_else(|| UnknownName::new(given, Self::ALLOWED))
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
