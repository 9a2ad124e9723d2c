//! What a classic histogram demands of one metric's samples.

use super::family::Sample;
use super::number;
use super::rules::demand;
use super::violation::Violation;

/// The label that tells one bucket from another.
pub(crate) const THRESHOLD: &str = "le";

/// Checks the samples that share all labels but `le`.
pub(crate) fn check(metric: &[Sample]) -> Result<(), Violation> {
    let count = one(metric, "_count")?;
    let sum = one(metric, "_sum")?;
    demand(sum.value >= 0.0, sum, "_sum is negative or NaN")?;
    demand(count.is_whole, count, "_count is not a whole number")?;
    let buckets: Vec<&Sample> = metric.iter().filter(|sample| sample.name.ends_with("_bucket")).collect();
    for sample in metric.iter().filter(|sample| !sample.name.ends_with("_bucket")) {
        demand(sample.labels.get(THRESHOLD).is_empty(), sample, "le on a sample that is no bucket")?;
        demand(sample.exemplar.is_none(), sample, "an exemplar on a sample that is no bucket")?;
    }
    check_order(&buckets)?;
    let last = buckets.last().filter(|bucket| bucket.labels.get(THRESHOLD) == "+Inf");
    let all = last.ok_or_else(|| Violation::new(count.line, "the last bucket is not +Inf"))?;
    demand(all.value == count.value, count, "_count is not the +Inf bucket")
}

fn check_order(buckets: &[&Sample]) -> Result<(), Violation> {
    let mut previous: Option<(f64, f64)> = None;
    for bucket in buckets {
        let threshold = threshold(bucket)?;
        demand(bucket.is_whole, bucket, "a bucket's value is not a whole number")?;
        if let Some((lower, fewer)) = previous {
            demand(threshold > lower, bucket, "the buckets are not sorted, or one stands twice")?;
            demand(bucket.value >= fewer, bucket, "the buckets are not cumulative")?;
        }
        if let Some(exemplar) = &bucket.exemplar {
            demand(exemplar.value <= threshold, bucket, "the exemplar lies outside its bucket")?;
        }
        previous = Some((threshold, bucket.value));
    }
    Ok(())
}

fn threshold(bucket: &Sample) -> Result<f64, Violation> {
    let written = bucket.labels.get(THRESHOLD);
    let threshold = number::parse(written).map_err(|rule| Violation::new(bucket.line, format!("le: {rule}")))?;
    let canonical = number::canonical(threshold);
    demand(written == canonical, bucket, &format!("le is {written:?} and not the canonical {canonical:?}"))?;
    Ok(threshold)
}

fn one<'a>(metric: &'a [Sample], suffix: &str) -> Result<&'a Sample, Violation> {
    let found: Vec<&Sample> = metric.iter().filter(|sample| sample.name.ends_with(suffix)).collect();
    match found.as_slice() {
        [sample] => Ok(sample),
        _ => Err(Violation::new(metric[0].line, format!("not exactly one {suffix}"))),
    }
}
