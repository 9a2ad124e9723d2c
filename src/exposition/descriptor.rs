//! What a metric is, before it has values.

/// A metric as it stands in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// The name of its samples, but for the suffixes of a histogram: `llm_requests_total`.
    pub name: &'static str,
    /// How its samples are to be read.
    pub kind: Kind,
    /// The names of its labels. Consumer labels, which the operator chooses, stand as `consumer labels`.
    pub labels: &'static [&'static str],
    /// What it counts and where that comes from.
    pub help: &'static str,
}

/// How the samples of a metric are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number that only grows.
    Counter,
    /// A number that goes up and down.
    Gauge,
    /// Observations in buckets.
    Histogram,
    /// Always 1; the labels are what it tells.
    Info,
}

/// Units that a name can end in, as Prometheus writes them.
const UNITS: [&str; 5] = ["seconds", "bytes", "usd", "tokens", "ratio"];

impl Descriptor {
    /// The name of the family in OpenMetrics, where a counter's is without `_total` and an info's without `_info`.
    #[must_use]
    pub fn family(&self) -> &'static str {
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            Kind::Gauge | Kind::Histogram => "",
        };
        self.name.strip_suffix(suffix).unwrap_or(self.name)
    }

    /// The unit that the name ends in.
    #[must_use]
    pub fn unit(&self) -> Option<&'static str> {
        let last = self.family().rsplit('_').next()?;
        UNITS.into_iter().find(|unit| *unit == last)
    }
}

impl Kind {
    /// As OpenMetrics calls it.
    #[must_use]
    pub const fn as_openmetrics(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Info => "info",
        }
    }

    /// As text 0.0.4 calls it, which knows no info.
    #[must_use]
    pub const fn as_text(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge | Self::Info => "gauge",
            Self::Histogram => "histogram",
        }
    }
}
