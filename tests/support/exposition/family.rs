//! What an exposition holds: families of samples, and their exemplars.

use super::format::MetricType;
use super::labels::Labels;

/// A family: its metadata and its samples in their order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Family {
    /// The name in the metadata.
    pub(crate) name: String,
    /// The type.
    pub(crate) metric_type: MetricType,
    /// The help text, unescaped.
    pub(crate) help: String,
    /// The unit, where a line gives one.
    pub(crate) unit: Option<String>,
    /// The line on which the family begins.
    pub(crate) line: usize,
    /// The samples.
    pub(crate) samples: Vec<Sample>,
}

/// One sample line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    /// The line it stands on.
    pub(crate) line: usize,
    /// The whole name, with its suffix.
    pub(crate) name: String,
    /// The labels, unescaped.
    pub(crate) labels: Labels,
    /// The value.
    pub(crate) value: f64,
    /// Whether the value is written as a whole number, without a point or an exponent.
    pub(crate) is_whole: bool,
    /// The exemplar.
    pub(crate) exemplar: Option<Exemplar>,
}

/// An example of what a bucket or a counter counted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exemplar {
    /// Its own labels: the trace id.
    pub(crate) labels: Labels,
    /// The observed value.
    pub(crate) value: f64,
    /// When it was observed, in seconds since the epoch.
    pub(crate) timestamp: Option<f64>,
}
