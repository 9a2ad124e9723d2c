//! How far what was counted agrees with what the gateway booked.

use std::sync::Arc;

use super::ledger::Counted;
use crate::event::{Timestamp, Usd};

/// What is compared as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// The last full hour.
    Hour,
    /// The last full day, in UTC.
    Day,
}

impl Period {
    /// Every period, in the order of the metrics.
    pub const ALL: [Self; 2] = [Self::Hour, Self::Day];

    /// The label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// The place of this period in [`ALL`](Self::ALL).
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// What the gateway booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Booked {
    /// Requests: rows of its spend log, or what its daily table says.
    pub requests: u64,
    /// What they cost.
    pub cost: Usd,
}

impl Booked {
    /// Adds the other to it.
    pub fn add(&mut self, other: &Self) {
        let Self { requests, cost } = other;
        self.requests = self.requests.saturating_add(*requests);
        self.cost += *cost;
    }
}

/// Both sides of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedModel {
    /// Its public name.
    pub model: String,
    /// What was counted.
    pub counted: Counted,
    /// What the rows of the spend log say.
    pub spend_log: Booked,
    /// What the daily table says; `None` where it says nothing of that day.
    pub daily: Option<Booked>,
}

impl ComparedModel {
    /// What the spend log says beyond what was counted, in USD; negative where more was counted.
    #[must_use]
    pub fn drift_usd(&self) -> f64 {
        self.spend_log.cost.difference(self.counted.cost)
    }
}

/// A period, compared model by model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// When the period began.
    pub from: Timestamp,
    /// In the order of their names.
    pub models: Vec<ComparedModel>,
}

/// What the latest comparisons found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Agreement {
    /// In the order of [`Period::ALL`]; `None` where nothing could be compared.
    pub periods: [Option<Arc<Comparison>>; Period::ALL.len()],
    /// When the gateway's books were last read to the end.
    pub last_success_at: Option<Timestamp>,
}
