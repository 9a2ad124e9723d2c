//! Reads a stream that replicas write to, from where it stopped the last time, and finds in it what replicas wrote.
//!
//! It asks now and then and never waits at the server: a waiting command would hold up everything else on the shared connection.
//! What the entries say, and which of them were read before, is the business of whoever reads.

use std::time::Duration;

use redis::Value;
use redis::aio::ConnectionLike;

use super::ReplicaError;
use super::error::within;
use super::stream_id::StreamId;
use crate::event::Timestamp;

/// The field of an entry that holds all of it.
pub(super) const FIELD: &str = "json";

/// The reading end of a stream.
#[derive(Debug)]
pub(super) struct StreamReader {
    key: String,
    /// What is asked, for errors.
    task: &'static str,
    /// So many entries are read at once at most.
    portion: usize,
    /// How far back a reader begins that knows nothing yet.
    history: Duration,
    patience: Duration,
    /// The last entry that was read; `None` before the first look.
    cursor: Option<StreamId>,
}

/// What was read at once.
#[derive(Debug, Default)]
pub(super) struct Portion {
    /// What the field of each entry holds, from the oldest on; `None` for an entry without it.
    pub(super) entries: Vec<Option<Vec<u8>>>,
    /// Whether there is more to read at once.
    pub(super) has_more: bool,
}

impl StreamReader {
    pub(super) fn new(key: String, task: &'static str, portion: usize, history: Duration, patience: Duration) -> Self {
        Self { key, task, portion, history, patience, cursor: None }
    }

    /// How far back it begins, if it has not begun.
    pub(super) const fn set_history(&mut self, history: Duration) {
        self.history = history;
    }

    /// Reads what came since the last time, up to a portion.
    pub(super) async fn read<C>(&mut self, conn: &mut C, now: Timestamp) -> Result<Portion, ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        let cursor = match self.cursor {
            Some(cursor) => cursor,
            None => self.begin(conn, now).await?,
        };
        self.cursor = Some(cursor);
        let mut range = redis::cmd("XRANGE");
        range.arg(&self.key).arg(cursor.next().to_string()).arg("+").arg("COUNT").arg(self.portion);
        let entries: Vec<Value> = within(self.patience, self.task, range.query_async(conn)).await?;
        if entries.is_empty() && self.latest(conn).await?.is_some_and(|latest| latest < cursor) {
            // Ids only grow: this is another stream, of a server with another clock or without a memory.
            self.cursor = Some(StreamId::BEGINNING);
            return Ok(Portion { has_more: true, ..Portion::default() });
        }
        Ok(self.take(entries))
    }

    /// Where a replica begins that knows nothing yet. Ids are times of the server's clock: where that is behind ours, its
    /// latest entry says what time it is there.
    async fn begin<C>(&self, conn: &mut C, now: Timestamp) -> Result<StreamId, ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        let now = StreamId::at(now);
        let latest = self.latest(conn).await?;
        Ok(latest.map_or(now, |latest| latest.min(now)).earlier(self.history))
    }

    /// The last entry of the stream; `None` if it has none.
    async fn latest<C>(&self, conn: &mut C) -> Result<Option<StreamId>, ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        let mut range = redis::cmd("XREVRANGE");
        range.arg(&self.key).arg("+").arg("-").arg("COUNT").arg(1);
        let entries: Vec<Value> = within(self.patience, self.task, range.query_async(conn)).await?;
        Ok(entries.into_iter().find_map(parts).map(|(id, _)| id))
    }

    fn take(&mut self, entries: Vec<Value>) -> Portion {
        let mut portion = Portion { has_more: entries.len() >= self.portion, entries: Vec::new() };
        for (id, fields) in entries.into_iter().filter_map(parts) {
            self.cursor = Some(id);
            portion.entries.push(field(fields));
        }
        portion
    }
}

/// An entry's id and its fields. Taken apart by hand: whoever can write to the stream may put anything into it, and one entry that
/// the library can't convert would hold up all others.
fn parts(entry: Value) -> Option<(StreamId, Vec<Value>)> {
    let Value::Array(parts) = entry else { return None };
    let Ok([Value::BulkString(id), Value::Array(fields)]) = <[Value; 2]>::try_from(parts) else { return None };
    Some((StreamId::parse(str::from_utf8(&id).ok()?)?, fields))
}

/// The value of our field.
fn field(fields: Vec<Value>) -> Option<Vec<u8>> {
    let is_ours = |name: &Value| matches!(name, Value::BulkString(name) if name == FIELD.as_bytes());
    let place = fields.iter().step_by(2).position(is_ours)?;
    match fields.into_iter().nth(2 * place + 1)? {
        Value::BulkString(json) => Some(json),
        _ => None,
    }
}
