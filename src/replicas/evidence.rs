//! The stream in Redis by which the leader tells what its probes found. How it is read: [`reader`](super::reader).

use std::time::Duration;

use redis::Script;
use redis::aio::ConnectionLike;

use super::error::within;
use super::keys::Keys;
use super::stream::FIELD;
use super::{Finding, Lease, ReplicaError};

/// A stream that nobody writes to is gone after this time.
const EXPIRY: Duration = Duration::from_hours(24);
/// So many entries are written by one script at most: Redis does nothing else meanwhile.
const BATCH: usize = 100;

/// Adds entries, if the lease still holds what the writer thinks, and says whether it does. A leader whose lease ran out while it
/// slept does not know that yet: what it found is old, and another leads.
const APPEND: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
for i = 5, #ARGV do
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', ARGV[4], ARGV[i])
end
redis.call('EXPIRE', KEYS[2], ARGV[3])
return 1
";

/// What became of findings that were to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// The other replicas can read them.
    Written,
    /// This replica doesn't lead any more: nobody is told.
    Refused,
}

/// The writing end of the stream of evidence.
#[derive(Debug)]
pub struct EvidenceWriter {
    key: String,
    max_entries: usize,
    append: Script,
}

impl EvidenceWriter {
    /// The stream behind this prefix, which keeps `max_entries` and some more.
    #[must_use]
    pub fn new(prefix: &str, max_entries: usize) -> Self {
        Self { key: Keys::new(prefix).evidence(), max_entries, append: Script::new(APPEND) }
    }

    /// Tells what was found, as long as the lease of this number holds.
    ///
    /// # Errors
    /// When Redis doesn't answer in time, or with an error. It may have written them all the same: who tells them again does no harm,
    /// since readers pass over what they have read.
    pub async fn append<C>(
        &self,
        conn: &mut C,
        lease: &Lease,
        fence: u64,
        findings: &[Finding],
    ) -> Result<Published, ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        for batch in findings.chunks(BATCH) {
            let mut script = self.append.prepare_invoke();
            script.key(lease.key()).key(&self.key);
            script.arg(lease.value(fence)).arg(self.max_entries).arg(EXPIRY.as_secs()).arg(FIELD);
            for finding in batch {
                script.arg(finding.encode(lease.replica(), fence));
            }
            let is_leader: bool =
                within(lease.third(), "tell the replicas what was found", script.invoke_async(conn)).await?;
            if !is_leader {
                return Ok(Published::Refused);
            }
        }
        Ok(Published::Written)
    }
}
