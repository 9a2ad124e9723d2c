//! Whether this replica leads, as far as it can know. Pure: the [lease](super::lease) asks Redis.
//!
//! The clock is the process's own monotonic one. What counts is when a request was *sent*: whatever happened to it on its way, the
//! server's lease ends later than the one that is reckoned with here. So there are never two that think they lead, as long as
//! no clock runs much faster than the others and Redis keeps what it was told.

use std::time::{Duration, Instant};

/// Redis may be gone for this many lease times before each replica probes for itself.
const LEASES_UNTIL_ALONE: u32 = 2;

/// Whether this replica probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leadership {
    /// It probes for all.
    Leader {
        /// The number of its lease.
        fence: u64,
        /// When it stops to lead if the lease is not renewed. Whoever probes later than that must ask again.
        until: Instant,
    },
    /// Another replica probes, or will within a lease time.
    Follower,
    /// Redis doesn't answer, and the last leader may still probe.
    Unreachable {
        /// Since when.
        since: Instant,
    },
    /// Redis has not answered for so long that each replica probes for itself.
    Alone {
        /// Since when Redis doesn't answer.
        since: Instant,
    },
}

impl Leadership {
    /// Whether a probe may be sent now.
    #[must_use]
    pub fn probes(self, now: Instant) -> bool {
        match self {
            Self::Leader { until, .. } => now < until,
            Self::Alone { .. } => true,
            Self::Follower | Self::Unreachable { .. } => false,
        }
    }

    /// The word for it in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Leader { .. } => "leader",
            Self::Follower => "follower",
            Self::Unreachable { .. } => "unreachable",
            Self::Alone { .. } => "alone",
        }
    }
}

/// What came of asking Redis for the lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// The lease is ours now.
    Acquired {
        /// Its number.
        fence: u64,
    },
    /// The lease is another's.
    Taken,
    /// The lease is still ours.
    Renewed,
    /// The lease is ours no more.
    Lost,
    /// Redis didn't say.
    Failed,
}

/// What a replica knows about its lease, and about Redis.
#[derive(Debug)]
pub(super) struct Candidacy {
    lease_time: Duration,
    held: Option<Held>,
    unanswered_since: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    fence: u64,
    until: Instant,
}

impl Candidacy {
    /// A replica that has not asked yet, and therefore does not know whether Redis is there.
    pub(super) fn new(lease_time: Duration, now: Instant) -> Self {
        Self { lease_time, held: None, unanswered_since: Some(now) }
    }

    /// Notes what came of the attempt that was sent at `sent_at`.
    pub(super) fn note(&mut self, sent_at: Instant, attempt: Attempt) {
        let until = sent_at + self.lease_time;
        match attempt {
            Attempt::Acquired { fence } => self.held = Some(Held { fence, until }),
            Attempt::Renewed => self.held = self.held.map(|held| Held { until, ..held }),
            Attempt::Taken | Attempt::Lost => self.held = None,
            Attempt::Failed => {
                self.unanswered_since.get_or_insert(sent_at);
                return;
            }
        }
        self.unanswered_since = None;
    }

    /// The number of the lease, while it holds.
    pub(super) fn fence(&self, now: Instant) -> Option<u64> {
        self.held.filter(|held| now < held.until).map(|held| held.fence)
    }

    /// Whether this replica leads now.
    pub(super) fn leadership(&self, now: Instant) -> Leadership {
        if let Some(Held { fence, until }) = self.held.filter(|held| now < held.until) {
            return Leadership::Leader { fence, until };
        }
        let Some(since) = self.unanswered_since else { return Leadership::Follower };
        if now.saturating_duration_since(since) > self.lease_time * LEASES_UNTIL_ALONE {
            Leadership::Alone { since }
        } else {
            Leadership::Unreachable { since }
        }
    }
}

#[cfg(test)]
#[path = "leadership/tests.rs"]
mod tests;
