//! Why a database can't be used.

use std::io;
use std::time::Duration;

use tokio_postgres::error::SqlState;

use crate::dependencies::deadline::rounded;
use crate::dependencies::words;

/// A database can't be reached, refuses, or broke off.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// No answer came in time.
    #[error("no answer within {:?} ({server})", rounded(*after))]
    TimedOut {
        /// The server.
        server: String,
        /// How long it was given.
        after: Duration,
    },
    /// Nobody knows the name.
    #[error("cannot find {host}: {source}")]
    Lookup {
        /// The name.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// It can't be reached, or does not let us in.
    #[error("{} ({server})", words::of(source))]
    Refused {
        /// The server.
        server: String,
        /// What happened.
        source: tokio_postgres::Error,
    },
    /// It let us in, and did not answer what was asked.
    #[error("{} ({server})", words::of(source))]
    Broken {
        /// The server.
        server: String,
        /// What happened.
        source: tokio_postgres::Error,
    },
    /// The address names no server.
    #[error("the address of the database names no server")]
    NoServer,
    /// Several servers, and none of them would do.
    #[error("{}", in_words(failures))]
    AllFailed {
        /// What each of them said.
        failures: Vec<DatabaseError>,
    },
}

impl DatabaseError {
    pub(super) fn all(mut failures: Vec<Self>) -> Self {
        match (failures.pop(), failures.len()) {
            (None, _) => Self::NoServer,
            (Some(only), 0) => only,
            (Some(last), _) => {
                failures.push(last);
                Self::AllFailed { failures }
            }
        }
    }

    /// Whether nothing but patience was missing.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::TimedOut { .. } => true,
            Self::AllFailed { failures } => failures.iter().all(Self::is_timeout),
            Self::Lookup { .. } | Self::Refused { .. } | Self::Broken { .. } | Self::NoServer => false,
        }
    }

    /// The code by which the server says what is wrong, where it said anything.
    #[must_use]
    pub fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Refused { source, .. } | Self::Broken { source, .. } => source.code(),
            _ => None,
        }
    }

    /// Whether the next server need not be asked: where one has refused us, libpq asks no other, so that a wrong password is not
    /// tried on all of them.
    pub(super) fn is_final(&self) -> bool {
        self.refusal().is_some_and(|code| *code != SqlState::CANNOT_CONNECT_NOW)
    }

    /// Whether it may go without TLS: the handshake failed, or the server has no entry for those who talk TLS.
    pub(super) fn is_about_tls(&self) -> bool {
        let is_handshake = match self {
            Self::Refused { source, .. } => words::is_tls(source),
            _ => false,
        };
        is_handshake || self.refusal() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
    }

    fn refusal(&self) -> Option<&SqlState> {
        match self {
            Self::Refused { source, .. } => source.code(),
            _ => None,
        }
    }
}

fn in_words(failures: &[DatabaseError]) -> String {
    let words: Vec<String> = failures.iter().map(ToString::to_string).collect();
    words.join("; ")
}
