//! What came of a question, before it is dated and its words are redacted.

use std::time::Duration;

use crate::event::{ErrorKind, ProbeFailure, ProbeLevel, ProbeUsage};

/// What came of a question.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) level: ProbeLevel,
    pub(super) result: Result<(), ProbeFailure>,
    pub(super) first_token: Option<Duration>,
    pub(super) usage: Option<ProbeUsage>,
    pub(super) retry_after: Option<Duration>,
}

impl Finding {
    /// It answered.
    pub(super) fn success(level: ProbeLevel) -> Self {
        Self { level, result: Ok(()), first_token: None, usage: None, retry_after: None }
    }

    /// It did not.
    pub(super) fn failure(level: ProbeLevel, kind: ErrorKind, message: impl Into<String>) -> Self {
        let failure = ProbeFailure { kind, message: message.into() };
        Self { result: Err(failure), ..Self::success(level) }
    }

    pub(super) fn with_usage(self, usage: ProbeUsage) -> Self {
        Self { usage: Some(usage), ..self }
    }
}
