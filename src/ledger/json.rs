//! What was counted, as JSON: written by `GET /ledger`, read by `reconcile`.

use serde::{Deserialize, Serialize};

use crate::event::{Timestamp, Usd, UtcHour};
use crate::state::{Counted, CountedHour};

/// The answer of `GET /ledger`.
#[derive(Debug, Serialize, Deserialize)]
pub struct LedgerJson {
    /// Since when everything is counted; `null` before the first request.
    counting_since: Option<jiff::Timestamp>,
    from: jiff::Timestamp,
    to: jiff::Timestamp,
    /// Where to go on where there was too much for one answer.
    next: Option<jiff::Timestamp>,
    hours: Vec<HourJson>,
}

#[derive(Debug, Serialize, Deserialize)]
struct HourJson {
    hour: jiff::Timestamp,
    models: Vec<ModelJson>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ModelJson {
    model: String,
    requests: u64,
    failures_without_row: u64,
    cost_usd: f64,
}

impl LedgerJson {
    /// What was counted from one hour to the one before `end`; where it comes to `most` hours and models, there may be more.
    #[must_use]
    pub fn new(
        counting_since: Option<Timestamp>,
        first: UtcHour,
        end: UtcHour,
        hours: &[CountedHour],
        most: usize,
    ) -> Self {
        let told: usize = hours.iter().map(|hour| hour.models.len()).sum();
        let next = hours.last().map(|last| last.hour.plus(1)).filter(|next| told >= most && *next < end);
        Self {
            counting_since: counting_since.map(written),
            from: written(first.beginning()),
            to: written(end.beginning()),
            next: next.map(|next| written(next.beginning())),
            hours: hours.iter().map(HourJson::new).collect(),
        }
    }

    /// Since when everything is counted.
    #[must_use]
    pub fn counting_since(&self) -> Option<Timestamp> {
        self.counting_since.map(read)
    }

    /// Where to go on, if there is more.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        self.next.map(read)
    }

    /// The hours.
    pub fn hours(self) -> impl Iterator<Item = CountedHour> {
        self.hours.into_iter().map(|HourJson { hour, models }| CountedHour {
            hour: UtcHour::of(read(hour)),
            models: models.into_iter().map(ModelJson::counted).collect(),
        })
    }
}

impl HourJson {
    fn new(counted: &CountedHour) -> Self {
        let models = counted.models.iter().map(|(model, counted)| ModelJson {
            model: model.clone(),
            requests: counted.requests,
            failures_without_row: counted.unstored,
            cost_usd: counted.cost.as_f64(),
        });
        Self { hour: written(counted.hour.beginning()), models: models.collect() }
    }
}

impl ModelJson {
    fn counted(self) -> (String, Counted) {
        let Self { model, requests, failures_without_row, cost_usd } = self;
        let cost = Usd::from_f64(cost_usd).unwrap_or_default();
        (model, Counted { requests, unstored: failures_without_row, cost })
    }
}

/// Reads `2026-11-24T10:00:00Z`, with any offset, or a date, which is its midnight in UTC.
///
/// # Errors
/// Says what was expected.
pub fn parse_moment(text: &str) -> Result<Timestamp, String> {
    // Where there is a time, there must be an offset, or nobody knows which time it is.
    let moment = if text.contains(['T', ' ', ':']) { text.parse() } else { midnight(text) };
    let wrong =
        |_: jiff::Error| "expected a time such as 2026-11-24T10:00:00Z, or a date such as 2026-11-24".to_owned();
    moment.map(read).map_err(wrong)
}

fn midnight(date: &str) -> Result<jiff::Timestamp, jiff::Error> {
    let date: jiff::civil::Date = date.parse()?;
    jiff::tz::TimeZone::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight()))
}

fn written(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or_default()
}

fn read(at: jiff::Timestamp) -> Timestamp {
    Timestamp::from_micros(at.as_microsecond())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

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

    #[test]
    fn what_is_written_is_read_again_and_says_where_to_go_on() {
        let hour = UtcHour::from_number(498_755);
        let counted = Counted { requests: 3, unstored: 1, cost: Usd::from_all_picos(1_234_567_890_123) };
        let hours = [CountedHour { hour, models: BTreeMap::from([("m".to_owned(), counted)]) }];
        let read = |most| {
            let json = LedgerJson::new(Some(hour.beginning()), hour, hour.plus(2), &hours, most);
            let text = serde_json::to_string(&json).expect("it can be written");
            serde_json::from_str::<LedgerJson>(&text).expect("it can be read")
        };
        assert_eq!(read(2).next(), None);
        assert_eq!(read(1).next(), Some(hour.plus(1).beginning()));
        assert_eq!(read(1).counting_since(), Some(hour.beginning()));
        assert_eq!(read(1).hours().collect::<Vec<_>>(), hours);
    }
}
