//! What a probe of ours found out.

use std::time::Duration;

use super::{ErrorKind, Timestamp, Usd};

/// How much a probe asks of a deployment, from the cheapest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProbeLevel {
    /// A connection: DNS, TCP and, where the address wants it, TLS.
    Connect,
    /// The provider's list of models. Not billed.
    Models,
    /// A short answer. Billed.
    Completion,
    /// The embedding of one word. Billed.
    Embedding,
    /// A ranking of two words. Billed.
    Rerank,
}

impl ProbeLevel {
    /// Every level, in the order of the metrics.
    pub const ALL: [Self; 5] = [Self::Connect, Self::Models, Self::Completion, Self::Embedding, Self::Rerank];

    /// The label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Models => "models",
            Self::Completion => "completion",
            Self::Embedding => "embedding",
            Self::Rerank => "rerank",
        }
    }

    /// Whether the provider sends a bill for it. A billed probe proves that the model answers, as a request does; the others prove
    /// that it can be reached.
    #[must_use]
    pub const fn is_billed(self) -> bool {
        matches!(self, Self::Completion | Self::Embedding | Self::Rerank)
    }

    /// The place of this level in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// What one probe of one deployment found out.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeOutcome {
    /// How much was asked, in the end: a server without a list of models falls back to [`ProbeLevel::Connect`].
    pub level: ProbeLevel,
    /// When the answer was there.
    pub at: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// Whether the deployment answered as it should.
    pub result: Result<(), ProbeFailure>,
    /// How long the first token took, of a stream.
    pub time_to_first_token: Option<Duration>,
    /// What a billed probe used.
    pub usage: Option<ProbeUsage>,
    /// How long the provider asked not to be asked again.
    pub retry_after: Option<Duration>,
}

/// Why a probe failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeFailure {
    /// What kind of failure: one of [`ErrorKind::OF_PROBES`].
    pub kind: ErrorKind,
    /// What happened, in words. May hold secrets until it is redacted.
    pub message: String,
}

/// What a billed probe used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeUsage {
    /// Tokens in and out. Where the provider told none, the most that there can have been.
    pub tokens: u64,
    /// What they cost.
    pub cost: Usd,
}

/// Why a deployment whose turn it was has not been probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkipReason {
    /// Real traffic was answered just now.
    FreshTraffic,
    /// A billed probe was wanted and the day's budget is used up. A cheaper one was sent instead.
    Budget,
    /// The operator switched probes of it off.
    Disabled,
    /// Another replica probes for all.
    NotLeader,
    /// It is a pattern for many models, or nothing is known that could be asked.
    NotProbeable,
}

impl SkipReason {
    /// Every reason, in the order of the metric.
    pub const ALL: [Self; 5] = [Self::FreshTraffic, Self::Budget, Self::Disabled, Self::NotLeader, Self::NotProbeable];

    /// The label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FreshTraffic => "fresh_traffic",
            Self::Budget => "budget",
            Self::Disabled => "disabled",
            Self::NotLeader => "not_leader",
            Self::NotProbeable => "not_probeable",
        }
    }

    /// The place of this reason in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}
