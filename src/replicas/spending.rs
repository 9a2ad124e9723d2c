//! What billed probes of all replicas cost on one day.

use std::time::Duration;

use redis::aio::ConnectionLike;

use super::ReplicaError;
use super::error::within;
use super::keys::Keys;
use crate::event::{Usd, UtcDay};

/// A day's sum is gone after this time: clocks differ, but not by a day.
const EXPIRY: Duration = Duration::from_hours(48);
const PATIENCE: Duration = Duration::from_secs(3);

/// What billed probes of all replicas cost, day by day.
#[derive(Debug, Clone)]
pub struct Spending {
    keys: Keys,
}

impl Spending {
    /// The sums behind this prefix.
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        Self { keys: Keys::new(prefix) }
    }

    /// What was spent on this day so far.
    ///
    /// # Errors
    /// When Redis doesn't answer within 3 s, or with an error, or holds something else there.
    pub async fn spent<C>(&self, conn: &mut C, day: UtcDay) -> Result<Usd, ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        let mut get = redis::cmd("GET");
        get.arg(self.keys.spend(day));
        let task = "tell what probes cost today";
        let picos: Option<i64> = within(PATIENCE, task, get.query_async(conn)).await?;
        amount(task, picos.unwrap_or_default())
    }

    /// Adds what a probe of this day cost, and returns the day's new sum.
    ///
    /// # Errors
    /// As [`spent`](Self::spent). It may have been added all the same: added again, it would count twice.
    pub async fn add<C>(&self, conn: &mut C, day: UtcDay, cost: Usd) -> Result<Usd, ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        let key = self.keys.spend(day);
        let mut pipe = redis::pipe();
        // Not by a script: the numbers of Lua are floats, and picodollars need more.
        pipe.atomic().cmd("INCRBY").arg(&key).arg(cost.as_picos());
        pipe.cmd("EXPIRE").arg(&key).arg(EXPIRY.as_secs()).ignore();
        let task = "add up what probes cost today";
        let (picos,): (i64,) = within(PATIENCE, task, pipe.query_async(conn)).await?;
        amount(task, picos)
    }
}

fn amount(task: &'static str, picos: i64) -> Result<Usd, ReplicaError> {
    Usd::from_picos(picos)
        .ok_or_else(|| ReplicaError::Failed { task, reason: format!("the sum is {picos}, which is negative") })
}
