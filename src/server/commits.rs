//! What waits until it is durable: events before they are acknowledged, and numbers before they are shown.

use std::time::Duration;

use tokio::time::timeout;

use crate::config::{Durability, DurabilityOf};
use crate::storage::{Committer, NotDurable};

/// A scrape waits no longer than this for what it shows to be durable.
const PATIENCE: Duration = Duration::from_secs(1);

/// The store, if there is one, as handlers see it.
#[derive(Debug, Clone)]
pub struct Commits {
    committer: Option<Committer>,
    durability: DurabilityOf,
}

impl Commits {
    /// Commits of this committer; what waits for them `durability` says.
    #[must_use]
    pub const fn new(committer: Option<Committer>, durability: DurabilityOf) -> Self {
        Self { committer, durability }
    }

    /// None: nothing is kept.
    pub(super) const fn none() -> Self {
        Self::new(None, DurabilityOf { push: Durability::Interval, cursor: Durability::Interval })
    }

    /// Waits until what was pushed is durable, where that was asked for.
    ///
    /// # Errors
    /// When the store fails: what was pushed is in memory, and written when the store can be.
    pub(super) async fn of_push(&self) -> Result<(), NotDurable> {
        match &self.committer {
            Some(committer) if self.durability.push == Durability::Sync => committer.settled().await,
            _ => Ok(()),
        }
    }

    /// Waits until rows that were read are durable, and how far that was, where that was asked for. Where the store fails they can be read
    /// again.
    pub async fn of_rows(&self) {
        if let (Some(committer), Durability::Sync) = (&self.committer, self.durability.cursor) {
            _ = committer.settled().await;
        }
    }

    /// Waits until what is about to be shown is durable: a counter that was seen, and is smaller after a restart, would look as if
    /// it had begun anew. A store that fails or hangs is no reason to show nothing.
    pub(super) async fn of_scrape(&self) {
        if let Some(committer) = &self.committer {
            _ = timeout(PATIENCE, committer.settled()).await;
        }
    }

    /// Commits what there is, and closes the store.
    ///
    /// # Errors
    /// When that fails.
    pub async fn stop(&self) -> Result<(), NotDurable> {
        match &self.committer {
            Some(committer) => committer.stop().await,
            None => Ok(()),
        }
    }
}
