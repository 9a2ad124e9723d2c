//! Reads what probes of all replicas found, each entry once.

use std::time::Duration;

use redis::aio::ConnectionLike;

use super::applied::Applied;
use super::keys::Keys;
use super::stream::StreamReader;
use super::{ReplicaError, Shared};
use crate::event::Timestamp;

/// So many entries are read at once at most.
const PORTION: usize = 500;
const TASK: &str = "tell what the probes found";

/// The reading end of the stream of evidence.
#[derive(Debug)]
pub struct EvidenceReader {
    stream: StreamReader,
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
    /// The stream behind this prefix, from what is not older than `history` on. An answer is waited for no longer than
    /// `patience`. Of a stream with more than twice `max_entries`, some may be read twice after it was replaced.
    #[must_use]
    pub fn new(prefix: &str, max_entries: usize, history: Duration, patience: Duration) -> Self {
        let stream = StreamReader::new(Keys::new(prefix).evidence(), TASK, PORTION, history, patience);
        // The server trims in whole blocks: it keeps some more than it should.
        Self { stream, applied: Applied::new(max_entries.saturating_mul(2)) }
    }

    /// Reads what came since the last time, up to some hundred entries.
    ///
    /// # Errors
    /// When Redis doesn't answer in time, or with an error. Nothing is lost then: the next read goes on from the same place.
    pub async fn read<C>(&mut self, conn: &mut C, now: Timestamp) -> Result<Batch, ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        let portion = self.stream.read(conn, now).await?;
        let mut batch = Batch { has_more: portion.has_more, ..Batch::default() };
        for entry in portion.entries {
            match entry.and_then(|json| Shared::decode(&json)) {
                Some(shared) if self.applied.insert(shared.key()) => batch.evidence.push(not_after(now, shared)),
                Some(_) => {}
                None => batch.garbage += 1,
            }
        }
        Ok(batch)
    }
}

/// What a replica whose clock is ahead dates into the future would be fresh for too long: it counts as found now.
fn not_after(now: Timestamp, mut shared: Shared) -> Shared {
    let at = &mut shared.finding.outcome.at;
    *at = now.min(*at);
    shared
}
