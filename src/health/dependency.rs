//! The verdict on one dependency.

use std::sync::Arc;
use std::time::Duration;

use crate::event::Timestamp;
use crate::state::{Dependency, DependencyFacts, Fleet};

/// Whether a dependency is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DependencyState {
    /// The latest check was answered, and not long ago.
    Connected,
    /// It was not, or none was made yet.
    Disconnected,
    /// Nobody said where it is.
    NotConfigured,
}

impl DependencyState {
    /// The status in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::NotConfigured => "not_configured",
        }
    }
}

/// The verdict on one dependency, and the evidence behind it.
#[derive(Debug, Clone)]
pub struct DependencyReport {
    /// Which.
    pub dependency: Dependency,
    /// The verdict.
    pub state: DependencyState,
    /// When it was last checked.
    pub checked_at: Option<Timestamp>,
    /// How long the latest check took, answered or not.
    pub latency: Option<Duration>,
    /// When it last answered.
    pub last_success_at: Option<Timestamp>,
    /// Why it last did not, kept after recovery.
    pub last_error: Option<Arc<str>>,
}

impl DependencyReport {
    /// The verdicts on all of them, in the order of [`Dependency::ALL`].
    pub(super) fn all(fleet: &Fleet) -> [Self; Dependency::ALL.len()] {
        Dependency::ALL.map(|dependency| Self::new(dependency, &fleet.dependencies[dependency.index()], fleet))
    }

    fn new(dependency: Dependency, facts: &DependencyFacts, fleet: &Fleet) -> Self {
        let holds = |at: Timestamp| !at.is_older_than(fleet.expected.check_holds, fleet.at);
        let state = match facts.latest {
            _ if !fleet.expected.dependencies[dependency.index()] => DependencyState::NotConfigured,
            Some(latest) if latest.answered && holds(latest.at) => DependencyState::Connected,
            _ => DependencyState::Disconnected,
        };
        Self {
            dependency,
            state,
            checked_at: facts.latest.map(|latest| latest.at),
            latency: facts.latest.map(|latest| latest.latency),
            last_success_at: facts.last_success_at,
            last_error: facts.last_error.clone(),
        }
    }

    /// Whether it is there; `None` where nobody said where.
    #[must_use]
    pub fn is_up(&self) -> Option<bool> {
        match self.state {
            DependencyState::Connected => Some(true),
            DependencyState::Disconnected => Some(false),
            DependencyState::NotConfigured => None,
        }
    }

    /// Why it is not there; `None` where it is, or nobody asked yet, or it answered the latest check and that was long ago.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        let has_failed = self.state == DependencyState::Disconnected && self.checked_at > self.last_success_at;
        self.last_error.as_deref().filter(|_| has_failed)
    }
}

#[cfg(test)]
#[path = "dependency/tests.rs"]
mod tests;
