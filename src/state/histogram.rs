//! Histograms with fixed bounds, flat in memory.

use std::sync::LazyLock;
use std::time::Duration;

use super::exemplar::Exemplar;

/// Room for up to fifteen bounds and the bucket above them.
const SLOTS: usize = 16;

/// The upper bounds of a histogram's buckets, in seconds, and how they are written.
#[derive(Debug)]
pub struct Bounds {
    seconds: &'static [f64],
    /// `le="0.5"`, and so on up to `le="+Inf"`.
    labels: Box<[Box<str>]>,
}

/// From a quick embedding to a long chain of thought.
pub static DURATION: LazyLock<Bounds> =
    LazyLock::new(|| Bounds::new(&[0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0]));
/// People start to wait at about a second; reasoning models think for a minute.
pub static TIME_TO_FIRST_TOKEN: LazyLock<Bounds> = LazyLock::new(|| {
    Bounds::new(&[0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0])
});
/// From a thousand tokens a second to two.
pub static TIME_PER_OUTPUT_TOKEN: LazyLock<Bounds> = LazyLock::new(|| {
    Bounds::new(&[0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0])
});
/// The gateway's own work: from 50 µs.
pub static GATEWAY_OVERHEAD: LazyLock<Bounds> = LazyLock::new(|| {
    Bounds::new(&[0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5])
});

impl Bounds {
    /// # Panics
    /// When there are more bounds than a histogram has room for.
    pub(super) fn new(seconds: &'static [f64]) -> Self {
        assert!(seconds.len() < SLOTS, "a histogram has room for {} bounds", SLOTS - 1);
        let finite = seconds.iter().map(|bound| format!("le=\"{}\"", canonical(*bound)).into_boxed_str());
        Self { seconds, labels: finite.chain([Box::from("le=\"+Inf\"")]).collect() }
    }

    /// How many buckets there are, the one up to infinity included.
    #[must_use]
    pub fn buckets(&self) -> usize {
        self.labels.len()
    }

    /// The label of each bucket, `le="0.5"` and so on up to `le="+Inf"`.
    #[must_use]
    pub fn labels(&self) -> &[Box<str>] {
        &self.labels
    }

    /// The finite upper bounds, in seconds.
    #[must_use]
    pub fn seconds(&self) -> &[f64] {
        self.seconds
    }

    pub(super) fn bucket_of(&self, seconds: f64) -> usize {
        self.seconds.iter().position(|bound| seconds <= *bound).unwrap_or(self.seconds.len())
    }
}

/// A number as OpenMetrics wants it in `le`: `1.0`, `0.25`, `5e-05`.
/// <https://prometheus.io/docs/specs/om/open_metrics_spec/#considerations-canonical-numbers>
fn canonical(bound: f64) -> String {
    if bound < 1e-4 {
        let scientific = format!("{bound:e}");
        let (mantissa, exponent) = scientific.split_once("e-").unwrap_or((&scientific, "0"));
        return format!("{mantissa}e-{exponent:0>2}");
    }
    format!("{bound:?}")
}

/// Observations of one series. The bounds belong to the metric, not to the series.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    counts: [u64; SLOTS],
    sum_seconds: f64,
    exemplars: [Option<Exemplar>; SLOTS],
}

impl Histogram {
    /// Adds one observation, and remembers the trace it came from.
    pub fn observe(&mut self, bounds: &Bounds, observed: Duration, exemplar: Option<Exemplar>) {
        let seconds = observed.as_secs_f64();
        let bucket = bounds.bucket_of(seconds);
        self.counts[bucket] += 1;
        self.sum_seconds += seconds;
        // Prometheus refuses an exemplar that is older than the one before.
        if let Some(exemplar) = exemplar
            && self.exemplars[bucket].is_none_or(|latest| latest.at() <= exemplar.at())
        {
            self.exemplars[bucket] = Some(exemplar.with_value(seconds));
        }
    }

    /// Without observations yet, but with their sum.
    pub(super) fn of_sum(sum_seconds: f64) -> Self {
        Self { sum_seconds, ..Self::default() }
    }

    /// Adds observations that fell into this bucket, and are in the sum already.
    pub(super) fn add_to_bucket(&mut self, bucket: usize, count: u64) {
        self.counts[bucket] += count;
    }

    /// How many observations fell into each bucket, and none of those below.
    pub(super) const fn counts(&self) -> &[u64; SLOTS] {
        &self.counts
    }

    /// How many observations there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Their sum, in seconds.
    #[must_use]
    pub const fn sum_seconds(&self) -> f64 {
        self.sum_seconds
    }

    /// Each bucket: how many observations were not above its bound, and the latest one that fell into it.
    pub fn cumulative<'a>(&'a self, bounds: &Bounds) -> impl Iterator<Item = (u64, Option<&'a Exemplar>)> {
        let mut total = 0;
        let slots = self.counts.iter().zip(&self.exemplars).take(bounds.buckets());
        slots.map(move |(count, exemplar)| {
            total += count;
            (total, exemplar.as_ref())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_written_as_openmetrics_wants_them() {
        let written: Vec<&str> = GATEWAY_OVERHEAD.labels().iter().map(|label| &**label).take(3).collect();
        assert_eq!(written, [r#"le="5e-05""#, r#"le="0.0001""#, r#"le="0.00025""#]);
        assert!(DURATION.labels().iter().any(|label| **label == *r#"le="1.0""#));
    }

    #[test]
    fn a_bound_belongs_to_its_own_bucket() {
        let mut histogram = Histogram::default();
        histogram.observe(&DURATION, Duration::from_millis(50), None);
        histogram.observe(&DURATION, Duration::from_secs(601), None);
        let cumulative: Vec<u64> = histogram.cumulative(&DURATION).map(|(count, _)| count).collect();
        assert_eq!(cumulative.first(), Some(&1));
        assert_eq!(cumulative.last(), Some(&2));
        assert_eq!(histogram.count(), 2);
        assert!((histogram.sum_seconds() - 601.05).abs() < 1e-9);
    }
}
