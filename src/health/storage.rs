//! The exporter's own store, as `GET /health` tells of it. It is no reason to call the gateway unhealthy.

use serde::Serialize;

use super::json::Rfc3339;
use crate::own::{StorageState, StorageStatus};

/// How the store is doing.
#[derive(Debug, Serialize)]
pub struct StorageJson {
    status: &'static str,
    /// What is wrong with it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Rfc3339>,
    /// Changes that are in memory only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_writes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_commit: Option<Rfc3339>,
}

impl StorageJson {
    /// What `status` says.
    #[must_use]
    pub fn new(status: &StorageStatus) -> Self {
        let (word, trouble) = match &status.state {
            StorageState::Off => ("off", None),
            StorageState::Up => ("ok", None),
            StorageState::Failing { error, since, .. } => ("failing", Some((error.clone(), *since))),
        };
        let pending_writes = trouble.is_some().then_some(status.pending);
        let (error, since) = trouble.map_or((None, None), |(error, since)| (Some(error), Some(Rfc3339(since))));
        Self { status: word, error, since, pending_writes, last_commit: status.last_commit_at.map(Rfc3339) }
    }
}
