//! How the background tasks are doing.

use std::collections::BTreeMap;
use std::time::Duration;

use parking_lot::Mutex;

use crate::event::Timestamp;

/// What is known of each background task, by its name.
#[derive(Debug, Default)]
pub struct Tasks {
    facts: Mutex<BTreeMap<&'static str, TaskFacts>>,
}

/// What is known of one background task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TaskFacts {
    /// How often it broke and was started again.
    pub restarts: u64,
    /// Rounds that went well.
    pub succeeded: u64,
    /// Rounds that did not.
    pub failed: u64,
    /// How long the latest round took.
    pub last_duration: Option<Duration>,
    /// When a round last went well.
    pub last_success_at: Option<Timestamp>,
}

/// How a round of a task went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// Well.
    Succeeded,
    /// Not well; the next may.
    Failed,
}

impl Round {
    /// Both, in the order of the metric.
    pub const ALL: [Self; 2] = [Self::Succeeded, Self::Failed];

    /// The label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "ok",
            Self::Failed => "failed",
        }
    }
}

impl Tasks {
    /// Notes that there is a task of this name.
    pub(crate) fn note_start(&self, task: &'static str) {
        self.facts.lock().entry(task).or_default();
    }

    /// Notes that it broke and is started again.
    pub(crate) fn note_restart(&self, task: &'static str) {
        self.facts.lock().entry(task).or_default().restarts += 1;
    }

    /// Notes how a round of it went.
    pub(crate) fn note_round(&self, task: &'static str, round: Round, took: Duration, now: Timestamp) {
        let mut facts = self.facts.lock();
        let facts = facts.entry(task).or_default();
        facts.last_duration = Some(took);
        match round {
            Round::Succeeded => {
                facts.succeeded += 1;
                facts.last_success_at = Some(now);
            }
            Round::Failed => facts.failed += 1,
        }
    }

    /// Every task, by name.
    #[must_use]
    pub fn all(&self) -> Vec<(&'static str, TaskFacts)> {
        self.facts.lock().iter().map(|(name, facts)| (*name, *facts)).collect()
    }
}
