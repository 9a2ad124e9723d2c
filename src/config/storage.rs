//! The section `storage`, and the closed names its keys take.

use std::{path::PathBuf, time::Duration};

use super::names::named;

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

named!(Durability: Sync = "sync", Interval = "interval");
