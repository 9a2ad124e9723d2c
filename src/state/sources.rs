//! What each source delivered.

use std::time::Duration;

use crate::event::{RowMark, Sighting, Timestamp};

/// Where events come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The LiteLLM proxy's `generic_api` callback, pushed to us.
    LitellmCallback,
    /// The LiteLLM proxy's spend log, `"LiteLLM_SpendLogs"` in PostgreSQL, which we read.
    LitellmSpendLogs,
}

/// Where one event comes from, and what is remembered of it along with what it counts.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// The source.
    pub source: Source,
    /// What recognises it after a restart; `None` where that is not wanted.
    pub sighting: Option<Sighting>,
    /// The row that told of it, where it was one.
    pub row: Option<RowMark>,
}

impl From<Source> for Origin {
    fn from(source: Source) -> Self {
        Self { source, sighting: None, row: None }
    }
}

impl Source {
    /// Every source, in the order of the metrics.
    pub const ALL: [Self; 2] = [Self::LitellmCallback, Self::LitellmSpendLogs];

    /// Whether it comes to us, and is not read.
    #[must_use]
    pub const fn is_pushed(self) -> bool {
        match self {
            Self::LitellmCallback => true,
            Self::LitellmSpendLogs => false,
        }
    }

    /// The label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LitellmCallback => "litellm_callback",
            Self::LitellmSpendLogs => "litellm_spend_logs",
        }
    }
}

/// Why something that was delivered is no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectReason {
    /// It is no JSON.
    Syntax,
    /// It is JSON, but no object.
    NotAnObject,
    /// It has no id by which a second delivery could be recognised.
    MissingId,
    /// Its status is neither success nor failure.
    UnknownStatus,
    /// It lacks a start or an end, or they are no times.
    BadTime,
}

impl RejectReason {
    /// Every reason, in the order of the metrics.
    pub const ALL: [Self; 5] = [Self::Syntax, Self::NotAnObject, Self::MissingId, Self::UnknownStatus, Self::BadTime];

    /// The label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::NotAnObject => "not_an_object",
            Self::MissingId => "missing_id",
            Self::UnknownStatus => "unknown_status",
            Self::BadTime => "bad_time",
        }
    }

    /// The place of this reason in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// What one source delivered. Each thing delivered is in exactly one of the three counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct SourceFacts {
    /// Events that were taken.
    pub events: u64,
    /// Events that had been taken before.
    pub duplicates: u64,
    /// What was no event, by the index of its [`RejectReason`].
    pub rejected: [u64; RejectReason::ALL.len()],
    /// Whether the latest delivery could be taken; unknown before the first.
    pub up: Option<bool>,
    /// When the latest event ended.
    pub last_event_at: Option<Timestamp>,
    /// How long after its end the latest event arrived.
    pub lag: Option<Duration>,
    /// Rows that were found long after their requests began.
    pub late: u64,
}

impl SourceFacts {
    /// Whether it delivered anything.
    #[must_use]
    pub fn has_any(&self) -> bool {
        self.events > 0 || self.duplicates > 0 || self.rejected.iter().any(|count| *count > 0)
    }

    pub(super) fn note_event(&mut self, ended_at: Timestamp, now: Timestamp) {
        self.events += 1;
        if self.last_event_at <= Some(ended_at) {
            self.last_event_at = Some(ended_at);
            self.lag = now.since(ended_at);
        }
    }
}
