//! A strict reader of our own `/metrics`, written from the specifications of OpenMetrics 1.0 and of the Prometheus
//! text format 0.0.4. It refuses everything that the format forbids, and beyond that what this project never
//! exposes: sample timestamps, summaries, families without HELP or TYPE, comments, blank lines.
//!
//! ```text
//! text ─▶ line (one line's grammar) ─▶ assembly (metadata, order, families) ─▶ rules (what a type demands)
//! ```

mod assembly;
mod cursor;
mod family;
mod format;
mod histogram;
mod labels;
mod line;
mod number;
mod rules;
mod violation;

pub(crate) use family::{Exemplar, Family, Sample};
pub(crate) use format::{Format, MetricType};
pub(crate) use violation::Violation;

use assembly::Assembly;
use line::Line;

/// A whole exposition that broke no rule.
#[derive(Debug)]
pub(crate) struct Exposition {
    families: Vec<Family>,
}

impl Exposition {
    /// Reads an exposition, or says which rule its first bad line breaks.
    pub(crate) fn parse(format: Format, text: &str) -> Result<Self, Violation> {
        let mut assembly = Assembly::new(format);
        for (index, text) in lines(format, text)?.iter().enumerate() {
            let number = index + 1;
            let line = Line::parse(format, number, text).map_err(|rule| Violation::new(number, rule))?;
            assembly.push(number, line).map_err(|rule| Violation::new(number, rule))?;
        }
        let families = assembly.finish()?;
        for family in &families {
            rules::check(format, family)?;
        }
        Ok(Self { families })
    }

    /// Reads an exposition in the format that its `Content-Type` names.
    pub(crate) fn parse_as(content_type: &str, text: &str) -> Result<Self, Violation> {
        let format = Format::of_content_type(content_type)
            .ok_or_else(|| Violation::new(0, format!("no content type of ours: {content_type:?}")))?;
        Self::parse(format, text)
    }

    /// The families in the order in which they were exposed.
    pub(crate) fn families(&self) -> &[Family] {
        &self.families
    }

    /// A family by the name of its metadata: in OpenMetrics a counter's is without `_total`.
    pub(crate) fn family(&self, name: &str) -> Option<&Family> {
        self.families.iter().find(|family| family.name == name)
    }

    /// All samples of that name (`llm_requests_total`, `x_bucket`), in order.
    pub(crate) fn samples<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Sample> {
        let families = self.families.iter().filter(move |family| name.starts_with(&family.name));
        families.flat_map(|family| &family.samples).filter(move |sample| sample.name == name)
    }

    /// The value of the one series with exactly these labels; an empty label is no label.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.samples(name).find(|sample| sample.labels.are(labels)).map(|sample| sample.value)
    }

    /// The sum over all series that have at least these labels; 0 when there are none.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.samples(name).filter(|sample| sample.labels.include(labels)).map(|sample| sample.value).sum()
    }

    /// The exemplars of all series of that name.
    pub(crate) fn exemplars<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Exemplar> {
        self.samples(name).filter_map(|sample| sample.exemplar.as_ref())
    }
}

/// Splits a text into its lines, without the `# EOF` that OpenMetrics ends with.
fn lines(format: Format, text: &str) -> Result<Vec<&str>, Violation> {
    let count = text.lines().count();
    if text.contains('\r') {
        return Err(Violation::new(0, "a carriage return"));
    }
    let Some(text) = text.strip_suffix('\n') else {
        return Err(Violation::new(count, "the last line has no line feed"));
    };
    let mut lines: Vec<&str> = text.split('\n').collect();
    if format == Format::OpenMetrics && lines.pop() != Some("# EOF") {
        return Err(Violation::new(count, "the last line is not `# EOF`"));
    }
    Ok(lines)
}
