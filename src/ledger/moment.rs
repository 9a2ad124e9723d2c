//! Moments, as an operator writes them.

use crate::event::Timestamp;

/// Reads `2026-11-24T10:00:00Z`, with any offset, or a date, which is its midnight in UTC.
///
/// # Errors
/// Says what was expected.
pub fn parse_moment(text: &str) -> Result<Timestamp, String> {
    // Where there is a time, there must be an offset, or nobody knows which time it is.
    let moment = if text.contains(['T', ' ', ':']) { text.parse() } else { midnight(text) };
    let wrong =
        |_: jiff::Error| "expected a time such as 2026-11-24T10:00:00Z, or a date such as 2026-11-24".to_owned();
    moment.map(Into::into).map_err(wrong)
}

fn midnight(date: &str) -> Result<jiff::Timestamp, jiff::Error> {
    let date: jiff::civil::Date = date.parse()?;
    jiff::tz::TimeZone::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::UtcHour;

    #[test]
    fn times_have_an_offset_or_are_dates() {
        let noon = UtcHour::from_number(498_755).beginning();
        for (text, expected) in [
            ("2026-11-24T11:00:00Z", Some(noon)),
            ("2026-11-24T12:00:00+01:00", Some(noon)),
            ("2026-11-24", Some(UtcHour::from_number(498_744).beginning())),
            ("2026-11-24T11:00:00", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(parse_moment(text).ok(), expected, "{text}");
        }
    }
}
