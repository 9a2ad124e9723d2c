//! Compares, round by round.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::compare::has_room;
use super::drifts::{Drift, Drifts};
use super::readings::{Readings, Scope};
use super::{Books, BooksError, OpenBooks, RowsRead};
use crate::event::{Timestamp, UtcHour};
use crate::redact::redact_message;
use crate::state::{Period, State};

/// So many ids of rows that were not counted are told.
const MOST_IDS: usize = 5;

/// So many differences are told in one round; of the others, how many there are.
const MOST_LINES: usize = 20;

/// Compares what was counted with what the gateway booked.
#[derive(Debug)]
pub struct Auditor {
    books: Books,
    state: Arc<State>,
    rows_read: RowsRead,
    most_models: usize,
    readings: Readings,
    drifts: Drifts,
    /// Why the daily table could not be read, when it could not be the last time.
    daily_error: Option<String>,
}

impl Auditor {
    /// Compares what `state` counted, in hours of at most `most_models` models.
    #[must_use]
    pub fn new(books: Books, state: Arc<State>, rows_read: RowsRead, most_models: usize) -> Self {
        let (readings, drifts) = Default::default();
        Self { books, state, rows_read, most_models, readings, drifts, daily_error: None }
    }

    /// Reads what is due, notes in the state how it compares, and logs what differs.
    ///
    /// # Errors
    /// When the spend log can't be read; what was read before holds. That the daily table can't be is only logged.
    pub async fn round(&mut self, now: Timestamp) -> Result<(), BooksError> {
        let books = self.books.open().await?;
        let Some(counting_since) = self.state.counting_since() else { return Ok(()) };
        // In this order: where the lead is lost in between, the hours end in the past.
        let counted_since = self.rows_read.counted_since.as_ref().map_or(counting_since, |since| since());
        let counting_since = counting_since.max(counted_since);
        let counted_until = self.rows_read.counted_until.as_ref().map_or(now, |until| until());
        let scope = Scope { now, counting_since, counted_until };
        let mut drifts = Vec::new();
        let read = self.read_due(&books, &scope, &mut drifts).await;
        if read.is_ok() {
            self.read_daily(&books, &scope).await;
        }
        self.readings.forget(&scope);
        self.drifts.forget(UtcHour::first_of(scope.yesterday()));
        self.state.note_comparison(Period::Hour, self.readings.last_hour(&scope));
        self.state.note_comparison(Period::Day, self.readings.last_day(&scope));
        self.tell(&books, drifts).await;
        read?;
        self.state.note_books_read(now);
        Ok(())
    }

    async fn read_due(&mut self, books: &OpenBooks, scope: &Scope, drifts: &mut Vec<Drift>) -> Result<(), BooksError> {
        let hours = self.state.counted(scope.first(), scope.end(), usize::MAX);
        let counted = hours.into_iter().map(|counted| (counted.hour, counted.models)).collect();
        for hour in self.readings.due(scope, &counted) {
            // Anew: what is counted while other hours are read has its rows by now as well.
            let counted = self.state.counted(hour, hour.plus(1), usize::MAX).pop().map(|counted| counted.models);
            let counted = counted.unwrap_or_default();
            let most = self.most_models;
            let booked = books.hour(hour, |model, so_far| has_room(&counted, model, so_far, most)).await?;
            let compared = self.readings.note(hour, scope.now, counted, &booked);
            drifts.extend(self.drifts.note(hour, compared));
        }
        Ok(())
    }

    /// It is a third opinion: without it, the others hold.
    async fn read_daily(&mut self, books: &OpenBooks, scope: &Scope) {
        if !self.readings.is_daily_due(scope) {
            return;
        }
        let (day, most) = (scope.yesterday(), self.most_models);
        let daily = match books.day(day, |_, so_far| so_far < most).await {
            Ok(daily) => {
                self.daily_error = None;
                daily
            }
            Err(error) => {
                let words = redact_message(&error.to_string());
                if self.daily_error.as_ref() != Some(&words) {
                    tracing::warn!(error = words, "the gateway's daily totals are left out of the ledger");
                }
                self.daily_error = Some(words);
                None
            }
        };
        self.readings.note_daily(day, scope.now, daily);
    }

    async fn tell(&self, books: &OpenBooks, drifts: Vec<Drift>) {
        let untold = drifts.len().saturating_sub(MOST_LINES);
        let mut uncounted: BTreeMap<UtcHour, BTreeMap<String, Vec<String>>> = BTreeMap::new();
        for drift in drifts.into_iter().take(MOST_LINES) {
            if let Some(has_counted) = &self.rows_read.has_counted
                && !uncounted.contains_key(&drift.hour)
            {
                // The numbers are worth telling without the ids too.
                let ids = books.uncounted(drift.hour, MOST_IDS, &**has_counted).await.unwrap_or_default();
                uncounted.insert(drift.hour, ids);
            }
            log(&drift, uncounted.get(&drift.hour));
        }
        if untold > 0 {
            tracing::warn!(untold, "the spend log differs from what was counted in more hours and models");
        }
    }
}

fn log(drift: &Drift, uncounted: Option<&BTreeMap<String, Vec<String>>>) {
    let Drift { hour, model, counted, spend_log } = drift;
    let ids: Vec<&str> = match (uncounted, model) {
        (None, _) => Vec::new(),
        (Some(ids), Some(model)) => ids.get(model).into_iter().flatten().map(String::as_str).collect(),
        (Some(ids), None) => ids.values().flatten().take(MOST_IDS).map(String::as_str).collect(),
    };
    tracing::warn!(
        %hour,
        model = model.as_deref().unwrap_or("(all)"),
        counted_requests = counted.requests,
        rows = spend_log.requests,
        counted_usd = counted.cost.as_f64(),
        spend_log_usd = spend_log.cost.as_f64(),
        drift_usd = spend_log.cost.difference(counted.cost),
        uncounted_ids = ids.join(" "),
        "the spend log differs from what was counted"
    );
}
