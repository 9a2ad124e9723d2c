//! Which row of a gateway's database told of an attempt.

use super::Timestamp;

/// A row of a table that is read again and again, by when it began and by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RowMark {
    /// The minute of its start, since the Unix epoch: what is read again together.
    pub minute: i64,
    /// A hash (XXH3, 64 bit) of its id.
    pub id: u64,
}

const MICROS_PER_MINUTE: i64 = 60_000_000;

impl RowMark {
    /// Of the row with this id, which tells of a request that began at `started_at`.
    #[must_use]
    pub fn new(started_at: Timestamp, id: &str) -> Self {
        Self { minute: Self::minute_of(started_at), id: xxhash_rust::xxh3::xxh3_64(id.as_bytes()) }
    }

    /// The minute of this moment, since the Unix epoch.
    #[must_use]
    pub const fn minute_of(at: Timestamp) -> i64 {
        at.as_micros().div_euclid(MICROS_PER_MINUTE)
    }

    /// When a minute begins.
    #[must_use]
    pub const fn beginning_of(minute: i64) -> Timestamp {
        Timestamp::from_micros(minute.saturating_mul(MICROS_PER_MINUTE))
    }
}
