//! The gateway's books: LiteLLM's spend log, and its daily table.
//!
//! Costs are added up as whole picodollars, which is exact, the same as we round each cost to, and cheaper than a
//! sum of decimals.

mod statements;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use crate::config::Database;
use crate::dependencies::database::{Connection, Connector, DatabaseError, Limits, Parameter, qualified};
use crate::event::{RowMark, Timestamp, UtcDay, UtcHour};
use crate::sources::litellm_spend_logs::TABLE;
use crate::state::{Booked, clean};
use crate::tls::TlsError;
use statements::{PICOS, add, model, shown};

const DAILY: &str = "LiteLLM_DailyUserSpend";

/// An hour of millions of rows, read from disk.
const LIMITS: Limits = Limits { statement: Duration::from_secs(30), answer: Duration::from_secs(40) };

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
}

/// Knows where the gateway's books are.
#[derive(Debug, Clone)]
pub struct Books {
    connector: Connector,
}

impl Books {
    /// Prepares to read them; `None` where no database is configured.
    ///
    /// # Errors
    /// When the file of certificates can't be used.
    pub fn new(database: &Database) -> Result<Option<Self>, TlsError> {
        let Some(address) = &database.url else { return Ok(None) };
        Ok(Some(Self { connector: Connector::new(address, database.ca_file.as_deref())? }))
    }

    /// Connects, and looks which columns there are: they differ from one LiteLLM to the next.
    ///
    /// # Errors
    /// When the database can't be reached, or there is no spend log that may be read.
    pub async fn open(&self) -> Result<OpenBooks, BooksError> {
        let (connection, schema) = (self.connector.connect(CONNECT_TIMEOUT).await?, self.connector.schema());
        let catalogue = connection.catalogue(LIMITS, schema, &[TABLE]).await?;
        let table = qualified(schema, TABLE);
        let Some(columns) = catalogue.readable(TABLE) else { return Err(BooksError::NoTable { table }) };
        // Without a row, to find out whether it may be read.
        connection.ask(LIMITS, &format!("SELECT request_id, \"startTime\", spend FROM {table} LIMIT 0"), &[]).await?;
        let has_zone = columns.get("startTime").is_some_and(|column| column.type_name == "timestamptz");
        Ok(OpenBooks {
            connection,
            table,
            daily_table: qualified(schema, DAILY),
            model: model(&columns),
            time_type: if has_zone { Type::TIMESTAMPTZ } else { Type::TIMESTAMP },
        })
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
    time_type: Type,
}

impl OpenBooks {
    /// What the spend log has of the requests that began within an hour. Models that `has_room` has none for are `other`; it is told
    /// their names and how many there are already.
    ///
    /// # Errors
    /// When the database does not answer as it should, or not in time.
    pub async fn hour(
        &self,
        hour: UtcHour,
        has_room: impl Fn(&str, usize) -> bool,
    ) -> Result<BooksByModel, BooksError> {
        let Self { connection, table, model, .. } = self;
        let sql = format!(
            "SELECT {model}, count(*), {PICOS} FROM {table} WHERE \"startTime\" >= $1 AND \"startTime\" < $2 GROUP BY 1"
        );
        let (from, until) = (SystemTime::from(hour.beginning()), SystemTime::from(hour.end()));
        let parameters: [Parameter<'_>; 2] = [(&from, self.time_type.clone()), (&until, self.time_type.clone())];
        let mut models = BooksByModel::new();
        connection.ask_each(LIMITS, &sql, &parameters, |row| add(&mut models, &row, &has_room)).await?;
        Ok(models)
    }

    /// What the daily table has of a day; `None` where it has nothing, or is not there.
    ///
    /// # Errors
    /// When the database does not answer as it should, or not in time.
    pub async fn day(
        &self,
        day: UtcDay,
        has_room: impl Fn(&str, usize) -> bool,
    ) -> Result<Option<BooksByModel>, BooksError> {
        let Self { connection, daily_table, .. } = self;
        let sql = format!(
            "SELECT coalesce(model_group, ''), coalesce(sum(api_requests), 0)::bigint, {PICOS} FROM {daily_table} \
             WHERE date = $1 GROUP BY 1"
        );
        let date = day.to_string();
        let mut models = BooksByModel::new();
        let add = |row| add(&mut models, &row, &has_room);
        match connection.ask_each(LIMITS, &sql, &[(&date, Type::TEXT)], add).await {
            Ok(()) => Ok(Some(models).filter(|models| !models.is_empty())),
            Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The ids of the first rows of an hour that were not counted, with the models of these rows; at most `most` for each model.
    ///
    /// # Errors
    /// When the database does not answer as it should, or not in time.
    pub async fn uncounted(
        &self,
        hour: UtcHour,
        most: usize,
        has_counted: &(dyn Fn(RowMark) -> bool + Send + Sync),
    ) -> Result<BTreeMap<String, Vec<String>>, BooksError> {
        let Self { table, model, .. } = self;
        let sql = format!(
            "SELECT request_id, \"startTime\", {model} FROM {table} WHERE \"startTime\" >= $1 AND \"startTime\" < $2 \
             AND (\"startTime\", request_id) > ($1, $3) ORDER BY \"startTime\", request_id LIMIT {KEYS_PER_PAGE}"
        );
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let (mut after, mut last_id) = (hour.beginning(), String::new());
        for _ in 0..MOST_PAGES {
            let page = self.page(&sql, after, hour.end(), &last_id).await?;
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

    async fn page(
        &self,
        sql: &str,
        after: Timestamp,
        until: Timestamp,
        last_id: &str,
    ) -> Result<Vec<Key>, DatabaseError> {
        let (after, until) = (SystemTime::from(after), SystemTime::from(until));
        let parameters: [Parameter<'_>; 3] =
            [(&after, self.time_type.clone()), (&until, self.time_type.clone()), (&last_id, Type::TEXT)];
        let mut keys = Vec::new();
        let keep = |row: Row| {
            let started_at: SystemTime = row.try_get(1)?;
            keys.push(Key { id: row.try_get(0)?, started_at: started_at.into(), model: row.try_get(2)? });
            Ok(())
        };
        self.connection.ask_each(LIMITS, sql, &parameters, keep).await?;
        Ok(keys)
    }
}

/// Which row, and of which model.
struct Key {
    id: String,
    started_at: Timestamp,
    model: String,
}
