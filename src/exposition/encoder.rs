//! What collectors write to.

use super::Descriptor;
use crate::state::{Bounds, Histogram, LabelSet};

/// One more label of a sample, from a closed set: its name, and a value that needs no escaping.
pub type Extra = Option<(&'static str, &'static str)>;

/// The value of a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// A count.
    Whole(u64),
    /// A measurement.
    Float(f64),
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Whole(count)
    }
}

impl From<f64> for Value {
    fn from(measurement: f64) -> Self {
        Self::Float(measurement)
    }
}

impl From<bool> for Value {
    fn from(is_so: bool) -> Self {
        Self::Whole(u64::from(is_so))
    }
}

/// Takes metrics, family by family.
///
/// A family begins with [`family`](Self::family) and ends where the next one begins. One without samples is left out.
pub trait Encoder {
    /// Begins a family.
    fn family(&mut self, descriptor: &'static Descriptor);

    /// Adds one sample of a counter, gauge or info to the family.
    fn sample(&mut self, labels: &LabelSet, extra: Extra, value: Value);

    /// Adds one histogram to the family.
    fn histogram(&mut self, labels: &LabelSet, extra: Extra, bounds: &Bounds, histogram: &Histogram);
}
