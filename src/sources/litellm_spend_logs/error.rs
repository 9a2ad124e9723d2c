//! Why the spend log can't be read.

use tokio_postgres::error::SqlState;

use super::field::TABLE;
use crate::dependencies::database::{DatabaseError, quoted};
use crate::handover::Lost;

/// The spend log can't be read for now.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// The database can't be reached, refuses, or broke off.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// There is no such table.
    #[error(
        "there is no table {} in the schema {}: is this LiteLLM's database, and has LiteLLM been started with it? \
         The address can name another schema (?schema=NAME)",
        quoted(TABLE),
        quoted(schema)
    )]
    NoTable {
        /// Where it was looked for.
        schema: String,
    },
    /// The role may not read it.
    #[error("may not read the spend log. As its owner: {grant}")]
    NoPermission {
        /// The statement that would let it.
        grant: String,
    },
    /// The table lacks what nothing can be read without.
    #[error("the column {} of {} is {problem}", quoted(name), quoted(TABLE))]
    NoColumn {
        /// The column.
        name: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// Another replica reads it by now, or may.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// The database answered something that was not asked.
    #[error("the database answered what can't be understood: {source}")]
    Answer {
        /// What of it.
        source: tokio_postgres::Error,
    },
}

/// What can be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// The connection is made anew, and the table looked at again.
    Reconnect,
    /// Less is asked for at once.
    AskForLess,
    /// It is asked again.
    Retry,
}

impl ReadError {
    /// What can be done about it.
    pub(super) fn remedy(&self) -> Remedy {
        let Self::Database(error) = self else { return Remedy::Reconnect };
        match error.code() {
            Some(code) if *code == SqlState::QUERY_CANCELED => Remedy::AskForLess,
            Some(code) if [&SqlState::T_R_SERIALIZATION_FAILURE, &SqlState::T_R_DEADLOCK_DETECTED].contains(&code) => {
                Remedy::Retry
            }
            _ => Remedy::Reconnect,
        }
    }

    /// Whether a value of some row can't be read.
    pub(super) fn is_about_a_value(&self) -> bool {
        // Class 22: data exceptions.
        matches!(self, Self::Database(error) if error.code().is_some_and(|code| code.code().starts_with("22")))
    }
}
