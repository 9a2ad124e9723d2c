//! Who may spend how much, and their names: keys, teams, users, organisations and end users in LiteLLM's own tables.
//!
//! One query for each of the five, in a read-only transaction with a time limit, none of it prepared: it works through PgBouncer.
//! What the tables look like is asked each time, for a gateway is upgraded while we are connected. One of the five that can't be
//! read keeps no other from being read.

mod catalog;
mod error;
mod listing;
mod query;
mod table;

use std::time::{Duration, SystemTime};

use tokio::time::timeout;

use crate::dependencies::database::{Connection, Connector, DatabaseError};
use crate::event::{BudgetScope, Timestamp};
use crate::state::EntityList;

use catalog::Catalog;
pub use error::BudgetsError;

/// What connecting may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// What the server may take for one statement, waiting for locks included.
const STATEMENT_PATIENCE: Duration = Duration::from_secs(10);
/// After this the server hangs and does not heed its own limit.
const ANSWER_PATIENCE: Duration = Duration::from_secs(15);

/// The schema where an address names none.
const DEFAULT_SCHEMA: &str = "public";

/// How many are asked for in each scope.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// The most budgets; one more is asked for, so that it shows when there are more.
    pub budgets: usize,
    /// The most names besides, by the place of their scope in [`BudgetScope::ALL`]; zero where nobody needs them.
    pub names: [usize; BudgetScope::ALL.len()],
}

/// What came of reading one scope.
#[derive(Debug)]
pub struct Reading {
    /// The scope.
    pub scope: BudgetScope,
    /// Who there is, as far as there is room: those with a limit or an expiry first, and of these who spent most. Or why there
    /// is no list.
    pub list: Result<EntityList, BudgetsError>,
}

/// Reads LiteLLM's tables. Keeps its connection, and replaces one that broke.
#[derive(Debug)]
pub struct LitellmBudgets {
    connector: Connector,
    schema: String,
    room: Room,
    kept: Option<Connection>,
}

impl LitellmBudgets {
    /// Reads in `schema`, which is `public` where none is given.
    #[must_use]
    pub fn new(connector: Connector, schema: Option<&str>, room: Room) -> Self {
        Self { connector, schema: schema.unwrap_or(DEFAULT_SCHEMA).to_owned(), room, kept: None }
    }

    /// Reads all scopes, in the order of [`BudgetScope::ALL`].
    ///
    /// # Errors
    /// When the database can't be reached, or the connection breaks and a fresh one does too.
    pub async fn read(&mut self) -> Result<Vec<Reading>, BudgetsError> {
        // Taken out while it is used: a connection that is not put back is closed.
        if let Some(kept) = self.kept.take() {
            let read = self.read_through(kept).await;
            if !read.as_ref().is_err_and(BudgetsError::is_about_the_connection) {
                return read;
            }
        }
        let fresh = self.connector.connect(CONNECT_PATIENCE).await?;
        self.read_through(fresh).await
    }

    async fn read_through(&mut self, mut connection: Connection) -> Result<Vec<Reading>, BudgetsError> {
        let catalog = Catalog::read(&mut connection, &self.schema).await?;
        let mut readings = Vec::new();
        for scope in BudgetScope::ALL {
            let list = match self.list(&mut connection, &catalog, scope).await {
                Err(error) if error.is_about_the_connection() => return Err(error),
                list => list,
            };
            readings.push(Reading { scope, list });
        }
        self.kept = Some(connection);
        Ok(readings)
    }
}

/// Runs `asking` on a connection, no longer than a server may hang.
async fn ask<T>(
    connection: &mut Connection,
    asking: impl AsyncFnOnce(&mut Connection) -> Result<T, tokio_postgres::Error>,
) -> Result<T, BudgetsError> {
    let answer = timeout(ANSWER_PATIENCE, asking(connection)).await;
    let server = connection.server().to_owned();
    let answer = match answer {
        Ok(answer) => answer.map_err(|source| DatabaseError::Broken { server, source }),
        Err(_elapsed) => Err(DatabaseError::TimedOut { server, after: ANSWER_PATIENCE }),
    };
    answer.map_err(BudgetsError::Database)
}

fn now() -> Timestamp {
    SystemTime::now().into()
}
