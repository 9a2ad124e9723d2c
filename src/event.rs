//! The vocabulary: what a gateway tells about one attempt to answer one request.
//!
//! A [source](crate::sources) builds a [`RequestEvent`], the [sink](crate::sink) passes it on, the
//! [state](crate::state) adds it up. Nothing here does I/O or reads a clock, and nothing here knows a wire
//! format: put what is true of every gateway here, and what is true of one into its source.

mod budget;
mod caller;
mod consumer_label;
mod cost;
mod day;
mod error_kind;
mod hour;
mod key;
mod probe;
mod reach;
mod row_mark;
mod sighting;
mod timestamp;
mod usage;
mod usd;

use std::borrow::Cow;
use std::time::Duration;

pub use budget::{Budget, BudgetScope};
pub use caller::Caller;
pub use consumer_label::{ConsumerLabel, UnknownConsumerLabel};
pub use cost::{Cost, UnpricedReason};
pub use day::UtcDay;
pub use error_kind::{Blame, ErrorKind};
pub use hour::UtcHour;
pub use key::{AttemptKey, CallKey};
pub use probe::{ProbeFailure, ProbeLevel, ProbeOutcome, ProbeUsage, SkipReason};
pub use reach::{Deployment, RateLimits, Reach};
pub use row_mark::RowMark;
pub use sighting::{Sighting, Teller, Twin, Twins};
pub use timestamp::Timestamp;
pub use usage::{InputTokens, OutputTokens, Usage};
pub use usd::Usd;

/// One attempt of a gateway to answer one request.
///
/// A request that was retried or fell back to another model is several attempts of one call.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestEvent<'a> {
    /// What tells this attempt from every other one that the same source tells.
    pub attempt: AttemptKey,
    /// By what another source may tell it.
    pub twins: Twins,
    /// The call that this attempt belongs to, where the gateway says so.
    pub call: Option<CallKey>,
    /// How far the request got: to a deployment, to the cache, or nowhere.
    pub reach: Reach<'a>,
    /// How it ended.
    pub outcome: Outcome<'a>,
    /// When the attempt began.
    pub started_at: Timestamp,
    /// When its last byte was sent or its error was known.
    pub ended_at: Timestamp,
    /// When the first token of a stream arrived; `None` where there was no stream or no token.
    pub first_token_at: Option<Timestamp>,
    /// Whether the answer was, or would have been, a stream.
    pub delivery: Delivery,
    /// The tokens that were used and paid for.
    pub usage: Usage,
    /// What it cost.
    pub cost: Cost,
    /// The gateway's own share of the duration.
    pub gateway_overhead: Option<Duration>,
    /// Who asked.
    pub caller: Caller<'a>,
    /// The budgets of the caller as of this request.
    pub budgets: Vec<Budget<'a>>,
    /// The trace that the request belongs to.
    pub trace_id: Option<Cow<'a, str>>,
    /// How often the gateway had retried before this attempt served the call.
    pub retries: u64,
    /// How many models the gateway had tried in vain before this attempt served the call.
    pub fallbacks: u64,
    /// The model that the gateway had tried first, where it stood in for another and its source tells for which.
    pub fallback_from: Option<Cow<'a, str>>,
}

impl RequestEvent<'_> {
    /// From the first byte to the last; `None` when the clock of the gateway ran backwards between.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        self.ended_at.since(self.started_at)
    }

    /// From the start to the first token of a stream.
    #[must_use]
    pub fn time_to_first_token(&self) -> Option<Duration> {
        self.first_token_at?.since(self.started_at)
    }

    /// The mean time between output tokens of a stream: (end − first token) ÷ (output tokens − 1).
    #[must_use]
    pub fn time_per_output_token(&self) -> Option<Duration> {
        let intervals = self.usage.output.total().checked_sub(1).filter(|count| *count > 0)?;
        let generating = self.ended_at.since(self.first_token_at?)?;
        Some(generating.div_f64(intervals as f64))
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<'a> {
    /// It was answered.
    Success,
    /// It was not, or not to the end.
    Failure {
        /// What kind of failure.
        kind: ErrorKind,
        /// The gateway's own words for it. May hold anything: never a label, and masked before it is shown.
        message: Option<Cow<'a, str>>,
    },
}

impl Outcome<'_> {
    /// The kind of failure, if it is one.
    #[must_use]
    pub fn error(&self) -> Option<ErrorKind> {
        match self {
            Self::Success => None,
            Self::Failure { kind, .. } => Some(*kind),
        }
    }
}

/// How an answer is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// All at once.
    Whole,
    /// Token by token.
    Stream,
}
