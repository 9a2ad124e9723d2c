//! Durations and sizes as an operator writes them: `30s`, `1h30m`, `64MiB`.

use std::time::Duration;

use jiff::fmt::friendly::{Designator, Spacing, SpanParser, SpanPrinter};

/// What a size may be counted in; the first that divides it is how it is written.
const SIZE_UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

/// Reads a duration such as `30s`; `None` also where the unit is missing.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    SpanParser::new().parse_unsigned_duration(text).ok()
}

/// Writes a duration so that [`parse_duration`] reads it back.
pub(super) fn show_duration(duration: Duration) -> String {
    SpanPrinter::new().designator(Designator::Compact).spacing(Spacing::None).unsigned_duration_to_string(&duration)
}

/// Reads a size such as `64MiB` or `1024` in bytes; the case of the unit does not matter.
pub(super) fn parse_size(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let unit = match unit.trim_start() {
        "" => "B",
        unit => unit,
    };
    let (_, bytes) = SIZE_UNITS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    number.parse::<u64>().ok()?.checked_mul(bytes)
}

/// Writes a size so that [`parse_size`] reads it back.
pub(super) fn show_size(bytes: u64) -> String {
    SIZE_UNITS
        .into_iter()
        .filter(|(name, _)| *name != "B")
        .find(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit))
        .map_or_else(|| bytes.to_string(), |(name, unit)| format!("{}{name}", bytes / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_binary_and_decimal_units() {
        for (text, bytes) in [
            ("64MiB", 64 << 20),
            ("64 mib", 64 << 20),
            ("64MB", 64_000_000),
            ("3kB", 3_000),
            ("1024", 1024),
            ("7B", 7),
            ("0", 0),
        ] {
            assert_eq!(parse_size(text), Some(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_none() {
        for text in ["", "MiB", "64M", "1.5GiB", "-1", "64 apples", "99999999999GiB"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }

    #[test]
    fn a_size_is_written_in_its_largest_whole_unit_and_reads_back() {
        for (bytes, text) in [(0, "0"), (1_500, "1500"), (2_000, "2kB"), (64 << 20, "64MiB"), (1 << 40, "1024GiB")] {
            assert_eq!(show_size(bytes), text);
            assert_eq!(parse_size(text), Some(bytes));
        }
    }

    #[test]
    fn durations_need_a_unit() {
        assert_eq!(parse_duration("30"), None);
        assert_eq!(parse_duration("-30s"), None);
        assert_eq!(parse_duration("1h30m"), Some(Duration::from_mins(90)));
    }

    #[test]
    fn a_duration_is_written_compact_and_reads_back() {
        for (duration, text) in [
            (Duration::ZERO, "0s"),
            (Duration::from_millis(1500), "1s500ms"),
            (Duration::from_secs(25), "25s"),
            (Duration::from_mins(5), "5m"),
            (Duration::from_mins(90), "1h30m"),
        ] {
            assert_eq!(show_duration(duration), text);
            assert_eq!(parse_duration(text), Some(duration));
        }
    }
}
