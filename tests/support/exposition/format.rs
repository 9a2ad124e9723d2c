//! The two text formats and the types of metrics: which names a type's samples may have.

/// A text format of `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// The Prometheus text format 0.0.4.
    Text004,
}

impl Format {
    /// The format that an answer's `Content-Type` promises, written as both specifications demand.
    pub(crate) fn of_content_type(content_type: &str) -> Option<Self> {
        match content_type {
            "application/openmetrics-text; version=1.0.0; charset=utf-8" => Some(Self::OpenMetrics),
            "text/plain; version=0.0.4; charset=utf-8" => Some(Self::Text004),
            _ => None,
        }
    }
}

/// The types that this project exposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MetricType {
    /// Only ever grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts in cumulative buckets.
    Histogram,
    /// Text, as labels of a constant 1.
    Info,
    /// One of several named states.
    StateSet,
}

impl MetricType {
    /// Reads the type of a `# TYPE` line.
    pub(crate) fn parse(format: Format, text: &str) -> Result<Self, String> {
        match (text, format) {
            ("counter", _) => Ok(Self::Counter),
            ("gauge", _) => Ok(Self::Gauge),
            ("histogram", _) => Ok(Self::Histogram),
            ("info", Format::OpenMetrics) => Ok(Self::Info),
            ("stateset", Format::OpenMetrics) => Ok(Self::StateSet),
            _ => Err(format!("{text:?} is no type that we expose in this format")),
        }
    }

    /// What a family's samples may add to its name.
    pub(crate) fn suffixes(self, format: Format) -> &'static [&'static str] {
        match (self, format) {
            (Self::Counter, Format::OpenMetrics) => &["_total", "_created"],
            (Self::Histogram, Format::OpenMetrics) => &["_bucket", "_sum", "_count", "_created"],
            (Self::Histogram, Format::Text004) => &["_bucket", "_sum", "_count"],
            (Self::Info, _) => &["_info"],
            (Self::Counter | Self::Gauge | Self::StateSet, _) => &[""],
        }
    }
}
