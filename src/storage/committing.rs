//! The thread that commits: when, what, and what becomes of a commit that fails.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::pending::Pending;
use super::progress::Progress;
use super::{FailureKind, NotDurable, Store, StoreError, Write};
use crate::own::StorageFacts;

/// A disk that fails is tried at least this often.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What the thread works with.
pub(super) struct Committing<F> {
    store: Store,
    take_changes: F,
    interval: Duration,
    facts: Arc<StorageFacts>,
    progress: Arc<Progress>,
    pending: Pending,
    /// Until the next try, while commits fail.
    pause: Option<Duration>,
}

impl<F: FnMut() -> Vec<Write> + Send + 'static> Committing<F> {
    pub(super) fn new(
        store: Store,
        take_changes: F,
        interval: Duration,
        facts: Arc<StorageFacts>,
        progress: Arc<Progress>,
    ) -> Self {
        Self { store, take_changes, interval, facts, progress, pending: Pending::default(), pause: None }
    }

    /// Runs in a thread of its own until it is to stop. A panic ends it too, and then nobody waits for it any longer.
    pub(super) fn spawn(self) -> io::Result<()> {
        let (progress, facts) = (Arc::clone(&self.progress), Arc::clone(&self.facts));
        let named = thread::Builder::new().name("storage".to_owned());
        let run = move || {
            // The store is closed with its owner, before anybody hears of the end.
            let outcome = catch_unwind(AssertUnwindSafe(|| self.run())).unwrap_or_else(|_| Err(broken(&facts)));
            progress.end(outcome);
        };
        named.spawn(run).map(drop)
    }

    fn run(mut self) -> Result<(), NotDurable> {
        let mut answered = 0;
        loop {
            let deadline = Instant::now() + self.pause.unwrap_or(self.interval);
            let wishes = self.progress.wait(answered, deadline);
            // Everyone who has a ticket by now has recorded before, so what they recorded is among the changes.
            let outcome = self.round();
            answered = wishes.drawn;
            self.progress.publish(answered, outcome.clone());
            if wishes.stop {
                return outcome;
            }
        }
    }

    /// Commits what changed, with what could not be committed before.
    fn round(&mut self) -> Result<(), NotDurable> {
        (self.take_changes)().into_iter().for_each(|write| self.pending.add(write));
        let outcome = if self.pending.is_empty() { Ok(()) } else { self.commit() };
        self.facts.note_pending(self.pending.len());
        self.facts.note_space(self.store.size_bytes(), self.store.free_bytes());
        outcome
    }

    fn commit(&mut self) -> Result<(), NotDurable> {
        let started = Instant::now();
        match self.store.commit_all(self.pending.changes()) {
            Ok(()) => {
                self.succeeded(started.elapsed());
                Ok(())
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn succeeded(&mut self, took: Duration) {
        self.facts.note_commit(took, SystemTime::now().into());
        if self.pause.take().is_some() {
            tracing::info!(writes = self.pending.len(), "the store can be written again: nothing was lost");
        }
        self.pending.clear();
    }

    fn failed(&mut self, error: &StoreError) -> NotDurable {
        let words = error.to_string();
        self.facts.note_failure(error.kind(), &words, SystemTime::now().into());
        if self.pause.is_none() {
            let pending = self.pending.len();
            tracing::warn!(%error, pending, "the store can't be written: what changes is kept in memory, and tried again");
        }
        let next = self.pause.map_or(self.interval, |pause| pause.saturating_mul(2));
        self.pause = Some(next.min(LONGEST_PAUSE));
        NotDurable::new(error.kind(), words)
    }
}

/// Notes that the thread panicked.
fn broken(facts: &StorageFacts) -> NotDurable {
    let words = "the thread that commits broke: nothing is kept any more until the exporter is started again";
    facts.note_failure(FailureKind::Internal, words, SystemTime::now().into());
    tracing::error!("{words}");
    NotDurable::new(FailureKind::Internal, words)
}
