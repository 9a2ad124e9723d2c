//! Who commits, as everybody else sees it.

#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::committing::Committing;
use super::progress::Progress;
use super::{NotDurable, Store, Write};
use crate::own::StorageFacts;

/// The thread that commits what changes. It ends with the last clone of this, after a last commit.
#[derive(Debug, Clone)]
pub struct Committer {
    handle: Arc<Handle>,
}

#[derive(Debug)]
struct Handle {
    progress: Arc<Progress>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.progress.stop();
    }
}

impl Committer {
    /// Starts the thread: SQLite blocks. It calls `take_changes` before each commit, for everything that changed since the last call, and
    /// commits every `interval` if anything did; how that goes is noted in `facts`.
    ///
    /// # Errors
    /// When the operating system has no thread left.
    pub fn start(
        store: Store,
        take_changes: impl FnMut() -> Vec<Write> + Send + 'static,
        interval: Duration,
        facts: Arc<StorageFacts>,
    ) -> io::Result<Self> {
        let progress = Arc::new(Progress::new());
        Committing::new(store, take_changes, interval, facts, Arc::clone(&progress)).spawn()?;
        Ok(Self { handle: Arc::new(Handle { progress }) })
    }

    /// Waits until everything that was recorded before this call is durable. Many who wait share one commit.
    ///
    /// # Errors
    /// At once when the commit fails, while commits are failing, and when the thread has ended. What was recorded is not lost by that: it is
    /// tried again.
    pub async fn settled(&self) -> Result<(), NotDurable> {
        self.handle.progress.settled().await
    }

    /// Commits what there is, ends the thread and closes the store. Whoever waits is answered.
    ///
    /// # Errors
    /// When the last commit fails, or the thread broke: what was not committed is lost.
    pub async fn stop(&self) -> Result<(), NotDurable> {
        self.handle.progress.stop();
        self.handle.progress.ended().await
    }
}
