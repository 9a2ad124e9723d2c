//! One line by itself: its grammar, and what either format forbids within a line.

use super::cursor::Cursor;
use super::family::{Exemplar, Sample};
use super::format::{Format, MetricType};
use super::labels::Labels;
use super::number;

/// The most characters an exemplar's labels may have, names and values together.
const EXEMPLAR_CHARACTERS: usize = 128;

/// What a line says.
#[derive(Debug)]
pub(crate) enum Line {
    /// `# HELP name text`
    Help { name: String, text: String },
    /// `# TYPE name type`
    Type { name: String, metric_type: MetricType },
    /// `# UNIT name unit`
    Unit { name: String, unit: String },
    /// A sample.
    Sample(Sample),
}

impl Line {
    /// Reads one line, given without its line feed, that stands at `number`.
    pub(crate) fn parse(format: Format, number: usize, text: &str) -> Result<Self, String> {
        match text.strip_prefix('#') {
            _ if text.is_empty() => Err("a blank line".to_owned()),
            Some(metadata) => parse_metadata(format, &mut Cursor::new(metadata)),
            None => parse_sample(format, number, &mut Cursor::new(text)).map(Self::Sample),
        }
    }
}

fn parse_metadata(format: Format, cursor: &mut Cursor<'_>) -> Result<Line, String> {
    cursor.expect(' ')?;
    let keyword = cursor.word();
    if !matches!(keyword, "HELP" | "TYPE" | "UNIT") {
        return Err(format!("no comment is ours: {keyword:?}"));
    }
    cursor.expect(' ')?;
    let name = cursor.metric_name()?;
    cursor.expect(' ')?;
    if cursor.rest().is_empty() || cursor.rest().trim() != cursor.rest() {
        return Err(format!("{keyword} is empty or has stray whitespace"));
    }
    match (keyword, format) {
        ("HELP", Format::OpenMetrics) => Ok(Line::Help { name, text: cursor.unquoted(&['\\', '"'])? }),
        ("HELP", Format::Text004) => Ok(Line::Help { name, text: cursor.unquoted(&['\\'])? }),
        ("TYPE", _) => Ok(Line::Type { name, metric_type: MetricType::parse(format, cursor.rest())? }),
        (_, Format::OpenMetrics) => parse_unit(name, cursor),
        (_, Format::Text004) => Err("text 0.0.4 has no UNIT".to_owned()),
    }
}

fn parse_unit(name: String, cursor: &mut Cursor<'_>) -> Result<Line, String> {
    let unit = cursor.metric_name()?;
    match cursor.rest() {
        "" => Ok(Line::Unit { name, unit }),
        rest => Err(format!("text after the unit: {rest:?}")),
    }
}

fn parse_sample(format: Format, line: usize, cursor: &mut Cursor<'_>) -> Result<Sample, String> {
    let name = cursor.metric_name()?;
    let labels = if cursor.rest().starts_with('{') { Labels::parse(cursor)? } else { Labels::default() };
    cursor.expect(' ')?;
    let written = cursor.word();
    let value = number::parse(written)?;
    let exemplar = parse_exemplar(format, cursor)?;
    Ok(Sample { line, name, labels, value, is_whole: number::is_whole(written), exemplar })
}

fn parse_exemplar(format: Format, cursor: &mut Cursor<'_>) -> Result<Option<Exemplar>, String> {
    if cursor.rest().is_empty() {
        return Ok(None);
    }
    cursor.expect(' ')?;
    if !cursor.eat('#') {
        return Err(format!("a timestamp or other text after the value: {:?}", cursor.rest()));
    }
    if format == Format::Text004 {
        return Err("text 0.0.4 has no exemplars".to_owned());
    }
    cursor.expect(' ')?;
    let labels = Labels::parse(cursor)?;
    if labels.characters() > EXEMPLAR_CHARACTERS {
        return Err(format!("an exemplar's labels have more than {EXEMPLAR_CHARACTERS} characters"));
    }
    cursor.expect(' ')?;
    let value = number::parse(cursor.word())?;
    let timestamp = parse_timestamp(cursor)?;
    Ok(Some(Exemplar { labels, value, timestamp }))
}

fn parse_timestamp(cursor: &mut Cursor<'_>) -> Result<Option<f64>, String> {
    if cursor.rest().is_empty() {
        return Ok(None);
    }
    cursor.expect(' ')?;
    let timestamp = number::parse(cursor.word())?;
    if timestamp.is_finite() && cursor.rest().is_empty() {
        return Ok(Some(timestamp));
    }
    Err(format!("no timestamp, or text after it: {timestamp}{}", cursor.rest()))
}
