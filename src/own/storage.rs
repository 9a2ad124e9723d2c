//! How the store is doing.

use std::time::Duration;

use parking_lot::Mutex;

use crate::event::Timestamp;
use crate::storage::{FailureKind, OpenError, Opened, SetAsideReason};

/// What the exporter knows of its own store.
#[derive(Debug, Default)]
pub struct StorageFacts {
    status: Mutex<StorageStatus>,
}

/// The same at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StorageStatus {
    /// Whether it can be written.
    pub state: StorageState,
    /// Commits that went well.
    pub commits: u64,
    /// Commits, and attempts to open the store, that failed, by kind.
    pub failures: [u64; FailureKind::ALL.len()],
    /// When a commit last went well.
    pub last_commit_at: Option<Timestamp>,
    /// How long that one took.
    pub last_duration: Option<Duration>,
    /// Changes that are kept in memory because they could not be committed.
    pub pending: u64,
    /// How large the store is on disk, in bytes.
    pub size_bytes: Option<u64>,
    /// How many bytes its file system has left.
    pub free_bytes: Option<u64>,
    /// Stores that were set aside, by reason.
    pub set_aside: [u64; SetAsideReason::ALL.len()],
}

/// Whether the store can be written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StorageState {
    /// None is wanted.
    #[default]
    Off,
    /// The latest commit went well, or there was none since the store was opened.
    Up,
    /// It could not be opened, or the latest commit failed.
    Failing {
        /// What kind of trouble it has.
        kind: FailureKind,
        /// The latest error in words.
        error: String,
        /// When it began.
        since: Timestamp,
    },
}

impl StorageFacts {
    /// Notes that the store was opened, and whether one before it was set aside; or that it could not be.
    pub fn note_open(&self, opened: &Result<Opened, OpenError>, now: Timestamp) {
        match opened {
            Ok(Opened { store, set_aside }) => {
                self.note_space(store.size_bytes(), store.free_bytes());
                let mut status = self.status.lock();
                status.state = StorageState::Up;
                if let Some(set_aside) = set_aside {
                    status.set_aside[set_aside.reason.index()] += 1;
                }
            }
            Err(error) => self.note_failure(error.kind(), &error.to_string(), now),
        }
    }

    /// Notes a commit that went well.
    pub(crate) fn note_commit(&self, took: Duration, now: Timestamp) {
        let mut status = self.status.lock();
        status.state = StorageState::Up;
        status.commits += 1;
        status.last_commit_at = Some(now);
        status.last_duration = Some(took);
    }

    /// Notes that the store could not be opened, read or written.
    pub(crate) fn note_failure(&self, kind: FailureKind, error: &str, now: Timestamp) {
        let mut status = self.status.lock();
        status.failures[kind.index()] += 1;
        let since = match status.state {
            StorageState::Failing { since, .. } => since,
            StorageState::Off | StorageState::Up => now,
        };
        status.state = StorageState::Failing { kind, error: error.to_owned(), since };
    }

    /// Notes how many changes could not be committed yet.
    pub(crate) fn note_pending(&self, writes: usize) {
        self.status.lock().pending = u64::try_from(writes).unwrap_or(u64::MAX);
    }

    /// Notes how large the store is, and how much room there is.
    pub(crate) fn note_space(&self, size_bytes: u64, free_bytes: Option<u64>) {
        let mut status = self.status.lock();
        status.size_bytes = Some(size_bytes);
        status.free_bytes = free_bytes;
    }

    /// As of now.
    #[must_use]
    pub fn status(&self) -> StorageStatus {
        self.status.lock().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_lasts_from_its_first_failure_to_the_next_commit() {
        let [began, later] = [1, 2].map(Timestamp::from_micros);
        let facts = StorageFacts::default();
        assert_eq!(facts.status().state, StorageState::Off);
        facts.note_failure(FailureKind::Full, "no room", began);
        facts.note_failure(FailureKind::Io, "no disk", later);
        let failing = StorageState::Failing { kind: FailureKind::Io, error: "no disk".to_owned(), since: began };
        assert_eq!(facts.status().state, failing);
        assert_eq!(facts.status().failures, [1, 0, 0, 0, 1, 0]);
        facts.note_commit(Duration::from_millis(1), later);
        assert_eq!((facts.status().state, facts.status().last_commit_at), (StorageState::Up, Some(later)));
    }
}
