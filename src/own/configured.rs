//! When the configuration was read, and whether what was read is in use.

use parking_lot::Mutex;

use crate::event::Timestamp;

/// What is known of the configuration.
#[derive(Debug)]
pub struct Configured {
    facts: Mutex<ConfiguredFacts>,
}

/// The same at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfiguredFacts {
    /// Whether the configuration that was last read is the one in use.
    pub is_latest: bool,
    /// When the one in use was read.
    pub read_at: Timestamp,
}

impl Configured {
    /// The one that was read at `read_at` is in use.
    #[must_use]
    pub const fn new(read_at: Timestamp) -> Self {
        Self { facts: Mutex::new(ConfiguredFacts { is_latest: true, read_at }) }
    }

    /// The one that was read at `read_at` is in use from now on.
    pub(crate) fn note_use(&self, read_at: Timestamp) {
        *self.facts.lock() = ConfiguredFacts { is_latest: true, read_at };
    }

    /// One was read, or was to be, that can't be used.
    pub(crate) fn note_refusal(&self) {
        self.facts.lock().is_latest = false;
    }

    /// As of now.
    #[must_use]
    pub fn facts(&self) -> ConfiguredFacts {
        *self.facts.lock()
    }
}
