//! The same metrics for prometheus-client: its encoder, its registries, and with them whatever they can write.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, LabelSetEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use super::{Descriptor, Encoder, Extra, Kind, Value};
use crate::state::{Bounds, Histogram, LabelSet};

/// Passes metrics on to an encoder of prometheus-client, without exemplars, which it takes from its own metrics only.
#[derive(Debug)]
pub struct ClientEncoder<'a> {
    encoder: DescriptorEncoder<'a>,
    family: Option<Pending>,
    /// The first error; what comes after it is not passed on.
    result: fmt::Result,
}

/// A family is announced with its first sample, and its samples are passed on together.
#[derive(Debug)]
struct Pending {
    descriptor: &'static Descriptor,
    samples: Vec<Sample>,
}

#[derive(Debug)]
struct Sample {
    labels: Labels,
    value: Sampled,
}

#[derive(Debug)]
enum Sampled {
    Value(Value),
    Histogram { sum: f64, count: u64, buckets: Vec<(f64, u64)> },
}

/// Labels as names and values, as prometheus-client wants them.
#[derive(Debug)]
struct Labels(Vec<(String, String)>);

impl EncodeLabelSet for Labels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        self.0.encode(encoder)
    }
}

impl<'a> ClientEncoder<'a> {
    /// Writes to `encoder`.
    #[must_use]
    pub fn new(encoder: DescriptorEncoder<'a>) -> Self {
        Self { encoder, family: None, result: Ok(()) }
    }

    /// Passes the last family on.
    ///
    /// # Errors
    /// When prometheus-client could not write.
    pub fn finish(mut self) -> fmt::Result {
        self.flush();
        self.result
    }

    fn flush(&mut self) {
        let Some(Pending { descriptor, samples }) = self.family.take() else { return };
        if self.result.is_err() || samples.is_empty() {
            return;
        }
        self.result = write_family(&mut self.encoder, descriptor, &samples);
    }

    fn push(&mut self, labels: &LabelSet, extra: Extra, value: Sampled) {
        let Some(family) = &mut self.family else { return };
        let pairs = labels.pairs().map(|(name, value)| (name.to_owned(), value));
        let extra = extra.map(|(name, value)| (name.to_owned(), value.to_owned()));
        family.samples.push(Sample { labels: Labels(pairs.chain(extra).collect()), value });
    }
}

fn write_family(encoder: &mut DescriptorEncoder<'_>, descriptor: &Descriptor, samples: &[Sample]) -> fmt::Result {
    // prometheus-client appends a full stop to help texts that it is given at registration, and none here.
    let mut metric =
        encoder.encode_descriptor(descriptor.family(), descriptor.help, None, metric_type(descriptor.kind))?;
    samples.iter().try_for_each(|sample| {
        if descriptor.kind == Kind::Info {
            return metric.encode_info(&sample.labels);
        }
        write_sample(descriptor.kind, metric.encode_family(&sample.labels)?, &sample.value)
    })
}

fn write_sample(kind: Kind, mut metric: MetricEncoder<'_>, value: &Sampled) -> fmt::Result {
    match (kind, value) {
        (_, Sampled::Histogram { sum, count, buckets }) => {
            metric.encode_histogram::<NoLabelSet>(*sum, *count, buckets, None)
        }
        (Kind::Counter, Sampled::Value(Value::Whole(count))) => {
            metric.encode_counter::<NoLabelSet, _, f64>(count, None)
        }
        (Kind::Counter, Sampled::Value(Value::Float(sum))) => metric.encode_counter::<NoLabelSet, _, f64>(sum, None),
        (_, Sampled::Value(Value::Whole(count))) => metric.encode_gauge(count),
        (_, Sampled::Value(Value::Float(number))) => metric.encode_gauge(number),
    }
}

const fn metric_type(kind: Kind) -> MetricType {
    match kind {
        Kind::Counter => MetricType::Counter,
        Kind::Gauge => MetricType::Gauge,
        Kind::Histogram => MetricType::Histogram,
        Kind::Info => MetricType::Info,
    }
}

impl Encoder for ClientEncoder<'_> {
    fn family(&mut self, descriptor: &'static Descriptor) {
        self.flush();
        self.family = Some(Pending { descriptor, samples: Vec::new() });
    }

    fn sample(&mut self, labels: &LabelSet, extra: Extra, value: Value) {
        self.push(labels, extra, Sampled::Value(value));
    }

    fn histogram(&mut self, labels: &LabelSet, extra: Extra, bounds: &Bounds, histogram: &Histogram) {
        let mut below = 0;
        let counts = histogram.cumulative(bounds).map(|(count, _)| count - std::mem::replace(&mut below, count));
        let bounds = bounds.seconds().iter().copied().chain([f64::INFINITY]);
        let buckets = bounds.zip(counts).collect();
        let value = Sampled::Histogram { sum: histogram.sum_seconds(), count: histogram.count(), buckets };
        self.push(labels, extra, value);
    }
}
