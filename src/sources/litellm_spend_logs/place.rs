//! Where in the table, as it is ordered, reading stands.

use serde::{Deserialize, Serialize};

use crate::event::Timestamp;

/// A row by what the table is ordered by: when its request began, and its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// In microseconds since 1970.
    micros: i64,
    id: String,
}

impl Place {
    pub(super) fn new(at: Timestamp, id: &str) -> Self {
        Self { micros: at.as_micros(), id: id.to_owned() }
    }

    /// Before every row that began then.
    pub(super) fn before(at: Timestamp) -> Self {
        Self::new(at, "")
    }

    pub(super) fn at(&self) -> Timestamp {
        Timestamp::from_micros(self.micros)
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }
}
