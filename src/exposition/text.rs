//! The two text formats.
//!
//! OpenMetrics 1.0: <https://prometheus.io/docs/specs/om/open_metrics_spec/>; Prometheus text 0.0.4:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>. Their samples are the same but for exemplars, which break
//! a parser of 0.0.4; their metadata are not: OpenMetrics names a counter without `_total` and an info without `_info`,
//! and has units and an end.

use std::io::{self, Write};

use super::{Descriptor, Encoder, Extra, Kind, Value};
use crate::event::Timestamp;
use crate::state::{Bounds, Exemplar, Histogram, LabelSet};

/// What is handed on at a time: small enough to stay in the processor's cache, however long the whole is.
const PORTION: usize = 32 * 1024;

/// Which of the text formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus text 0.0.4.
    Text,
}

/// How an exposition is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// The format.
    pub dialect: Dialect,
    /// Whether counters and histograms tell when they were made, in OpenMetrics: one more sample for each.
    pub created: Created,
}

/// Whether counters and histograms tell when they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// They do, where it is known and the format has a place for it.
    Told,
    /// They don't.
    LeftOut,
}

impl From<Dialect> for Style {
    fn from(dialect: Dialect) -> Self {
        Self { dialect, created: Created::LeftOut }
    }
}

/// Writes a text format, and hands it on in portions of whole lines.
#[derive(Debug)]
pub struct TextEncoder<W> {
    dialect: Dialect,
    tells_created: bool,
    portion: Vec<u8>,
    out: W,
    /// What was handed on so far.
    handed_on: u64,
    /// The first error of `out`, which is given nothing more after it.
    result: io::Result<()>,
    family: Option<Family>,
}

#[derive(Debug, Clone, Copy)]
struct Family {
    descriptor: &'static Descriptor,
    is_announced: bool,
}

impl<W: Write> TextEncoder<W> {
    /// An encoder that writes to `out`.
    #[must_use]
    pub fn new(style: impl Into<Style>, out: W) -> Self {
        let portion = Vec::with_capacity(2 * PORTION);
        let Style { dialect, created } = style.into();
        let tells_created = dialect == Dialect::OpenMetrics && created == Created::Told;
        Self { dialect, tells_created, portion, out, handed_on: 0, result: Ok(()), family: None }
    }

    /// How much was written so far.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.handed_on + self.portion.len() as u64
    }

    /// Takes back what was written since `position`; `false` when some of that is handed on already.
    #[must_use]
    pub fn rewind(&mut self, position: u64) -> bool {
        self.family = None;
        let kept = position.checked_sub(self.handed_on).and_then(|kept| usize::try_from(kept).ok());
        kept.map(|kept| self.portion.truncate(kept)).is_some()
    }

    /// Ends the exposition; gives back what it was written to, and tells how long it is.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn finish(mut self) -> io::Result<(W, u64)> {
        if self.dialect == Dialect::OpenMetrics {
            self.put("# EOF\n");
        }
        self.hand_on();
        self.result.map(|()| (self.out, self.handed_on))
    }

    fn end_line(&mut self) {
        self.put("\n");
        if self.portion.len() >= PORTION {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        if self.result.is_ok() {
            self.result = self.out.write_all(&self.portion);
        }
        self.handed_on += self.portion.len() as u64;
        self.portion.clear();
    }

    fn put(&mut self, text: &str) {
        self.portion.extend_from_slice(text.as_bytes());
    }

    /// The name of the current family's samples, once its metadata are written.
    fn announce(&mut self) -> &'static str {
        let Some(family) = &mut self.family else { return "" };
        let descriptor = family.descriptor;
        if !std::mem::replace(&mut family.is_announced, true) {
            self.put_metadata(descriptor);
        }
        descriptor.name
    }

    fn put_metadata(&mut self, descriptor: &Descriptor) {
        let (name, kind, unit) = match self.dialect {
            Dialect::OpenMetrics => (descriptor.family(), descriptor.kind.as_openmetrics(), descriptor.unit()),
            Dialect::Text => (descriptor.name, descriptor.kind.as_text(), None),
        };
        for part in ["# HELP ", name, " ", descriptor.help, "\n# TYPE ", name, " ", kind, "\n"] {
            self.put(part);
        }
        for part in unit.into_iter().flat_map(|unit| ["# UNIT ", name, " ", unit, "\n"]) {
            self.put(part);
        }
    }

    /// `name_suffix{labels,extra,le} `, ready for a value.
    fn put_series(&mut self, [name, suffix]: [&str; 2], labels: &LabelSet, extra: Extra, le: Option<&str>) {
        self.put(name);
        self.put(suffix);
        let mut separator = "{";
        if !labels.as_str().is_empty() {
            self.put(separator);
            self.put(labels.as_str());
            separator = ",";
        }
        if let Some((label, value)) = extra {
            for part in [separator, label, "=\"", value, "\""] {
                self.put(part);
            }
            separator = ",";
        }
        if let Some(le) = le {
            self.put(separator);
            self.put(le);
            separator = ",";
        }
        self.put(if separator == "{" { " " } else { "} " });
    }

    fn put_value(&mut self, value: Value) {
        match value {
            Value::Whole(count) => self.put(itoa::Buffer::new().format(count)),
            Value::Float(number) => self.put_float(number),
        }
    }

    fn put_float(&mut self, number: f64) {
        if number.is_finite() {
            self.put(zmij::Buffer::new().format_finite(number));
        } else if number.is_nan() {
            self.put("NaN");
        } else {
            self.put(if number > 0.0 { "+Inf" } else { "-Inf" });
        }
    }

    /// When a counter or histogram was made.
    fn put_created(&mut self, labels: &LabelSet, extra: Extra) {
        let (true, Some(at), Some(family)) = (self.tells_created, labels.since(), self.family) else { return };
        if matches!(family.descriptor.kind, Kind::Counter | Kind::Histogram) {
            self.put_series([family.descriptor.family(), "_created"], labels, extra, None);
            self.put_moment(at);
            self.end_line();
        }
    }

    /// Seconds with the microseconds behind the point: as a float the last digits would be noise.
    fn put_moment(&mut self, at: Timestamp) {
        let micros = at.as_micros();
        self.put(itoa::Buffer::new().format(micros.div_euclid(1_000_000)));
        self.put(".");
        let fraction = itoa::Buffer::new().format(1_000_000 + micros.rem_euclid(1_000_000)).to_owned();
        self.put(&fraction[1..]);
    }

    fn put_exemplar(&mut self, exemplar: &Exemplar) {
        self.put(" # {trace_id=\"");
        self.put(exemplar.trace_id());
        self.put("\"} ");
        self.put_float(exemplar.value());
        self.put(" ");
        self.put_moment(exemplar.at());
    }
}

impl<W: Write> Encoder for TextEncoder<W> {
    fn family(&mut self, descriptor: &'static Descriptor) {
        self.family = Some(Family { descriptor, is_announced: false });
    }

    fn sample(&mut self, labels: &LabelSet, extra: Extra, value: Value) {
        let name = self.announce();
        self.put_series([name, ""], labels, extra, None);
        self.put_value(value);
        self.end_line();
        self.put_created(labels, extra);
    }

    fn histogram(&mut self, labels: &LabelSet, extra: Extra, bounds: &Bounds, histogram: &Histogram) {
        let name = self.announce();
        for (le, (count, exemplar)) in bounds.labels().iter().zip(histogram.cumulative(bounds)) {
            self.put_series([name, "_bucket"], labels, extra, Some(le));
            self.put_value(Value::Whole(count));
            if let (Dialect::OpenMetrics, Some(exemplar)) = (self.dialect, exemplar) {
                self.put_exemplar(exemplar);
            }
            self.end_line();
        }
        self.put_series([name, "_count"], labels, extra, None);
        self.put_value(Value::Whole(histogram.count()));
        self.end_line();
        self.put_series([name, "_sum"], labels, extra, None);
        self.put_float(histogram.sum_seconds());
        self.end_line();
        self.put_created(labels, extra);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static REQUESTS: Descriptor =
        Descriptor { name: "llm_cost_usd_total", kind: Kind::Counter, labels: &["model"], help: "Money." };
    static EMPTY: Descriptor = Descriptor { name: "llm_empty", kind: Kind::Gauge, labels: &[], help: "Nothing." };

    fn written(dialect: Dialect) -> String {
        let mut encoder = TextEncoder::new(dialect, Vec::new());
        encoder.family(&EMPTY);
        encoder.family(&REQUESTS);
        encoder.sample(&LabelSet::new([("model", "a")]), Some(("kind", "b")), Value::Float(0.5));
        encoder.sample(&LabelSet::default(), None, Value::Whole(2));
        String::from_utf8(encoder.finish().expect("memory takes all").0).expect("text")
    }

    #[test]
    fn openmetrics_names_the_family_and_ends() {
        assert_eq!(
            written(Dialect::OpenMetrics),
            "# HELP llm_cost_usd Money.\n# TYPE llm_cost_usd counter\n# UNIT llm_cost_usd usd\n\
             llm_cost_usd_total{model=\"a\",kind=\"b\"} 0.5\nllm_cost_usd_total 2\n# EOF\n"
        );
    }

    #[test]
    fn text_names_the_samples_and_has_no_unit_and_no_end() {
        assert_eq!(
            written(Dialect::Text),
            "# HELP llm_cost_usd_total Money.\n# TYPE llm_cost_usd_total counter\n\
             llm_cost_usd_total{model=\"a\",kind=\"b\"} 0.5\nllm_cost_usd_total 2\n"
        );
    }

    #[test]
    fn counters_tell_when_they_were_made_where_that_is_asked_for_and_known() {
        let labels = LabelSet::new([("model", "a")]).made_at(Some(Timestamp::from_micros(1_000_000_042)));
        let written = |dialect, created| {
            let mut encoder = TextEncoder::new(Style { dialect, created }, Vec::new());
            encoder.family(&REQUESTS);
            encoder.sample(&labels, Some(("kind", "b")), Value::Whole(1));
            encoder.sample(&LabelSet::default(), None, Value::Whole(2));
            String::from_utf8(encoder.finish().expect("memory takes all").0).expect("text")
        };
        let told = "llm_cost_usd_created{model=\"a\",kind=\"b\"} 1000.000042\nllm_cost_usd_total 2\n# EOF\n";
        assert!(written(Dialect::OpenMetrics, Created::Told).ends_with(told));
        for (dialect, created) in [(Dialect::OpenMetrics, Created::LeftOut), (Dialect::Text, Created::Told)] {
            assert!(!written(dialect, created).contains("_created"));
        }
    }

    #[test]
    fn numbers_that_are_none_are_written_as_prometheus_reads_them() {
        let mut encoder = TextEncoder::new(Dialect::Text, Vec::new());
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            encoder.put_float(number);
            encoder.put(" ");
        }
        assert_eq!(encoder.finish().expect("memory takes all").0, b"NaN +Inf -Inf ");
    }
}
