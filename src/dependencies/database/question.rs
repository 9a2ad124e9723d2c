//! One question to a database: a transaction that reads only and has a limit of time, and is given up in the server as well where
//! nobody waits for its answer.
//!
//! No statement is prepared under a name, and nothing is set beyond the transaction: behind a pooler the next question may go to another
//! connection.

use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error, Row};

use super::{Connection, DatabaseError};

/// A parameter of a statement, with its type.
pub type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// How long a question may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long the server may work on the statement, waiting for locks included.
    pub statement: Duration,
    /// How long the answer may take in all: longer, as what the server gives up itself is its to tell.
    pub answer: Duration,
}

impl Connection {
    /// The rows that answer a statement.
    ///
    /// # Errors
    /// When the connection broke, the server refuses or gives up, or no answer came in time.
    pub async fn ask(
        &self,
        limits: Limits,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, DatabaseError> {
        let mut rows = Vec::new();
        let keep = |row| {
            rows.push(row);
            Ok(())
        };
        self.ask_each(limits, statement, parameters, keep).await?;
        Ok(rows)
    }

    /// Shows each of the rows that answer a statement, as it comes.
    ///
    /// # Errors
    /// As [`ask`](Self::ask), and when `each` can't read a row.
    pub async fn ask_each(
        &self,
        limits: Limits,
        statement: &str,
        parameters: &[Parameter<'_>],
        each: impl FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), DatabaseError> {
        let begin = format!("BEGIN READ ONLY; SET LOCAL statement_timeout = {}", limits.statement.as_millis());
        let cancel = self.cancel().on_drop();
        let asking = async {
            self.client().batch_execute(&begin).await?;
            let answered = self.show(statement, parameters, each).await;
            let end = if answered.is_ok() { "COMMIT" } else { "ROLLBACK" };
            // Where this fails too the connection is broken, and the first error tells why.
            let ended = self.client().batch_execute(end).await;
            answered.and(ended)
        };
        let answered = timeout(limits.answer, asking).await.map_err(|_| self.timed_out(limits.answer))?;
        cancel.answered();
        answered.map_err(|source| self.broken(source))
    }

    async fn show(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
        mut each: impl FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let parameters = parameters.iter().map(|(value, type_of)| (*value, type_of.clone()));
        let mut rows = pin!(self.client().query_typed_raw(statement, parameters).await?);
        while let Some(row) = rows.try_next().await? {
            each(row)?;
        }
        Ok(())
    }
}
