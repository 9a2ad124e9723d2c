//! Which hours are read, when again, and what they come to.
//!
//! A day of millions of rows is not added up every five minutes: each hour is read when it is over, again while rows of it may still
//! come, then seldom; and a day is the sum of its hours.

use std::collections::BTreeMap;
use std::time::Duration;

use super::BooksByModel;
use super::compare::{add_up, compare, with_daily};
use crate::event::{Timestamp, UtcDay, UtcHour};
use crate::state::{ComparedModel, Comparison, Counted};

/// How long after its end an hour is first read: most rows are there after a minute, those of long streams later.
const GRACE: Duration = Duration::from_mins(15);

/// Hours that ended longer ago are read only now and then.
const SETTLED_AFTER: Duration = Duration::from_hours(2);

/// How often they are.
const REREAD_AFTER: Duration = Duration::from_hours(1);

/// Hours that ended longer ago are read no more.
const OVER_AFTER: Duration = Duration::from_hours(25);

/// Which hours can be compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    /// Now.
    pub(super) now: Timestamp,
    /// Since when everything is counted.
    pub(super) counting_since: Timestamp,
    /// Until when.
    pub(super) counted_until: Timestamp,
}

impl Scope {
    /// The first of them, from yesterday on.
    pub(super) fn first(&self) -> UtcHour {
        UtcHour::at_or_after(self.counting_since).max(UtcHour::first_of(self.yesterday()))
    }

    /// The one after the last.
    pub(super) fn end(&self) -> UtcHour {
        UtcHour::of(self.settled()).min(UtcHour::of(self.counted_until))
    }

    /// The last full day.
    pub(super) fn yesterday(&self) -> UtcDay {
        UtcDay::from_number(UtcDay::of(self.settled()).number() - 1)
    }

    fn settled(&self) -> Timestamp {
        self.now.minus(GRACE)
    }
}

/// What was read of the hours of today and yesterday.
#[derive(Debug, Default)]
pub(super) struct Readings {
    hours: BTreeMap<UtcHour, Reading>,
    daily: Option<DailyReading>,
}

#[derive(Debug)]
struct Reading {
    at: Timestamp,
    counted: BTreeMap<String, Counted>,
    compared: Vec<ComparedModel>,
}

#[derive(Debug)]
struct DailyReading {
    day: UtcDay,
    at: Timestamp,
    books: Option<BooksByModel>,
}

impl Readings {
    /// The hours that are to be read now, the latest first. Each is told with what is counted of it by now: where that has changed, it
    /// is read again.
    pub(super) fn due(&self, scope: &Scope, counted: &BTreeMap<UtcHour, BTreeMap<String, Counted>>) -> Vec<UtcHour> {
        let nothing = BTreeMap::new();
        let is_due = |hour: &UtcHour| {
            let Some(reading) = self.hours.get(hour) else { return true };
            let is_older = |age| hour.end().is_older_than(age, scope.now);
            let has_changed = *counted.get(hour).unwrap_or(&nothing) != reading.counted;
            has_changed
                || !is_older(SETTLED_AFTER)
                || (!is_older(OVER_AFTER) && reading.at.is_older_than(REREAD_AFTER, scope.now))
        };
        scope.first().until(scope.end()).rev().filter(is_due).collect()
    }

    /// Whether the daily table is to be read.
    pub(super) fn is_daily_due(&self, scope: &Scope) -> bool {
        let is_fresh =
            |daily: &DailyReading| daily.day == scope.yesterday() && !daily.at.is_older_than(REREAD_AFTER, scope.now);
        !self.daily.as_ref().is_some_and(is_fresh)
    }

    /// Takes over what was counted and booked in an hour, and says how it compares.
    pub(super) fn note(
        &mut self,
        hour: UtcHour,
        at: Timestamp,
        counted: BTreeMap<String, Counted>,
        books: &BooksByModel,
    ) -> &[ComparedModel] {
        let compared = compare(&counted, books);
        let reading = Reading { at, counted, compared };
        &self.hours.entry(hour).insert_entry(reading).into_mut().compared
    }

    /// Takes over what the daily table says of a day.
    pub(super) fn note_daily(&mut self, day: UtcDay, at: Timestamp, books: Option<BooksByModel>) {
        self.daily = Some(DailyReading { day, at, books });
    }

    /// Forgets what is before yesterday.
    pub(super) fn forget(&mut self, scope: &Scope) {
        self.hours = self.hours.split_off(&UtcHour::first_of(scope.yesterday()));
    }

    /// The last full hour; the one before where that could not be read.
    pub(super) fn last_hour(&self, scope: &Scope) -> Option<Comparison> {
        let (first, end) = (scope.first(), scope.end());
        let (hour, reading) = self.hours.range(first..end.max(first)).next_back()?;
        Some(Comparison { from: hour.beginning(), models: reading.compared.clone() })
    }

    /// The last full day, where each of its hours is known.
    pub(super) fn last_day(&self, scope: &Scope) -> Option<Comparison> {
        let day = scope.yesterday();
        let (first, end) = (UtcHour::first_of(day), UtcHour::first_of(UtcDay::from_number(day.number() + 1)));
        if scope.first() > first || scope.end() < end {
            return None;
        }
        let hours: Option<Vec<&[ComparedModel]>> =
            first.until(end).map(|hour| self.hours.get(&hour).map(|reading| &*reading.compared)).collect();
        let models = add_up(hours?);
        let said = self.daily.as_ref().filter(|daily| daily.day == day).and_then(|daily| daily.books.as_ref());
        let models = match said {
            None => models,
            Some(books) => with_daily(models, books),
        };
        Some(Comparison { from: first.beginning(), models })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Usd;
    use crate::state::Booked;

    /// 2026-11-24T10:20:00Z.
    const NOW: i64 = 1_795_515_600;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn scope(now: i64, since: i64) -> Scope {
        Scope { now: at(now), counting_since: at(since), counted_until: at(now) }
    }

    fn hour(number: i64) -> UtcHour {
        UtcHour::of(at(NOW)).plus(number)
    }

    /// So many requests of one model.
    fn counted(requests: u64) -> BTreeMap<String, Counted> {
        BTreeMap::from([("m".to_owned(), Counted { requests, ..Counted::default() })])
    }

    fn booked(requests: u64) -> BooksByModel {
        BTreeMap::from([("m".to_owned(), Booked { requests, cost: Usd::ZERO })])
    }

    #[test]
    fn an_hour_is_full_a_quarter_after_its_end_and_if_it_was_counted_from_its_beginning() {
        let nothing = BTreeMap::new();
        let due = |scope: Scope| Readings::default().due(&scope, &nothing);
        assert_eq!(due(scope(NOW, NOW - 2 * 3_600)), [hour(-1)]);
        assert_eq!(due(scope(NOW - 600, NOW - 2 * 3_600)), [], "ten past ten");
        assert_eq!(due(scope(NOW, NOW - 3_600)), [], "it began to count within the hour");
        let catching_up = Scope { counted_until: at(NOW - 3_600), ..scope(NOW, 0) };
        assert_eq!(due(catching_up).first(), Some(&hour(-2)), "rows of the hour after that are still to come");
    }

    #[test]
    fn hours_are_read_often_while_they_are_young_then_seldom_then_no_more() {
        let mut readings = Readings::default();
        let mut counted_by_hour = BTreeMap::new();
        let all = hour(-34).until(hour(0));
        for hour in all {
            counted_by_hour.insert(hour, counted(1));
            readings.note(hour, at(NOW), counted(1), &booked(1));
        }
        let due = |readings: &Readings, passed| readings.due(&scope(NOW + passed, 0), &counted_by_hour);
        assert_eq!(due(&readings, 300), [hour(-1), hour(-2)]);
        assert_eq!(due(&readings, 1_800).len(), 2, "half an hour later");
        let later = due(&readings, 3_700);
        assert_eq!(later.len(), 25, "all of a day that were not read for an hour, and the one that is new: {later:?}");
        readings.note(hour(-30), at(NOW), counted(2), &booked(1));
        assert!(due(&readings, 300).contains(&hour(-30)), "more has been counted of it, or less");
    }

    #[test]
    fn a_day_is_the_sum_of_its_hours_and_nothing_without_all_of_them() {
        let mut readings = Readings::default();
        let scope = scope(NOW, 0);
        let first = UtcHour::first_of(scope.yesterday());
        for hour in first.until(first.plus(23)) {
            readings.note(hour, at(NOW), counted(2), &booked(3));
        }
        assert_eq!(readings.last_day(&scope), None, "one is missing");
        readings.note(first.plus(23), at(NOW), counted(2), &booked(3));
        let day = readings.last_day(&scope).expect("all are there");
        assert_eq!(day.from, first.beginning());
        assert_eq!(
            day.models.iter().map(|it| (it.counted.requests, it.spend_log.requests)).collect::<Vec<_>>(),
            [(48, 72)]
        );
        assert!(readings.is_daily_due(&scope));
        readings.note_daily(scope.yesterday(), at(NOW), Some(booked(72)));
        assert!(!readings.is_daily_due(&scope));
        assert_eq!(readings.last_day(&scope).and_then(|day| day.models[0].daily).map(|it| it.requests), Some(72));
        let since = Scope { counting_since: Timestamp::from_micros(first.beginning().as_micros() + 1), ..scope };
        assert_eq!(readings.last_day(&since), None, "its first hour was not counted whole");
    }
}
