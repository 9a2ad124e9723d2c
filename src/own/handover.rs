//! Whether this replica reads the gateway's database for all, and whether it can hand over what it has read.

use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;

/// What the exporter knows of its own part among the replicas that may read the gateway's database.
#[derive(Debug, Default)]
pub struct Handover {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    is_candidate: bool,
    held: Option<Arc<HeldUntil>>,
    takeovers: [u64; StartKind::ALL.len()],
    share: Option<ShareFacts>,
}

/// Until when a replica may think that it is the one that reads, unless it hears otherwise.
#[derive(Debug)]
pub struct HeldUntil(Mutex<Option<Instant>>);

impl HeldUntil {
    /// Until this moment, at first.
    #[must_use]
    pub const fn new(until: Instant) -> Self {
        Self(Mutex::new(Some(until)))
    }

    /// Puts it off, unless it is over for good.
    pub fn extend(&self, until: Instant) {
        if let Some(held) = &mut *self.0.lock() {
            *held = until.max(*held);
        }
    }

    /// It is over.
    pub fn end(&self) {
        *self.0.lock() = None;
    }

    /// Whether it holds at this moment.
    #[must_use]
    pub fn holds(&self, now: Instant) -> bool {
        self.0.lock().is_some_and(|until| now < until)
    }
}

/// From where a replica reads that takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartKind {
    /// From where it stopped itself.
    Own,
    /// From where the holder before it stopped.
    Shared,
    /// From the moment of the take-over: what came before and was not read is missing.
    Now,
}

impl StartKind {
    /// Every kind, in the order of the metric.
    pub const ALL: [Self; 3] = [Self::Own, Self::Shared, Self::Now];

    /// The label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Shared => "shared",
            Self::Now => "now",
        }
    }
}

/// What is known of where replicas share how far they have read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShareFacts {
    /// What it is: the label value.
    pub kind: &'static str,
    /// Whether it could be written or read the last time.
    pub up: bool,
}

/// All of it, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandoverFacts {
    /// Whether this replica reads and not another; `None` where it is not told to.
    pub active: Option<bool>,
    /// How often it took over, by the place of its [`StartKind`].
    pub takeovers: [u64; StartKind::ALL.len()],
    /// Where it is shared how far it has read; `None` where it is not, or before it was tried.
    pub share: Option<ShareFacts>,
}

impl Handover {
    pub(crate) fn note_candidate(&self) {
        self.known.lock().is_candidate = true;
    }

    pub(crate) fn note_held(&self, held: &Arc<HeldUntil>) {
        self.known.lock().held = Some(Arc::clone(held));
    }

    pub(crate) fn note_takeover(&self, start: StartKind) {
        self.known.lock().takeovers[start as usize] += 1;
    }

    /// Returns what was known before.
    pub(crate) fn note_share(&self, share: ShareFacts) -> Option<ShareFacts> {
        self.known.lock().share.replace(share)
    }

    /// As of now.
    #[must_use]
    pub fn facts(&self) -> HandoverFacts {
        let Known { is_candidate, held, takeovers, share } = &*self.known.lock();
        let holds = held.as_ref().is_some_and(|held| held.holds(Instant::now()));
        HandoverFacts { active: is_candidate.then_some(holds), takeovers: *takeovers, share: *share }
    }
}
