//! What the gateway spent and has not written to its database yet.

/// A list in Redis, in which the gateway gathers what it will write to its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpendBuffer {
    /// Rows of the spend log.
    SpendLogs,
    /// What keys, users, teams and the like spent.
    SpendUpdates,
    /// What users spent, by day.
    DailySpendUpdates,
}

impl SpendBuffer {
    /// Every list, in the order of the metric.
    pub const ALL: [Self; 3] = [Self::SpendLogs, Self::SpendUpdates, Self::DailySpendUpdates];

    /// The label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SpendLogs => "spend_logs",
            Self::SpendUpdates => "spend_updates",
            Self::DailySpendUpdates => "daily_spend_updates",
        }
    }
}

/// How long each list is, in the order of [`SpendBuffer::ALL`]; `None` while that is unknown.
pub type SpendBuffers = Option<[u64; SpendBuffer::ALL.len()]>;
