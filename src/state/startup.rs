//! What has been reached once since the start.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{Dependency, Expected};

/// What has been reached once. Latched: what is lost again later is no reason to send everybody elsewhere.
///
/// Not behind the state's lock: readiness must be told at once, whatever is being copied.
#[derive(Debug)]
pub struct Startup {
    database: AtomicBool,
    router: AtomicBool,
}

impl Startup {
    pub(super) fn new(expected: &Expected) -> Self {
        let is_any_list = expected.lists.contains(&true);
        Self {
            database: AtomicBool::new(!expected.dependencies[Dependency::Database.index()]),
            router: AtomicBool::new(!is_any_list),
        }
    }

    /// Whether the database was reached, or none is configured.
    #[must_use]
    pub fn is_database_initialized(&self) -> bool {
        self.database.load(Ordering::Relaxed)
    }

    /// Whether a list of models was read, or none is configured.
    #[must_use]
    pub fn is_router_initialized(&self) -> bool {
        self.router.load(Ordering::Relaxed)
    }

    pub(super) fn note_dependency(&self, dependency: Dependency) {
        if dependency == Dependency::Database {
            self.database.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn note_list(&self) {
        self.router.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
#[path = "startup/tests.rs"]
mod tests;
