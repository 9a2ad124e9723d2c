//! Asks the database for rows, their places and their numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use super::error::ReadError;
use super::field::TABLE;
use super::micros::{Micros, parameter};
use super::place::Place;
use super::row::LogRow;
use super::schema::Schema;
use super::sql::{Detail, Statements};
use crate::dependencies::database::{Cancel, Connection, Connector, Limits, Parameter, qualified, quoted};
use crate::event::{RowMark, Timestamp};

/// The table in which processes of the gateway say that they are alive.
const HEARTBEATS: &str = "LiteLLM_ProxyWorkerHeartbeat";
/// When one of them said so last.
const HEARTBEAT: &str = "last_heartbeat_at";
/// LiteLLM takes a process for alive whose latest heartbeat is no older: three times the time between two.
const ALIVE_SECONDS: f64 = 180.0;

const PATIENCE: Duration = Duration::from_secs(15);
const LIMITS: Limits = Limits { statement: Duration::from_secs(10), answer: PATIENCE };

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
        let catalogue = connection.catalogue(LIMITS, name, &[TABLE, HEARTBEATS]).await?;
        let Some(columns) = catalogue.tables.get(TABLE) else {
            return Err(ReadError::NoTable { schema: name.to_owned() });
        };
        let grant = grant(name, &catalogue.role);
        if catalogue.readable(TABLE).is_none_or(|columns| columns.is_empty()) {
            return Err(ReadError::NoPermission { grant });
        }
        let schema = Schema::of(columns)?;
        // Who does not let us read them has no wish to be told of.
        let has_heartbeats = catalogue.readable(HEARTBEATS).is_some_and(|columns| columns.contains_key(HEARTBEAT));
        Ok(Self {
            statements: Statements::new(name, &schema),
            time_type: if schema.has_zone { Type::TIMESTAMPTZ } else { Type::TIMESTAMP },
            workers: has_heartbeats.then(|| workers(name)),
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
        let answered = self.connection.ask(LIMITS, statement, parameters).await;
        answered.map_err(|error| match error.code() {
            Some(&SqlState::INSUFFICIENT_PRIVILEGE) => ReadError::NoPermission { grant: self.grant.clone() },
            _ => error.into(),
        })
    }
}

/// As LiteLLM counts them itself, whose clock is the session's.
fn workers(schema: &str) -> String {
    let table = qualified(schema, HEARTBEATS);
    format!("SELECT count(*) FROM {table} WHERE {HEARTBEAT} > now() - make_interval(secs => $1)")
}

fn grant(schema: &str, role: &str) -> String {
    let (table, schema, role) = (qualified(schema, TABLE), quoted(schema), quoted(role));
    format!("GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON {table} TO {role}")
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
