//! Moments as PostgreSQL sends and takes them: microseconds since the year 2000.

use std::error::Error;
use std::time::SystemTime;

use tokio_postgres::types::{self, FromSql, Type, accepts};

use crate::event::Timestamp;

/// From 1970 to 2000.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// A moment in UTC, as `timestamp` or `timestamptz`. The infinities are the first and the last moments there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Micros(pub(super) Timestamp);

impl<'a> FromSql<'a> for Micros {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let micros = match i64::from_be_bytes(raw.try_into()?) {
            i64::MIN => i64::MIN,
            micros => micros.saturating_add(EPOCH_MICROS),
        };
        Ok(Self(Timestamp::from_micros(micros)))
    }

    accepts!(TIMESTAMP, TIMESTAMPTZ);
}

/// The same moment as a parameter of a statement.
pub(super) fn parameter(at: Timestamp) -> types::Timestamp<SystemTime> {
    match at.as_micros() {
        i64::MIN => types::Timestamp::NegInfinity,
        i64::MAX => types::Timestamp::PosInfinity,
        _ => types::Timestamp::Value(at.into()),
    }
}
