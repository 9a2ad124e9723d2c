//! One probe's outcome as replicas tell it to each other: what it holds, and how it is written.
//!
//! JSON, so that an operator can read the stream, and so that versions can add fields: unknown ones are passed over.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3Default;

use super::ReplicaId;
use crate::event::{ErrorKind, ProbeFailure, ProbeLevel, ProbeOutcome, ProbeUsage, Timestamp, Usd};

/// What a probe of one deployment found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The deployment's id.
    pub deployment: String,
    /// What was found. The message of a failure is redacted already.
    pub outcome: ProbeOutcome,
}

/// What a probe of some replica found.
#[derive(Debug, Clone, PartialEq)]
pub struct Shared {
    /// What was found.
    pub finding: Finding,
    /// Who probed.
    pub replica: String,
    /// The number of the lease under which it did.
    pub fence: u64,
}

impl Shared {
    /// Whether this replica told it.
    #[must_use]
    pub fn is_from(&self, replica: &ReplicaId) -> bool {
        self.replica == replica.as_str()
    }

    /// By what an entry is recognised. No replica ends two probes of one deployment in the same microsecond. The fence is not part of
    /// it: who writes again what it is not sure to have written may have another lease by then.
    pub(super) fn key(&self) -> u64 {
        let outcome = &self.finding.outcome;
        let mut hasher = Xxh3Default::new();
        hasher.update(&outcome.at.as_micros().to_le_bytes());
        for part in [outcome.level.as_str(), &self.replica, &self.finding.deployment] {
            hasher.update(&part.len().to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.digest()
    }

    /// Reads an entry; `None` when it is none, or one that this version does not understand.
    pub(super) fn decode(json: &[u8]) -> Option<Self> {
        let entry: Entry<'_> = serde_json::from_slice(json).ok()?;
        let outcome = ProbeOutcome {
            level: ProbeLevel::ALL.into_iter().find(|level| level.as_str() == entry.level)?,
            at: Some(entry.at_us).filter(|micros| *micros >= 0).map(Timestamp::from_micros)?,
            duration: Duration::from_micros(entry.duration_us),
            result: entry.result()?,
            time_to_first_token: entry.ttft_us.map(Duration::from_micros),
            usage: entry.usage()?,
            retry_after: entry.retry_after_us.map(Duration::from_micros),
        };
        let finding = Finding { deployment: entry.deployment.into_owned(), outcome };
        Some(Self { finding, replica: entry.replica.into_owned(), fence: entry.fence })
    }
}

impl Finding {
    /// Writes an entry in the name of this replica.
    pub(super) fn encode(&self, replica: &ReplicaId, fence: u64) -> String {
        let Self { deployment, outcome } = self;
        let ProbeOutcome { level, at, duration, result, time_to_first_token, usage, retry_after } = outcome;
        let failure = result.as_ref().err();
        let entry = Entry {
            deployment: deployment.into(),
            level: level.as_str().into(),
            at_us: at.as_micros(),
            duration_us: micros(*duration),
            ok: failure.is_none(),
            kind: failure.map(|failure| failure.kind.as_str().into()),
            message: failure.map(|failure| failure.message.as_str().into()),
            ttft_us: time_to_first_token.map(micros),
            tokens: usage.map(|usage| usage.tokens),
            cost_picousd: usage.map(|usage| usage.cost.as_picos()),
            retry_after_us: retry_after.map(micros),
            replica: replica.as_str().into(),
            fence,
        };
        serde_json::to_string(&entry).expect("text and numbers can always be written as JSON")
    }
}

/// An entry as it is written. Times in microseconds, money in picodollars: whole numbers are exact in every reader.
#[derive(Debug, Serialize, Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    deployment: Cow<'a, str>,
    level: Cow<'a, str>,
    at_us: i64,
    duration_us: u64,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttft_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_picousd: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_us: Option<u64>,
    replica: Cow<'a, str>,
    fence: u64,
}

impl Entry<'_> {
    fn result(&self) -> Option<Result<(), ProbeFailure>> {
        match (self.ok, &self.kind) {
            (true, None) => Some(Ok(())),
            (false, Some(kind)) => {
                let kind = ErrorKind::OF_PROBES.into_iter().find(|known| known.as_str() == kind)?;
                Some(Err(ProbeFailure { kind, message: self.message.as_deref().unwrap_or_default().to_owned() }))
            }
            _ => None,
        }
    }

    fn usage(&self) -> Option<Option<ProbeUsage>> {
        match (self.tokens, self.cost_picousd) {
            (None, None) => Some(None),
            (Some(tokens), Some(picos)) => Some(Some(ProbeUsage { tokens, cost: Usd::from_picos(picos)? })),
            _ => None,
        }
    }
}

/// Whole microseconds; what doesn't fit is half a million years.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "record/tests.rs"]
mod tests;
