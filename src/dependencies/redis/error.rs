//! Why a Redis can't be used.

use std::time::Duration;

use ::redis::ErrorKind;

use crate::dependencies::deadline::rounded;
use crate::dependencies::words;

/// A Redis can't be reached, refuses, or broke off.
#[derive(Debug, thiserror::Error)]
pub enum RedisError {
    /// No answer came in time.
    #[error("no answer within {:?} ({server})", rounded(*after))]
    TimedOut {
        /// The server, or those by which it would have been found.
        server: String,
        /// How long it was given.
        after: Duration,
    },
    /// It can't be reached, does not let us in, or does not answer what was asked.
    #[error("{} ({server})", in_words(source))]
    Failed {
        /// The server, or those by which it is found.
        server: String,
        /// What happened.
        source: ::redis::RedisError,
    },
}

impl RedisError {
    /// Whether nothing but patience was missing.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::TimedOut { .. } => true,
            Self::Failed { source, .. } => source.is_timeout(),
        }
    }
}

/// The server's own words, where there are some: "NOAUTH Authentication required."
fn in_words(error: &::redis::RedisError) -> String {
    match (error.kind(), error.code(), error.detail()) {
        // What the server said is not passed on.
        (ErrorKind::AuthenticationFailed, _, _) => "authentication failed: wrong user or password".to_owned(),
        (_, Some(code), Some(detail)) => format!("{code} {detail}"),
        // Of a cluster's first connection.
        (ErrorKind::Io, None, Some(detail)) => words::system(detail),
        _ => words::of(error),
    }
}
