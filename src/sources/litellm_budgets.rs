//! Who may spend how much, and their names: keys, teams, users, organisations and end users in LiteLLM's own tables.
//!
//! One query for each of the five, in a transaction of its own: it works through PgBouncer.
//! What the tables look like is asked each time, for a gateway is upgraded while we are connected. One of the five that can't be
//! read keeps no other from being read.

mod error;
mod listing;
mod query;
mod table;
mod tables;

use std::time::{Duration, SystemTime};

use crate::dependencies::database::{Connection, Connector, Limits};
use crate::event::{BudgetScope, Timestamp};
use crate::state::EntityList;

pub use error::BudgetsError;
use tables::Tables;

/// What connecting may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
const LIMITS: Limits = Limits { statement: Duration::from_secs(10), answer: Duration::from_secs(15) };

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
    room: Room,
    kept: Option<Connection>,
}

impl LitellmBudgets {
    /// Reads in the schema of the address.
    #[must_use]
    pub const fn new(connector: Connector, room: Room) -> Self {
        Self { connector, room, kept: None }
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

    async fn read_through(&mut self, connection: Connection) -> Result<Vec<Reading>, BudgetsError> {
        let tables = Tables::look_up(&connection, self.connector.schema()).await?;
        let mut readings = Vec::new();
        for scope in BudgetScope::ALL {
            let list = match self.list(&connection, &tables, scope).await {
                Err(error) if error.is_about_the_connection() => return Err(error),
                list => list,
            };
            readings.push(Reading { scope, list });
        }
        self.kept = Some(connection);
        Ok(readings)
    }
}

fn now() -> Timestamp {
    SystemTime::now().into()
}
