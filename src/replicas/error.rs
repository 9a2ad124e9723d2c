//! Why Redis did not do what a replica asked of it.

use std::time::Duration;

use redis::{RedisError, RedisResult};

use crate::redact::redact_message;

/// Redis did not do what a replica asked of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplicaError {
    /// No answer came in time.
    #[error("redis did not {task} within {limit:?}")]
    Timeout {
        /// What was asked.
        task: &'static str,
        /// How long an answer was waited for.
        limit: Duration,
    },
    /// The connection broke, or the server answered with an error.
    #[error("redis did not {task}: {reason}")]
    Failed {
        /// What was asked.
        task: &'static str,
        /// The error in words, with secrets masked.
        reason: String,
    },
}

/// Waits for an answer of Redis, for `limit` at most.
pub(crate) async fn within<T>(
    limit: Duration,
    task: &'static str,
    answer: impl Future<Output = RedisResult<T>>,
) -> Result<T, ReplicaError> {
    let answer = tokio::time::timeout(limit, answer).await;
    answer.map_err(|_| ReplicaError::Timeout { task, limit })?.map_err(|error| failed(task, &error))
}

/// The error of Redis, with what was asked.
fn failed(task: &'static str, error: &RedisError) -> ReplicaError {
    ReplicaError::Failed { task, reason: redact_message(&error.to_string()) }
}
