//! How reading a source goes that is read, and not pushed.

use std::sync::Arc;
use std::time::Duration;

use crate::event::Timestamp;

/// How reading a source goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What it is doing.
    pub progress: ReadingProgress,
    /// Everything that began before this moment and was there to be read has been counted; before the first reading, when that
    /// was begun.
    pub as_of: Timestamp,
    /// When it was last read without a failure.
    pub last_poll_at: Option<Timestamp>,
    /// Columns that would be used and are not there.
    pub missing_columns: Arc<[String]>,
    /// How many processes of the gateway are alive; `None` where they do not tell.
    pub workers: Option<u64>,
    /// Since when no other replica has read it; `None` where another one does, or may.
    pub alone_since: Option<Timestamp>,
}

/// What reading a source is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadingProgress {
    /// It was not read yet.
    Starting,
    /// It is read, and there is more than was read so far.
    CatchingUp,
    /// Everything was read.
    UpToDate,
    /// Another replica reads it, and this one would if that one ended.
    Standby,
    /// It can't be read.
    Down {
        /// Why, in words without secrets.
        error: Arc<str>,
    },
}

impl Reading {
    /// Before the first reading, which goes on from `as_of`.
    #[must_use]
    pub fn starting(as_of: Timestamp) -> Self {
        Self {
            progress: ReadingProgress::Starting,
            as_of,
            last_poll_at: None,
            missing_columns: Arc::default(),
            workers: None,
            alone_since: None,
        }
    }

    /// Whether the latest reading went well, or the latest attempt to take over; unknown before the first.
    #[must_use]
    pub fn is_up(&self) -> Option<bool> {
        match self.progress {
            ReadingProgress::Starting => None,
            ReadingProgress::CatchingUp | ReadingProgress::UpToDate | ReadingProgress::Standby => Some(true),
            ReadingProgress::Down { .. } => Some(false),
        }
    }

    /// How far what was counted is behind `now`. It grows while nothing can be read; `None` where another replica reads.
    #[must_use]
    pub fn lag(&self, now: Timestamp) -> Option<Duration> {
        (self.progress != ReadingProgress::Standby).then(|| now.since(self.as_of).unwrap_or_default())
    }

    /// Why it can't be read now.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        match &self.progress {
            ReadingProgress::Down { error } => Some(error),
            _ => None,
        }
    }

    /// The status in JSON.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        match self.progress {
            ReadingProgress::Starting | ReadingProgress::CatchingUp => "catching_up",
            ReadingProgress::UpToDate => "up",
            ReadingProgress::Standby => "standby",
            ReadingProgress::Down { .. } => "down",
        }
    }
}
