//! Which format and which compression a client wants.
//!
//! Quality values as in RFC 9110, section 12.4.2.

use super::Dialect;

/// A format of the exposition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus text 0.0.4: what is sent to whoever asks for nothing in particular.
    Text,
}

/// How the exposition is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    Identity,
    /// With gzip.
    Gzip,
}

impl Format {
    /// The media type, for `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// The dialect that is written.
    #[must_use]
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::OpenMetrics => Dialect::OpenMetrics,
            Self::Text => Dialect::Text,
        }
    }
}

/// The format that `accept` prefers. OpenMetrics only where it is asked for by name; where nothing fits, text, since a
/// scrape in a format that was not asked for is better than none.
#[must_use]
pub fn format(accept: &str) -> Format {
    let mut best = (0.0, Format::Text);
    for (range, quality) in ranges(accept) {
        if quality > best.0
            && let Some(format) = format_of(range)
        {
            best = (quality, format);
        }
    }
    best.1
}

/// Whether `accept_encoding` allows gzip.
#[must_use]
pub fn compression(accept_encoding: &str) -> Compression {
    let quality_of = |wanted: &str| {
        ranges(accept_encoding).find(|(coding, _)| media_type(coding) == wanted).map(|(_, quality)| quality)
    };
    let quality = quality_of("gzip").or_else(|| quality_of("*")).unwrap_or(0.0);
    if quality > 0.0 { Compression::Gzip } else { Compression::Identity }
}

/// Each element of a list with its quality. One whose quality can't be read counts as not wanted.
fn ranges(header: &str) -> impl Iterator<Item = (&str, f64)> {
    header.split(',').map(str::trim).filter(|range| !range.is_empty()).map(|range| (range, quality(range)))
}

fn quality(range: &str) -> f64 {
    match parameter(range, "q") {
        None => 1.0,
        Some(text) => text.parse().ok().filter(|quality| (0.0..=1.0).contains(quality)).unwrap_or(0.0),
    }
}

fn media_type(range: &str) -> String {
    range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn parameter<'a>(range: &'a str, name: &str) -> Option<&'a str> {
    range.split(';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
    })
}

/// The format that answers a range; `None` for what we do not write.
fn format_of(range: &str) -> Option<Format> {
    match (media_type(range).as_str(), parameter(range, "version")) {
        ("application/openmetrics-text", None | Some("1.0.0")) => Some(Format::OpenMetrics),
        ("text/plain", None | Some("0.0.4")) | ("text/*" | "*/*", _) => Some(Format::Text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scraper_gets_the_format_it_prefers() {
        let cases = [
            // Prometheus 2.42
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            // Prometheus 2.42 with native histograms
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            // Prometheus 3
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                Format::OpenMetrics,
            ),
            // VictoriaMetrics
            ("text/plain;version=0.0.4;q=1", Format::Text),
            ("*/*", Format::Text),
            ("", Format::Text),
            ("application/json", Format::Text),
            ("text/plain;q=0.2, application/openmetrics-text;q=0.1", Format::Text),
            ("text/plain;q=0.1, application/openmetrics-text; version=\"1.0.0\"; q=0.2", Format::OpenMetrics),
            ("application/openmetrics-text;version=1.0.0;q=0, text/plain", Format::Text),
            ("application/openmetrics-text;version=0.0.1", Format::Text),
            ("application/openmetrics-text;q=nonsense", Format::Text),
        ];
        for (accept, expected) in cases {
            assert_eq!(format(accept), expected, "{accept}");
        }
    }

    #[test]
    fn gzip_is_used_only_where_it_is_allowed() {
        let cases = [
            ("gzip", Compression::Gzip),
            ("deflate, GZIP;q=0.5", Compression::Gzip),
            ("*", Compression::Gzip),
            ("gzip;q=0, *", Compression::Identity),
            ("br", Compression::Identity),
            ("", Compression::Identity),
        ];
        for (accept, expected) in cases {
            assert_eq!(compression(accept), expected, "{accept}");
        }
    }
}
