//! Who probes, and what billed probes may still cost today.

use std::time::Duration;

use parking_lot::Mutex;

use crate::event::Usd;

/// What the exporter knows of its own probing.
#[derive(Debug, Default)]
pub struct Probing {
    facts: Mutex<ProbingFacts>,
}

/// The same at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ProbingFacts {
    /// Whether this exporter probes and not another replica; `None` where nobody does.
    pub probes_itself: Option<bool>,
    /// How often each deployment is probed, by whichever replica; `None` where probes are switched off.
    pub interval: Option<Duration>,
    /// What billed probes may cost in a day; `None` where none are sent.
    pub budget: Option<Usd>,
    /// What they cost today.
    pub spent: Usd,
}

impl Probing {
    pub(crate) fn note_probes_itself(&self, probes_itself: Option<bool>) {
        self.facts.lock().probes_itself = probes_itself;
    }

    pub(crate) fn note_interval(&self, interval: Option<Duration>) {
        self.facts.lock().interval = interval;
    }

    pub(crate) fn note_budget(&self, budget: Option<Usd>) {
        self.facts.lock().budget = budget;
    }

    pub(crate) fn note_spent(&self, spent: Usd) {
        self.facts.lock().spent = spent;
    }

    /// As of now.
    #[must_use]
    pub fn facts(&self) -> ProbingFacts {
        *self.facts.lock()
    }
}
