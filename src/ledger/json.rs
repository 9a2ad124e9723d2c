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
            counting_since: counting_since.map(Into::into),
            from: first.beginning().into(),
            to: end.beginning().into(),
            next: next.map(|next| next.beginning().into()),
            hours: hours.iter().map(HourJson::new).collect(),
        }
    }

    /// Since when everything is counted.
    #[must_use]
    pub fn counting_since(&self) -> Option<Timestamp> {
        self.counting_since.map(Into::into)
    }

    /// Where to go on, if there is more.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        self.next.map(Into::into)
    }

    /// The hours.
    pub fn hours(self) -> impl Iterator<Item = CountedHour> {
        self.hours.into_iter().map(|HourJson { hour, models }| CountedHour {
            hour: UtcHour::of(hour.into()),
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
        Self { hour: counted.hour.beginning().into(), models: models.collect() }
    }
}

impl ModelJson {
    fn counted(self) -> (String, Counted) {
        let Self { model, requests, failures_without_row, cost_usd } = self;
        let cost = Usd::from_f64(cost_usd).unwrap_or_default();
        (model, Counted { requests, unstored: failures_without_row, cost })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

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
