//! The gateway's books: LiteLLM's spend log, and its daily table.
//!
//! Statements have no names, so that a pooler may hand each transaction to another server; each transaction is read-only and has a
//! time limit of its own. Costs are added up as whole picodollars, which is exact, the same as we round each cost to, and cheaper than a
//! sum of decimals.

mod statements;

use std::collections::BTreeMap;
use std::future::Future;
use std::time::{Duration, SystemTime};

use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};

use crate::address::DatabaseAddress;
use crate::config::Database;
use crate::dependencies::database::{Connection, Connector, DatabaseError};
use crate::event::{RowMark, Timestamp, UtcDay, UtcHour};
use crate::state::{Booked, clean};
use crate::tls::TlsError;
use statements::{PICOS, begin, by_model, columns, look, model, qualified, shown};

const SPEND_LOG: &str = "LiteLLM_SpendLogs";
const DAILY: &str = "LiteLLM_DailyUserSpend";

/// Where Prisma puts its tables unless it is told otherwise.
const DEFAULT_SCHEMA: &str = "public";

/// How long is waited for a server that does not keep to its limit.
const PATIENCE: Duration = Duration::from_secs(40);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How many keys are read at a time to find rows that were not counted, and how many times.
const KEYS_PER_PAGE: i64 = 2_000;
const MOST_PAGES: usize = 100;

/// What was booked, by public model.
pub type BooksByModel = BTreeMap<String, Booked>;

/// The gateway's books can't be read.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// The database can't be reached, or refuses what was asked.
    #[error("cannot read the gateway's books: {0}")]
    Database(#[from] DatabaseError),
    /// There is no such table for this user.
    #[error("cannot read the gateway's books: there is no table {table}, or the user of the database may not read it")]
    NoTable {
        /// The table, with its schema.
        table: String,
    },
    /// No answer came in time.
    #[error("cannot read the gateway's books: no answer within {PATIENCE:?}")]
    TimedOut,
}

/// Knows where the gateway's books are.
#[derive(Debug, Clone)]
pub struct Books {
    connector: Connector,
    schema: String,
}

impl Books {
    /// Prepares to read them; `None` where no database is configured.
    ///
    /// # Errors
    /// When the file of certificates can't be used.
    pub fn new(database: &Database) -> Result<Option<Self>, TlsError> {
        let Some(address) = &database.url else { return Ok(None) };
        let connector = Connector::new(address, database.ca_file.as_deref())?;
        let DatabaseAddress { schema, .. } = address;
        let schema = schema.clone().unwrap_or_else(|| DEFAULT_SCHEMA.to_owned());
        Ok(Some(Self { connector, schema }))
    }

    /// Connects, and looks which columns there are: they differ from one LiteLLM to the next.
    ///
    /// # Errors
    /// When the database can't be reached, or there is no spend log that may be read.
    pub async fn open(&self) -> Result<OpenBooks, BooksError> {
        let mut connection = self.connector.connect(CONNECT_TIMEOUT).await?;
        let columns = in_time(columns(&mut connection, &self.schema)).await?;
        let columns = columns.map_err(|error| connection.broken(error))?;
        let table = qualified(&self.schema, SPEND_LOG);
        if columns.is_empty() {
            return Err(BooksError::NoTable { table });
        }
        // Without a row, to find out whether it may be read.
        let looked = in_time(look(&mut connection, &table)).await?;
        looked.map_err(|error| connection.broken(error))?;
        let daily_table = qualified(&self.schema, DAILY);
        Ok(OpenBooks { connection, table, daily_table, model: model(&columns) })
    }
}

/// The gateway's books, and a connection to where they are.
#[derive(Debug)]
pub struct OpenBooks {
    connection: Connection,
    table: String,
    daily_table: String,
    /// The public model of a row of the spend log, as SQL.
    model: String,
}

impl OpenBooks {
    /// What the spend log has of the requests that began within an hour. Models that `has_room` has none for are `other`; it is told
    /// their names and how many there are already.
    ///
    /// # Errors
    /// When the database does not answer as it should, or not in time.
    pub async fn hour(
        &mut self,
        hour: UtcHour,
        has_room: impl Fn(&str, usize) -> bool,
    ) -> Result<BooksByModel, BooksError> {
        let Self { connection, table, model, .. } = self;
        let sql = format!(
            "SELECT {model}, count(*), {PICOS} FROM {table} WHERE \"startTime\" >= $1 AND \"startTime\" < $2 GROUP BY 1"
        );
        let (from, until) = (SystemTime::from(hour.beginning()), SystemTime::from(hour.end()));
        let sum = async {
            let transaction = begin(connection).await?;
            let parameters: [(&(dyn ToSql + Sync), Type); 2] = [(&from, Type::TIMESTAMP), (&until, Type::TIMESTAMP)];
            by_model(&transaction, &sql, parameters, &has_room).await
        };
        let summed = in_time(sum).await?;
        summed.map_err(|error| connection.broken(error).into())
    }

    /// What the daily table has of a day; `None` where it has nothing, or is not there.
    ///
    /// # Errors
    /// When the database does not answer as it should, or not in time.
    pub async fn day(
        &mut self,
        day: UtcDay,
        has_room: impl Fn(&str, usize) -> bool,
    ) -> Result<Option<BooksByModel>, BooksError> {
        let Self { connection, daily_table, .. } = self;
        let sql = format!(
            "SELECT coalesce(model_group, ''), coalesce(sum(api_requests), 0)::bigint, {PICOS} FROM {daily_table} \
             WHERE date = $1 GROUP BY 1"
        );
        let date = day.to_string();
        let sum = async {
            let transaction = begin(connection).await?;
            by_model(&transaction, &sql, [(&date as &(dyn ToSql + Sync), Type::TEXT)], &has_room).await
        };
        match in_time(sum).await? {
            Ok(models) => Ok(Some(models).filter(|models| !models.is_empty())),
            Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(None),
            Err(error) => Err(connection.broken(error).into()),
        }
    }

    /// The ids of the first rows of an hour that were not counted, with the models of these rows; at most `most` for each model.
    ///
    /// # Errors
    /// When the database does not answer as it should, or not in time.
    pub async fn uncounted(
        &mut self,
        hour: UtcHour,
        most: usize,
        has_counted: &(dyn Fn(RowMark) -> bool + Send + Sync),
    ) -> Result<BTreeMap<String, Vec<String>>, BooksError> {
        let Self { connection, table, model, .. } = self;
        let sql = format!(
            "SELECT request_id, \"startTime\", {model} FROM {table} WHERE \"startTime\" >= $1 AND \"startTime\" < $2 \
             AND (\"startTime\", request_id) > ($1, $3) ORDER BY \"startTime\", request_id LIMIT {KEYS_PER_PAGE}"
        );
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let (mut after, mut last_id) = (hour.beginning(), String::new());
        for _ in 0..MOST_PAGES {
            let page = in_time(page(connection, &sql, after, hour.end(), &last_id)).await?;
            let page = page.map_err(|error| connection.broken(error))?;
            let Some(last) = page.last() else { break };
            (after, last_id) = (last.started_at, last.id.clone());
            let is_last = page.len() < usize::try_from(KEYS_PER_PAGE).unwrap_or(usize::MAX);
            for Key { id, started_at, model } in page {
                let ids = found.entry(shown(&model)).or_default();
                if ids.len() < most && !has_counted(RowMark::new(started_at, &id)) {
                    ids.push(clean(&id).into_owned());
                }
            }
            if is_last {
                break;
            }
        }
        Ok(found)
    }
}

/// Which row, and of which model.
struct Key {
    id: String,
    started_at: Timestamp,
    model: String,
}

async fn page(
    connection: &mut Connection,
    sql: &str,
    after: Timestamp,
    until: Timestamp,
    last_id: &str,
) -> Result<Vec<Key>, tokio_postgres::Error> {
    let (after, until) = (SystemTime::from(after), SystemTime::from(until));
    let transaction = begin(connection).await?;
    let parameters: [(&(dyn ToSql + Sync), Type); 3] =
        [(&after, Type::TIMESTAMP), (&until, Type::TIMESTAMP), (&last_id, Type::TEXT)];
    let rows = transaction.query_typed(sql, &parameters).await?;
    let key = |row: &Row| {
        let started_at: SystemTime = row.try_get(1)?;
        Ok(Key { id: row.try_get(0)?, started_at: started_at.into(), model: row.try_get(2)? })
    };
    rows.iter().map(key).collect()
}

async fn in_time<T>(work: impl Future<Output = T>) -> Result<T, BooksError> {
    timeout(PATIENCE, work).await.map_err(|_| BooksError::TimedOut)
}
