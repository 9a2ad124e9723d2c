//! The stream in Redis by which each replica tells what requests said of deployments.
//!
//! Unlike what probes found, this is told by every replica: a gateway's events come to one of them, whichever that is. So there is no
//! fence: whoever slept and wakes tells of times that are over, and each piece of evidence takes its place by its own time.

mod entry;

use std::collections::VecDeque;
use std::time::Duration;

use redis::aio::ConnectionLike;

use super::applied::Applied;
use super::error::within;
use super::keys::Keys;
use super::stream::{FIELD, StreamReader};
use super::{ReplicaError, ReplicaId, Settings};
use crate::event::Timestamp;
use crate::state::News;
use entry::{Entry, encode};

/// The stream keeps so many entries, and some more: one of each replica and second over some minutes, and no more memory than
/// 64 MiB.
const MAX_ENTRIES: usize = 4_096;
/// So many entries are read at once at most, of 16 KiB and rarely more each.
const PORTION: usize = 128;
/// So many are written at once at most.
const WRITTEN_AT_ONCE: usize = 32;

/// One replica's end of the stream of traffic.
#[derive(Debug)]
pub struct TrafficStream {
    key: String,
    replica: ReplicaId,
    patience: Duration,
    /// A stream that nobody writes to is gone after this time: by then it says nothing any more.
    expiry: Duration,
    reader: StreamReader,
    applied: Applied,
    /// The number of the entry that is written next.
    number: u64,
    /// Entries of which it is not known that they were written.
    untold: VecDeque<String>,
}

/// What other replicas told.
#[derive(Debug, Default, PartialEq)]
pub struct Heard {
    /// What requests to them said, from the oldest on. What was heard before is not in it.
    pub news: Vec<News>,
    /// How many entries are none, or of a version that this one does not understand.
    pub garbage: u64,
    /// Whether there is more to hear at once.
    pub has_more: bool,
}

impl TrafficStream {
    /// The stream of the replicas with these settings, for this replica, which begins with what is not older than `history`.
    #[must_use]
    pub fn new(settings: &Settings, replica: ReplicaId, history: Duration) -> Self {
        let key = Keys::new(&settings.prefix).traffic();
        // Whoever leads must renew its lease between two commands.
        let patience = settings.lease_time / 6;
        let task = "tell what requests said";
        Self {
            replica,
            patience,
            expiry: expiry(history),
            reader: StreamReader::new(key.clone(), task, PORTION, history, patience),
            applied: Applied::new(2 * MAX_ENTRIES),
            key,
            number: 0,
            untold: VecDeque::new(),
        }
    }

    /// What is not older than `history` matters from now on.
    pub fn set_history(&mut self, history: Duration) {
        self.expiry = expiry(history);
        self.reader.set_history(history);
    }

    /// Whether [`tell`](Self::tell) has something to tell that it could not tell before.
    #[must_use]
    pub fn has_untold(&self) -> bool {
        !self.untold.is_empty()
    }

    /// Tells the other replicas what requests said here, after what could not be told before.
    ///
    /// # Errors
    /// When Redis doesn't answer in time, or with an error. What was not told is kept and told the next time; nobody hears it twice.
    pub async fn tell<C>(&mut self, conn: &mut C, news: &[News]) -> Result<(), ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        self.untold.extend(encode(news, &self.replica, &mut self.number));
        while self.has_untold() {
            let some = self.untold.len().min(WRITTEN_AT_ONCE);
            let mut pipe = redis::pipe();
            for entry in self.untold.iter().take(some) {
                pipe.cmd("XADD").arg(&self.key).arg("MAXLEN").arg("~").arg(MAX_ENTRIES);
                pipe.arg("*").arg(FIELD).arg(entry).ignore();
            }
            pipe.cmd("EXPIRE").arg(&self.key).arg(self.expiry.as_secs()).ignore();
            within::<()>(self.patience, "take what requests said", pipe.query_async(conn)).await?;
            self.untold.drain(..some);
        }
        Ok(())
    }

    /// Hears what the other replicas told since the last time, up to some hundred entries. Times are not after `now`.
    ///
    /// # Errors
    /// When Redis doesn't answer in time, or with an error. Nothing is lost then: the next look goes on from the same place.
    pub async fn hear<C>(&mut self, conn: &mut C, now: Timestamp) -> Result<Heard, ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        let portion = self.reader.read(conn, now).await?;
        let mut heard = Heard { has_more: portion.has_more, ..Heard::default() };
        for json in portion.entries {
            self.take(json, now, &mut heard);
        }
        Ok(heard)
    }

    fn take(&mut self, json: Option<Vec<u8>>, now: Timestamp, heard: &mut Heard) {
        let Some(entry) = json.as_deref().and_then(Entry::decode) else {
            heard.garbage += 1;
            return;
        };
        if entry.replica == self.replica.as_str() || !self.applied.insert(entry.key()) {
            return;
        }
        heard.garbage += entry.garbage;
        heard.news.extend(entry.news.into_iter().map(|news| news.not_after(now)));
    }
}

/// By then nothing of it matters any more to anybody.
fn expiry(history: Duration) -> Duration {
    history.saturating_mul(2).max(Duration::from_mins(1))
}
