//! The share in the gateway's own database: a schema with two small tables, for those who have no Redis and may write there.
//!
//! It is made by whoever takes over first, where its role may create schemas; else by an administrator, with the same two statements.
//! Everything is sent as plain text, as a pooler may stand between, and each text as hex, whatever it holds.

use std::fmt::Write as _;
use std::time::Duration;

use tokio_postgres::SimpleQueryRow;

use super::chunk::Chunk;
use super::share::{PATIENCE, ShareError, Taken, Telling, Told};
use crate::dependencies::database::{Connection, Connector, DatabaseError};

/// What is made. Of a holder there is one row for each schema with a spend log.
const CREATE: &str = "BEGIN READ WRITE;
CREATE SCHEMA IF NOT EXISTS llm_exporter;
CREATE TABLE IF NOT EXISTS llm_exporter.spend_log_holder (
  scope text PRIMARY KEY, epoch bigint NOT NULL, progress text, told_at timestamptz);
CREATE TABLE IF NOT EXISTS llm_exporter.spend_log_claims (
  scope text, epoch bigint, number bigint, newest_minute bigint NOT NULL, chunk bytea NOT NULL,
  PRIMARY KEY (scope, epoch, number));
COMMIT";

/// Asked first: to create what exists already needs the right to create as well.
const EXISTS: &str = "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     WHERE n.nspname = 'llm_exporter' AND c.relname IN ('spend_log_holder', 'spend_log_claims')";

/// So many claims are read at once: some megabytes at most.
const PORTION: usize = 32;

const PLACE: &str = "the schema llm_exporter";

/// The share in the gateway's own database.
#[derive(Debug)]
pub struct SchemaShare {
    connector: Connector,
    connection: Option<Connection>,
    /// The schema of the spend log, as an SQL expression.
    scope: String,
    exists: bool,
}

impl SchemaShare {
    /// The share of those who read the spend log in this schema.
    #[must_use]
    pub fn new(connector: Connector, schema: &str) -> Self {
        Self { connector, connection: None, scope: text(schema), exists: false }
    }

    pub(super) async fn take(&mut self, clock: u64) -> Result<Taken, ShareError> {
        if !self.has_tables().await? {
            self.ask(CREATE).await?;
            self.exists = true;
        }
        let scope = &self.scope;
        // The last epoch is read before it is changed, by a lock that orders those who take over at the same time.
        let sql = format!(
            "BEGIN READ WRITE; \
             INSERT INTO llm_exporter.spend_log_holder (scope, epoch) VALUES ({scope}, 0) ON CONFLICT DO NOTHING; \
             SELECT epoch, progress, greatest(0, floor(extract(epoch FROM clock_timestamp() - told_at) * 1000)::bigint) \
             FROM llm_exporter.spend_log_holder WHERE scope = {scope} FOR UPDATE; \
             UPDATE llm_exporter.spend_log_holder SET epoch = greatest(epoch + 1, {clock}) WHERE scope = {scope}; \
             SELECT epoch FROM llm_exporter.spend_log_holder WHERE scope = {scope}; \
             COMMIT"
        );
        let rows = self.ask(&sql).await?;
        let [last, new] = rows.as_slice() else { return Err(ShareError::Garbled { place: PLACE }) };
        let previous = Some(number(last, 0)?).filter(|epoch| *epoch > 0);
        let progress = last.get(1).map(str::to_owned);
        let age = last.get(2).map(|_| number(last, 2)).transpose()?.map(Duration::from_millis);
        Ok(Taken { epoch: number(new, 0)?, previous, progress, age, chunks: self.read().await? })
    }

    pub(super) async fn look(&mut self) -> Result<Vec<Chunk>, ShareError> {
        if self.has_tables().await? { self.read().await } else { Ok(Vec::new()) }
    }

    pub(super) async fn tell(&mut self, telling: &Telling<'_>) -> Result<Told, ShareError> {
        let Telling { epoch, chunks, expected, progress, rows_from } = telling;
        let scope = &self.scope;
        let progress = progress.map(|progress| format!(", progress = {}", text(progress))).unwrap_or_default();
        // Only one row can be updated, and only while the epoch is ours: all that follows hangs on it.
        let mut sql = format!(
            "BEGIN READ WRITE; \
             SELECT epoch FROM llm_exporter.spend_log_holder WHERE scope = {scope} FOR UPDATE; \
             INSERT INTO llm_exporter.spend_log_holder (scope, epoch) VALUES ({scope}, {epoch}) ON CONFLICT DO NOTHING; \
             UPDATE llm_exporter.spend_log_holder SET epoch = {epoch}, told_at = clock_timestamp(){progress} \
             WHERE scope = {scope} AND epoch <= {epoch};"
        );
        let is_ours =
            format!("EXISTS (SELECT FROM llm_exporter.spend_log_holder WHERE scope = {scope} AND epoch = {epoch})");
        if let Some(minute) = rows_from {
            sql += &format!(
                "DELETE FROM llm_exporter.spend_log_claims WHERE scope = {scope} AND newest_minute < {minute} AND {is_ours};"
            );
        }
        for Chunk { epoch: began, number, newest, bytes, .. } in *chunks {
            let bytes = hex(bytes);
            sql += &format!(
                "INSERT INTO llm_exporter.spend_log_claims SELECT {scope}, {began}, {number}, {newest}, \
                 decode('{bytes}', 'hex') WHERE {is_ours} ON CONFLICT (scope, epoch, number) DO UPDATE \
                 SET newest_minute = greatest(spend_log_claims.newest_minute, excluded.newest_minute);"
            );
        }
        sql += &format!(
            "SELECT count(*) FROM llm_exporter.spend_log_claims WHERE scope = {scope}; \
             SELECT epoch FROM llm_exporter.spend_log_holder WHERE scope = {scope}; COMMIT"
        );
        let rows = self.ask(&sql).await?;
        told(&rows, *epoch, *expected)
    }

    /// The claims, in portions. Those of a later version are left alone.
    async fn read(&mut self) -> Result<Vec<Chunk>, ShareError> {
        let (mut chunks, mut from) = (Vec::new(), 0);
        loop {
            let sql = format!(
                "SELECT encode(chunk, 'hex') FROM llm_exporter.spend_log_claims WHERE scope = {} \
                 ORDER BY newest_minute, epoch, number LIMIT {PORTION} OFFSET {from}",
                self.scope
            );
            let rows = self.ask(&sql).await?;
            chunks.extend(rows.iter().filter_map(|row| Chunk::read(bytes(row.get(0)?)?)));
            if rows.len() < PORTION {
                return Ok(chunks);
            }
            from += PORTION;
        }
    }

    async fn has_tables(&mut self) -> Result<bool, ShareError> {
        if !self.exists {
            let rows = self.ask(EXISTS).await?;
            self.exists = rows.first().is_some_and(|row| row.get(0) == Some("2"));
        }
        Ok(self.exists)
    }

    /// The connection is kept when all went well: what failed may have left a transaction.
    async fn ask(&mut self, sql: &str) -> Result<Vec<SimpleQueryRow>, ShareError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connector.connect(PATIENCE).await?,
        };
        match connection.ask_plainly_within(PATIENCE, sql).await {
            Ok(rows) => {
                self.connection = Some(connection);
                Ok(rows)
            }
            Err(error) => {
                // They may have been dropped.
                self.exists = false;
                Err(DatabaseError::into(error))
            }
        }
    }
}

/// From the epoch before, if there was one, the number of claims, and the epoch after.
fn told(rows: &[SimpleQueryRow], epoch: u64, expected: usize) -> Result<Told, ShareError> {
    let [before @ .., claims, after] = rows else { return Err(ShareError::Garbled { place: PLACE }) };
    if number(after, 0)? != epoch {
        return Ok(Told::Fenced);
    }
    let before = before.first().map(|row| number(row, 0)).transpose()?;
    let claims: usize = parsed(claims, 0)?;
    Ok(if before == Some(epoch) && claims >= expected { Told::Kept } else { Told::Forgotten })
}

fn number(row: &SimpleQueryRow, column: usize) -> Result<u64, ShareError> {
    parsed(row, column)
}

fn parsed<T: std::str::FromStr>(row: &SimpleQueryRow, column: usize) -> Result<T, ShareError> {
    let value = row.try_get(column).ok().flatten().and_then(|value| value.parse().ok());
    value.ok_or(ShareError::Garbled { place: PLACE })
}

/// An SQL expression for this text. No quote and no backslash can be in it.
fn text(text: &str) -> String {
    format!("convert_from(decode('{}', 'hex'), 'UTF8')", hex(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes().chunks_exact(2);
    digits.map(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()).collect()
}
