//! The lease in Redis by which one replica leads. What follows from it is told in [`leadership`](super::leadership).

use std::time::Duration;

use redis::Script;
use redis::aio::ConnectionLike;

use super::error::within;
use super::keys::Keys;
use super::{Attempt, ReplicaError, ReplicaId};

/// The number of the last lease outlives all leases, but not an exporter that is gone for good.
const FENCE_EXPIRY: Duration = Duration::from_hours(24);

/// Takes the lease if it is free, with a number that no earlier lease had, and returns that number, or 0. It also takes what it holds
/// itself: then the answer to an earlier attempt was lost.
const ACQUIRE: &str = "
local holder = redis.call('GET', KEYS[1])
if holder and string.sub(holder, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
local fence = redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
if holder then redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[1] .. fence, 'NX', 'PX', ARGV[2])
return fence
";

const RENEW: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
";

const RELEASE: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
";

/// The lease in Redis by which one replica leads: a key `REPLICA:FENCE` that expires.
#[derive(Debug)]
pub struct Lease {
    lease_key: String,
    fence_key: String,
    replica: ReplicaId,
    time: Duration,
    acquire: Script,
    renew: Script,
    release: Script,
}

impl Lease {
    /// The lease behind this prefix, for this replica. It expires `time` after it was acquired or renewed the last time.
    #[must_use]
    pub fn new(prefix: &str, replica: ReplicaId, time: Duration) -> Self {
        let keys = Keys::new(prefix);
        let (acquire, renew, release) = (Script::new(ACQUIRE), Script::new(RENEW), Script::new(RELEASE));
        Self { lease_key: keys.lease(), fence_key: keys.fence(), replica, time, acquire, renew, release }
    }

    /// The lease is renewed after this time, and an answer about it is not waited for any longer.
    #[must_use]
    pub fn third(&self) -> Duration {
        self.time / 3
    }

    /// Who wants to lead.
    pub(super) fn replica(&self) -> &ReplicaId {
        &self.replica
    }

    /// The key that holds it.
    pub(super) fn key(&self) -> &str {
        &self.lease_key
    }

    /// What the key holds while this replica leads with this number.
    pub(super) fn value(&self, fence: u64) -> String {
        format!("{}:{fence}", self.replica)
    }

    /// Tries to become the leader: [`Attempt::Acquired`] or [`Attempt::Taken`].
    ///
    /// # Errors
    /// When Redis doesn't answer in time, or with an error.
    pub async fn try_acquire<C>(&self, conn: &mut C) -> Result<Attempt, ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        let mut script = self.acquire.prepare_invoke();
        script.key(&self.lease_key).key(&self.fence_key);
        script.arg(format!("{}:", self.replica)).arg(millis(self.time)).arg(millis(FENCE_EXPIRY));
        let fence: u64 = within(self.third(), "decide who probes", script.invoke_async(conn)).await?;
        Ok(if fence == 0 { Attempt::Taken } else { Attempt::Acquired { fence } })
    }

    /// Keeps the lease of this number: [`Attempt::Renewed`] or [`Attempt::Lost`].
    ///
    /// # Errors
    /// When Redis doesn't answer in time, or with an error.
    pub async fn renew<C>(&self, conn: &mut C, fence: u64) -> Result<Attempt, ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        let mut script = self.renew.prepare_invoke();
        script.key(&self.lease_key).key(&self.fence_key);
        script.arg(self.value(fence)).arg(millis(self.time)).arg(millis(FENCE_EXPIRY));
        let is_kept = within(self.third(), "renew the lease of the probes", script.invoke_async(conn)).await?;
        Ok(if is_kept { Attempt::Renewed } else { Attempt::Lost })
    }

    /// Gives the lease of this number back, so that another replica can lead at once. A lease that is another's stays.
    ///
    /// # Errors
    /// When Redis doesn't answer in time, or with an error.
    pub async fn release<C>(&self, conn: &mut C, fence: u64) -> Result<(), ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        let mut script = self.release.prepare_invoke();
        script.key(&self.lease_key).arg(self.value(fence));
        within(self.third(), "take the lease of the probes back", script.invoke_async(conn)).await
    }
}

/// Whole milliseconds, one at least: Redis refuses none.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}
