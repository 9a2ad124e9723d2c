//! Reads what probes of all replicas found, each entry once.
//!
//! It asks now and then and never waits at the server: a waiting command would hold up everything else on the shared connection.

use std::time::Duration;

use redis::Value;
use redis::aio::ConnectionLike;

use super::applied::Applied;
use super::error::within;
use super::evidence::FIELD;
use super::keys::Keys;
use super::stream_id::StreamId;
use super::{ReplicaError, Shared};
use crate::event::Timestamp;

/// So many entries are read at once at most.
const BATCH: usize = 500;
const TASK: &str = "tell what the probes found";

/// The reading end of the stream of evidence.
#[derive(Debug)]
pub struct EvidenceReader {
    key: String,
    stale_after: Duration,
    patience: Duration,
    /// The last entry that was read; `None` before the first look.
    cursor: Option<StreamId>,
    applied: Applied,
}

/// What was read at once.
#[derive(Debug, Default, PartialEq)]
pub struct Batch {
    /// What was found, from the oldest on. What was read before is not in it.
    pub evidence: Vec<Shared>,
    /// How many entries are none, or of a version that this one does not understand.
    pub garbage: u64,
    /// Whether there is more to read at once.
    pub has_more: bool,
}

impl Batch {
    /// Adds what was read next.
    pub(super) fn append(&mut self, next: Self) {
        let Self { evidence, garbage, has_more } = next;
        self.evidence.extend(evidence);
        self.garbage += garbage;
        self.has_more = has_more;
    }
}

impl EvidenceReader {
    /// The stream behind this prefix, from what is not older than `stale_after` on. An answer is waited for no longer than
    /// `patience`. Of a stream with more than twice `max_entries`, some may be read twice after it was replaced.
    #[must_use]
    pub fn new(prefix: &str, max_entries: usize, stale_after: Duration, patience: Duration) -> Self {
        // The server trims in whole blocks: it keeps some more than it should.
        let applied = Applied::new(max_entries.saturating_mul(2));
        Self { key: Keys::new(prefix).evidence(), stale_after, patience, cursor: None, applied }
    }

    /// Reads what came since the last time, up to some hundred entries.
    ///
    /// # Errors
    /// When Redis doesn't answer in time, or with an error. Nothing is lost then: the next read goes on from the same place.
    pub async fn read<C>(&mut self, conn: &mut C, now: Timestamp) -> Result<Batch, ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        let cursor = match self.cursor {
            Some(cursor) => cursor,
            None => self.begin(conn, now).await?,
        };
        self.cursor = Some(cursor);
        let mut range = redis::cmd("XRANGE");
        range.arg(&self.key).arg(cursor.next().to_string()).arg("+").arg("COUNT").arg(BATCH);
        let entries: Vec<Value> = within(self.patience, TASK, range.query_async(conn)).await?;
        if entries.is_empty() && self.latest(conn).await?.is_some_and(|latest| latest < cursor) {
            // Ids only grow: this is another stream, of a server with another clock or without a memory.
            self.cursor = Some(StreamId::BEGINNING);
            return Ok(Batch { has_more: true, ..Batch::default() });
        }
        Ok(self.take(entries, now))
    }

    /// Where a replica begins that knows nothing yet. Ids are times of the server's clock: where that is behind ours, its
    /// latest entry says what time it is there.
    async fn begin<C>(&self, conn: &mut C, now: Timestamp) -> Result<StreamId, ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        let now = StreamId::at(now);
        let latest = self.latest(conn).await?;
        Ok(latest.map_or(now, |latest| latest.min(now)).earlier(self.stale_after))
    }

    /// The last entry of the stream; `None` if it has none.
    async fn latest<C>(&self, conn: &mut C) -> Result<Option<StreamId>, ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        let mut range = redis::cmd("XREVRANGE");
        range.arg(&self.key).arg("+").arg("-").arg("COUNT").arg(1);
        let entries: Vec<Value> = within(self.patience, TASK, range.query_async(conn)).await?;
        Ok(entries.into_iter().find_map(parts).map(|(id, _)| id))
    }

    fn take(&mut self, entries: Vec<Value>, now: Timestamp) -> Batch {
        let mut batch = Batch { has_more: entries.len() >= BATCH, ..Batch::default() };
        for (id, fields) in entries.into_iter().filter_map(parts) {
            self.cursor = Some(id);
            match field(fields).and_then(|json| Shared::decode(&json)) {
                Some(shared) if self.applied.insert(&shared) => batch.evidence.push(not_after(now, shared)),
                Some(_) => {}
                None => batch.garbage += 1,
            }
        }
        batch
    }
}

/// What a replica whose clock is ahead dates into the future would be fresh for too long: it counts as found now.
fn not_after(now: Timestamp, mut shared: Shared) -> Shared {
    let at = &mut shared.finding.outcome.at;
    *at = now.min(*at);
    shared
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
