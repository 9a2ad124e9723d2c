//! Why budgets can't be read.

use crate::dependencies::database::DatabaseError;
use crate::redact::redact_message;

/// The budgets of one scope, or of all, can't be read.
#[derive(Debug, thiserror::Error)]
pub enum BudgetsError {
    /// The database can't be reached, or refuses to answer.
    #[error("{}", redact_message(&.0.to_string()))]
    Database(#[from] DatabaseError),
    /// LiteLLM has never been here.
    #[error("there are no tables of LiteLLM in the schema {schema}: is this its database, and its schema?")]
    NoTables {
        /// The schema, in quotes.
        schema: String,
    },
    /// One table is not there.
    #[error("there is no table {table}")]
    NoTable {
        /// Schema and table, in quotes.
        table: String,
    },
    /// One that nothing can be told without.
    #[error("the table {table} has no column {column}")]
    NoColumn {
        /// Schema and table, in quotes.
        table: String,
        /// The column.
        column: &'static str,
    },
    /// Whoever logs in may not read what is there.
    #[error("not allowed; an owner can run: {grant};")]
    NotGranted {
        /// The statement that would allow it.
        grant: String,
    },
}

impl BudgetsError {
    /// Whether nothing more can be asked of this connection. A server that answers with an error can be asked other things.
    #[must_use]
    pub fn is_about_the_connection(&self) -> bool {
        match self {
            Self::Database(DatabaseError::Broken { source, .. }) => source.code().is_none(),
            Self::Database(_) => true,
            Self::NoTables { .. } | Self::NoTable { .. } | Self::NoColumn { .. } | Self::NotGranted { .. } => false,
        }
    }
}
