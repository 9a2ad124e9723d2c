//! Where a holder leaves for the next one how far it has read and which rows it claimed.
//!
//! Whoever takes over begins a new epoch, and from then on nobody writes in an older one: a holder that was paused and comes back can
//! claim nothing. Epochs are counted on, but are never behind the clock's milliseconds, so that they grow even where the share forgot
//! the last one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::chunk::Chunk;
use super::redis::RedisShare;
use super::schema::SchemaShare;
use crate::dependencies::database::DatabaseError;
use crate::dependencies::redis::RedisError;
use crate::replicas::ReplicaError;

/// An answer is not waited for any longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// What one replica leaves for the others.
#[derive(Debug)]
pub enum Share {
    /// In Redis.
    Redis(Box<RedisShare>),
    /// In a schema of the gateway's own database.
    Schema(Box<SchemaShare>),
    /// Nowhere.
    Alone,
}

/// What is told at once.
#[derive(Debug, Default)]
pub(super) struct Telling<'a> {
    /// The teller's.
    pub(super) epoch: u64,
    /// These rows are claimed.
    pub(super) chunks: &'a [&'a Chunk],
    /// So many chunks should be there in the end, if nothing was forgotten.
    pub(super) expected: usize,
    /// How far the teller has read and counted.
    pub(super) progress: Option<&'a str>,
    /// What is older can go.
    pub(super) rows_from: Option<i64>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// It is there.
    Kept,
    /// It is there, but not all that was told before.
    Forgotten,
    /// Another replica has taken over: nothing was changed.
    Fenced,
}

/// What is there for one who takes over.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// The new epoch, which is the taker's.
    pub(super) epoch: u64,
    /// The one before; `None` where there was none, or none is remembered.
    pub(super) previous: Option<u64>,
    /// How far the last one has read that told it.
    pub(super) progress: Option<String>,
    /// How long ago something was told, by the clock of the share.
    pub(super) age: Option<Duration>,
    /// Which rows are claimed.
    pub(super) chunks: Vec<Chunk>,
}

/// The share did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// Redis can't be reached.
    #[error("redis: {0}")]
    Connection(#[from] RedisError),
    /// Redis did not do it.
    #[error(transparent)]
    Redis(#[from] ReplicaError),
    /// The database can't be reached, or did not do it.
    #[error("database: {0}")]
    Database(#[from] DatabaseError),
    /// Something else is there than what was written.
    #[error("{place} holds something that is not from an exporter of this version")]
    Garbled {
        /// Where.
        place: &'static str,
    },
    /// What was told is not there, however often it is told.
    #[error("what is told is forgotten at once")]
    Forgetful,
}

impl Share {
    /// The word for it in metrics and logs; `None` where nothing is shared.
    #[must_use]
    pub const fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Redis(_) => Some("redis"),
            Self::Schema(_) => Some("database"),
            Self::Alone => None,
        }
    }

    /// Begins a new epoch, and says what is there; `None` where nothing is shared.
    pub(super) async fn take(&mut self) -> Result<Option<Taken>, ShareError> {
        match self {
            Self::Redis(share) => share.take(clock()).await.map(Some),
            Self::Schema(share) => share.take(clock()).await.map(Some),
            Self::Alone => Ok(None),
        }
    }

    /// Which rows are claimed, without taking over.
    pub(super) async fn look(&mut self) -> Result<Vec<Chunk>, ShareError> {
        match self {
            Self::Redis(share) => share.look().await,
            Self::Schema(share) => share.look().await,
            Self::Alone => Ok(Vec::new()),
        }
    }

    /// Tells something, all of it or nothing.
    pub(super) async fn tell(&mut self, telling: &Telling<'_>) -> Result<Told, ShareError> {
        match self {
            Self::Redis(share) => share.tell(telling).await,
            Self::Schema(share) => share.tell(telling).await,
            Self::Alone => Ok(Told::Kept),
        }
    }
}

/// Milliseconds since the Unix epoch: the least number of an epoch that begins now.
pub(super) fn clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
