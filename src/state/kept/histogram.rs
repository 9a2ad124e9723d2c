//! Histograms.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::state::{Bounds, Histogram};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct KeptHistogram {
    /// How many observations fell into each bucket, by its bound as it stands in `le`, and none of those below.
    buckets: BTreeMap<Cow<'static, str>, u64>,
    /// The bits of the sum: a sum that came back a little smaller would look like a new beginning.
    sum_bits: u64,
}

impl KeptHistogram {
    pub(super) fn new(histogram: &Histogram, bounds: &'static Bounds) -> Self {
        let buckets = bounds.labels().iter().zip(histogram.counts());
        Self {
            buckets: buckets
                .filter(|(_, count)| **count > 0)
                .map(|(label, count)| (Cow::Borrowed(&**label), *count))
                .collect(),
            sum_bits: histogram.sum_seconds().to_bits(),
        }
    }

    /// What lies below a bound that is no more is counted up to the next one.
    pub(super) fn restored(&self, bounds: &'static Bounds) -> Histogram {
        let place = |label: &str| bounds.labels().iter().position(|known| **known == *label);
        let seconds =
            |label: &str| label.trim_start_matches("le=\"").trim_end_matches('"').parse().unwrap_or(f64::INFINITY);
        let mut histogram = Histogram::of_sum(f64::from_bits(self.sum_bits));
        for (label, count) in &self.buckets {
            histogram.add_to_bucket(place(label).unwrap_or_else(|| bounds.bucket_of(seconds(label))), *count);
        }
        histogram
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;
    use std::time::Duration;

    use super::*;
    use crate::state::DURATION;

    #[test]
    fn a_histogram_is_the_same_after_it_was_written_down() {
        let mut histogram = Histogram::default();
        for seconds in [0.1, 0.2, 0.3, 700.0] {
            histogram.observe(&DURATION, Duration::from_secs_f64(seconds), None);
        }
        let written = serde_json::to_string(&KeptHistogram::new(&histogram, &DURATION)).expect("it is JSON");
        let restored = serde_json::from_str::<KeptHistogram>(&written).expect("it was JSON").restored(&DURATION);
        assert_eq!(restored.counts(), histogram.counts());
        assert_eq!(restored.sum_seconds().to_bits(), histogram.sum_seconds().to_bits());
    }

    #[test]
    fn what_is_kept_finds_its_place_among_other_bounds() {
        static OTHERS: LazyLock<Bounds> = LazyLock::new(|| Bounds::new(&[0.15, 1.0]));
        let mut histogram = Histogram::default();
        for seconds in [0.1, 0.2, 2.0, 700.0] {
            histogram.observe(&DURATION, Duration::from_secs_f64(seconds), None);
        }
        let restored = KeptHistogram::new(&histogram, &DURATION).restored(&OTHERS);
        assert_eq!(restored.counts()[..3], [1, 1, 2]);
    }
}
