//! Asks the database, one transaction a question, and gives up what takes too long there as well.
//!
//! No statement is prepared under a name, and nothing is set beyond a transaction: behind a pooler the next question may go to
//! another connection.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};

use super::error::ReadError;
use super::field::TABLE;
use super::micros::{Micros, parameter};
use super::place::Place;
use super::row::LogRow;
use super::schema::{ColumnFacts, Schema};
use super::sql::{Detail, Statements, quoted};
use crate::dependencies::database::{Cancel, Connection, Connector};
use crate::event::{RowMark, Timestamp};

/// The table in which processes of the gateway say that they are alive.
const HEARTBEATS: &str = "LiteLLM_ProxyWorkerHeartbeat";
/// LiteLLM takes a process for alive whose latest heartbeat is no older: three times the time between two.
const ALIVE_SECONDS: f64 = 180.0;

/// How long the server may work on one question.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer may take: what the server gives up itself is its to tell.
const PATIENCE: Duration = Duration::from_secs(15);

/// A parameter and its type.
type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

const COLUMNS: &str = "SELECT a.attname::text, t.typname::text, \
    has_column_privilege(c.oid, a.attnum, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE') \
    FROM pg_catalog.pg_class c \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
    WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";

/// A connection to the database, and what its tables look like.
#[derive(Debug)]
pub(super) struct Reader {
    connection: Connection,
    statements: Statements,
    schema: Schema,
    time_type: Type,
    workers: Option<String>,
    grant: String,
}

impl Reader {
    /// Connects, and looks the table up.
    ///
    /// # Errors
    /// Where the database can't be reached, or has no such table, or lets us not read it.
    pub(super) async fn open(connector: &Connector) -> Result<Self, ReadError> {
        let connection = connector.connect(PATIENCE).await?;
        let name = connector.schema();
        let columns = columns(&connection, name, TABLE).await?;
        if columns.is_empty() {
            return Err(ReadError::NoTable { schema: name.to_owned() });
        }
        let grant = grant(name, connector.user());
        if columns.values().all(|column| !column.is_readable) {
            return Err(ReadError::NoPermission { grant });
        }
        let schema = Schema::of(&columns)?;
        let heartbeats = columns_of_heartbeats(&connection, name).await?;
        Ok(Self {
            statements: Statements::new(name, &schema),
            time_type: if schema.has_zone { Type::TIMESTAMPTZ } else { Type::TIMESTAMP },
            workers: heartbeats.then(|| workers(name)),
            connection,
            schema,
            grant,
        })
    }

    /// What gives up what is asked.
    pub(super) fn cancel(&self) -> Cancel {
        self.connection.cancel()
    }

    /// The columns that there are.
    pub(super) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// What time it is there.
    pub(super) async fn now(&self) -> Result<Timestamp, ReadError> {
        let rows = self.ask("SELECT clock_timestamp()", &[]).await?;
        let row = rows.first().map(|row| row.try_get(0)).transpose();
        let Micros(now) = row.map_err(answer)?.unwrap_or(Micros(Timestamp::default()));
        Ok(now)
    }

    /// Whole rows after a place and before a moment, in their order, at most so many.
    pub(super) async fn page(&self, after: &Place, before: Timestamp, limit: usize) -> Result<Vec<LogRow>, ReadError> {
        let (at, id, before, limit) = (parameter(after.at()), after.id(), parameter(before), whole(limit));
        let time = || self.time_type.clone();
        let parameters: [Parameter<'_>; 4] =
            [(&at, time()), (&id, Type::TEXT), (&before, time()), (&limit, Type::INT8)];
        self.select(|detail| self.statements.page(detail), &parameters).await
    }

    /// The places of rows after a place and before a moment, in their order, at most so many.
    pub(super) async fn keys(
        &self,
        after: &Place,
        before: Option<Timestamp>,
        limit: usize,
    ) -> Result<Vec<Place>, ReadError> {
        let (at, id, limit) = (parameter(after.at()), after.id(), whole(limit));
        let time = || self.time_type.clone();
        let rows = match before.map(parameter) {
            None => {
                let parameters: [Parameter<'_>; 3] = [(&at, time()), (&id, Type::TEXT), (&limit, Type::INT8)];
                self.ask(&self.statements.keys, &parameters).await?
            }
            Some(before) => {
                let parameters: [Parameter<'_>; 4] =
                    [(&at, time()), (&id, Type::TEXT), (&before, time()), (&limit, Type::INT8)];
                self.ask(&self.statements.keys_before, &parameters).await?
            }
        };
        rows.iter().map(place).collect::<Result<_, _>>().map_err(answer)
    }

    /// The rows at these places that are still there.
    pub(super) async fn rows(&self, places: &[Place]) -> Result<Vec<LogRow>, ReadError> {
        let times = || places.iter().map(Place::at);
        let (Some(first), Some(last)) = (times().min(), times().max()) else { return Ok(Vec::new()) };
        let ids: Vec<&str> = places.iter().map(Place::id).collect();
        let (first, last) = (parameter(first), parameter(last));
        let time = || self.time_type.clone();
        let parameters: [Parameter<'_>; 3] = [(&first, time()), (&last, time()), (&ids, Type::TEXT_ARRAY)];
        self.select(|detail| self.statements.rows(detail), &parameters).await
    }

    /// How many rows there are of each minute between two moments, without the minutes that have none.
    pub(super) async fn counts(&self, from: Timestamp, before: Timestamp) -> Result<BTreeMap<i64, u64>, ReadError> {
        let (from, before) = (parameter(from), parameter(before));
        let time = || self.time_type.clone();
        let rows = self.ask(&self.statements.counts, &[(&from, time()), (&before, time())]).await?;
        let count = |row: &Row| {
            let (Micros(minute), rows) = (row.try_get(0)?, row.try_get::<_, i64>(1)?);
            Ok((RowMark::minute_of(minute), u64::try_from(rows).unwrap_or_default()))
        };
        rows.iter().map(count).collect::<Result<_, _>>().map_err(answer)
    }

    /// How many processes of the gateway are alive; `None` where they do not tell.
    pub(super) async fn workers(&self) -> Result<Option<u64>, ReadError> {
        let Some(statement) = &self.workers else { return Ok(None) };
        let rows = self.ask(statement, &[(&ALIVE_SECONDS, Type::FLOAT8)]).await?;
        let count = rows.first().map(|row| row.try_get::<_, i64>(0)).transpose().map_err(answer)?;
        Ok(count.and_then(|count| u64::try_from(count).ok()))
    }

    /// A value that can't be read, such as JSON that PostgreSQL itself can't, costs what stands in JSON and no row.
    async fn select<'s>(
        &self,
        statement: impl Fn(Detail) -> &'s str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<LogRow>, ReadError> {
        let rows = match self.ask(statement(Detail::Full), parameters).await {
            Err(error) if error.is_about_a_value() => {
                tracing::warn!(%error, "rows of the spend log are counted without their metadata, which can't be read");
                self.ask(statement(Detail::Plain), parameters).await?
            }
            answered => answered?,
        };
        rows.into_iter().map(LogRow::new).collect::<Result<_, _>>().map_err(answer)
    }

    async fn ask(&self, statement: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, ReadError> {
        let answered = ask(&self.connection, statement, parameters).await;
        answered.map_err(|error| match error {
            ReadError::Database(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                ReadError::NoPermission { grant: self.grant.clone() }
            }
            error => error,
        })
    }
}

/// What is dropped before its answer is there is cancelled in the database.
async fn ask(connection: &Connection, statement: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, ReadError> {
    let begin = format!("BEGIN READ ONLY; SET LOCAL statement_timeout = {}", STATEMENT_TIMEOUT.as_millis());
    let cancel = connection.cancel().on_drop();
    let asking = async {
        connection.batch_execute(&begin).await?;
        let answered = connection.query_typed(statement, parameters).await;
        let end = if answered.is_ok() { "COMMIT" } else { "ROLLBACK" };
        // Where this fails too the connection is broken, and the first error tells why.
        let ended = connection.batch_execute(end).await;
        answered.and_then(|rows| ended.map(|()| rows))
    };
    let answered = timeout(PATIENCE, asking).await.map_err(|_elapsed| ReadError::TimedOut { after: PATIENCE })?;
    cancel.answered();
    Ok(answered.map_err(|source| connection.broken(source))?)
}

async fn columns(
    connection: &Connection,
    schema: &str,
    table: &str,
) -> Result<BTreeMap<String, ColumnFacts>, ReadError> {
    let rows = ask(connection, COLUMNS, &[(&schema, Type::TEXT), (&table, Type::TEXT)]).await?;
    let column =
        |row: &Row| Ok((row.try_get(0)?, ColumnFacts { type_name: row.try_get(1)?, is_readable: row.try_get(2)? }));
    rows.iter().map(column).collect::<Result<_, _>>().map_err(answer)
}

/// Whether there are heartbeats that may be read: who does not let us has no wish to be told of.
async fn columns_of_heartbeats(connection: &Connection, schema: &str) -> Result<bool, ReadError> {
    let columns = columns(connection, schema, HEARTBEATS).await?;
    Ok(columns.get("last_heartbeat_at").is_some_and(|column| column.is_readable))
}

/// As LiteLLM counts them itself, whose clock is the session's.
fn workers(schema: &str) -> String {
    let table = format!("{}.{}", quoted(schema), quoted(HEARTBEATS));
    format!("SELECT count(*) FROM {table} WHERE last_heartbeat_at > now() - make_interval(secs => $1)")
}

fn grant(schema: &str, role: &str) -> String {
    let (schema, table, role) = (quoted(schema), quoted(TABLE), quoted(role));
    format!("GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON {schema}.{table} TO {role}")
}

fn place(row: &Row) -> Result<Place, tokio_postgres::Error> {
    let Micros(at) = row.try_get(0)?;
    Ok(Place::new(at, row.try_get::<_, Option<&str>>(1)?.unwrap_or_default()))
}

fn whole(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn answer(source: tokio_postgres::Error) -> ReadError {
    ReadError::Answer { source }
}
