//! What was counted, by the hour in which a request began and by its public model: to be compared with what the gateway booked.
//!
//! The hour is that of the start, in UTC, rounded to the millisecond as LiteLLM's spend log rounds it, because that is what the log is
//! indexed by. What asks no model, was refused before a deployment, or is the gateway's own health check stands under `other`, and so
//! does what has no room.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use foldhash::fast::RandomState;

use super::label::clean;
use super::table::OVERFLOW;
use crate::event::{Reach, RequestEvent, Timestamp, Usd, UtcHour};

/// How long hours are kept: a month, and a few days to look at it.
const HOURS_KEPT: i64 = 35 * 24;

/// The most models of all hours together: some 20 MB. A hundred models fill 35 days to less than half.
const MOST_BUCKETS: usize = 200_000;

/// The key under which it is kept since when there is counting. No hour begins with these letters.
const SINCE_KEY: &[u8] = b"counting_since";

/// How many bytes of a key are the hour.
const HOUR_BYTES: usize = 8;

/// A key and its new value; `None` where it is no longer kept.
pub type LedgerChange = (Vec<u8>, Option<Vec<u8>>);

/// What was counted of one model, in an hour or longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Attempts.
    pub requests: u64,
    /// Those among them that failed and that no row told: the gateway stores no row of an attempt that another one made up for.
    pub unstored: u64,
    /// What they cost.
    pub cost: Usd,
}

impl Counted {
    /// Adds the other to it.
    pub fn add(&mut self, other: &Self) {
        let Self { requests, unstored, cost } = other;
        self.requests = self.requests.saturating_add(*requests);
        self.unstored = self.unstored.saturating_add(*unstored);
        self.cost += *cost;
    }

    fn encode(&self) -> Vec<u8> {
        let Self { requests, unstored, cost } = self;
        [&requests.to_le_bytes()[..], &unstored.to_le_bytes(), &cost.as_all_picos().to_le_bytes()].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (requests, rest) = bytes.split_first_chunk()?;
        let (unstored, rest) = rest.split_first_chunk()?;
        let cost = Usd::from_all_picos(u128::from_le_bytes(rest.try_into().ok()?));
        Some(Self { requests: u64::from_le_bytes(*requests), unstored: u64::from_le_bytes(*unstored), cost })
    }
}

/// One hour, as a view sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedHour {
    /// Which.
    pub hour: UtcHour,
    /// What was counted, by model.
    pub models: BTreeMap<String, Counted>,
}

/// What was counted in the hours that are kept.
#[derive(Debug)]
pub(super) struct Ledger {
    most_models: usize,
    most_buckets: usize,
    hours: BTreeMap<UtcHour, HashMap<Box<str>, Bucket, RandomState>>,
    buckets: usize,
    counting_since: Option<Timestamp>,
    /// What is not yet written down; `None` where nothing is.
    unwritten: Option<Unwritten>,
}

#[derive(Debug, Default)]
struct Bucket {
    counted: Counted,
    is_unwritten: bool,
}

#[derive(Debug, Default)]
struct Unwritten {
    hours: BTreeSet<UtcHour>,
    forgotten: Vec<Vec<u8>>,
    since: bool,
}

impl Ledger {
    /// Nothing yet, with room for so many models in each hour.
    pub(super) fn new(most_models: usize) -> Self {
        Self {
            most_models,
            most_buckets: MOST_BUCKETS,
            hours: BTreeMap::new(),
            buckets: 0,
            counting_since: None,
            unwritten: None,
        }
    }

    /// Notes that everything is counted from now on; what was noted first holds.
    pub(super) fn start_counting(&mut self, now: Timestamp) {
        if self.counting_since.is_none() {
            self.counting_since = Some(now);
            if let Some(unwritten) = &mut self.unwritten {
                unwritten.since = true;
            }
        }
    }

    /// Since when everything is counted.
    pub(super) const fn counting_since(&self) -> Option<Timestamp> {
        self.counting_since
    }

    /// Counts an attempt, which a row of the gateway's database may have told.
    pub(super) fn record(&mut self, event: &RequestEvent<'_>, is_of_row: bool, now: Timestamp) {
        self.start_counting(now);
        let is_unstored = !is_of_row && event.outcome.error().is_some();
        self.change(event, now, |counted| {
            counted.requests += 1;
            counted.unstored += u64::from(is_unstored);
            counted.cost += event.cost.booked();
        });
    }

    /// Adds what an attempt cost beyond what was counted.
    pub(super) fn surcharge(&mut self, event: &RequestEvent<'_>, extra: Usd, now: Timestamp) {
        self.change(event, now, |counted| counted.cost += extra);
    }

    /// Notes that a row tells an attempt that was counted already. That of a success was expected.
    pub(super) fn note_row(&mut self, event: &RequestEvent<'_>, now: Timestamp) {
        if event.outcome.error().is_some() {
            self.change(event, now, |counted| counted.unstored = counted.unstored.saturating_sub(1));
        }
    }

    /// What was counted from one hour to the one before `end`. Hours without anything are left out.
    pub(super) fn hours(&self, first: UtcHour, end: UtcHour) -> impl Iterator<Item = CountedHour> {
        let hours = self.hours.range(first..end.max(first));
        hours.map(|(hour, models)| {
            let models = models.iter().map(|(model, bucket)| (model.to_string(), bucket.counted));
            CountedHour { hour: *hour, models: models.collect() }
        })
    }

    /// Gathers from now on what changes.
    pub(super) fn gather_changes(&mut self) {
        self.unwritten.get_or_insert_default();
    }

    /// What changed since it was asked the last time: to be written down, in any order. A key begins with its hour, so that the oldest
    /// stand first.
    pub(super) fn changes(&mut self) -> Vec<LedgerChange> {
        let Some(unwritten) = &mut self.unwritten else { return Vec::new() };
        let Unwritten { hours, forgotten, since } = std::mem::take(unwritten);
        let mut changes: Vec<LedgerChange> = forgotten.into_iter().map(|key| (key, None)).collect();
        if since && let Some(at) = self.counting_since {
            changes.push((SINCE_KEY.to_owned(), Some(at.as_micros().to_le_bytes().to_vec())));
        }
        for hour in hours {
            let models = self.hours.get_mut(&hour).into_iter().flatten();
            for (model, bucket) in models.filter(|(_, bucket)| bucket.is_unwritten) {
                bucket.is_unwritten = false;
                changes.push((key(hour, model), Some(bucket.counted.encode())));
            }
        }
        changes
    }

    /// Takes over what was written down. What can't be read is left out.
    pub(super) fn restore(&mut self, key: &[u8], value: &[u8]) {
        if key == SINCE_KEY {
            let at = value.try_into().ok().map(|bytes| Timestamp::from_micros(i64::from_le_bytes(bytes)));
            self.counting_since = at.or(self.counting_since);
            return;
        }
        let Some((hour, model)) = key.split_first_chunk::<HOUR_BYTES>() else { return };
        let (Ok(model), Some(counted)) = (str::from_utf8(model), Counted::decode(value)) else { return };
        let models = self.hours.entry(UtcHour::from_number(i64::from_be_bytes(*hour))).or_default();
        let bucket = Bucket { counted, is_unwritten: false };
        self.buckets += usize::from(models.insert(model.into(), bucket).is_none());
    }

    fn change(&mut self, event: &RequestEvent<'_>, now: Timestamp, change: impl FnOnce(&mut Counted)) {
        let hour = hour_of(event, now);
        if !self.hours.contains_key(&hour) && !self.open(hour, now) {
            return;
        }
        let Some(models) = self.hours.get_mut(&hour) else { return };
        let model = clean(model_of(event));
        let bucket = match models.get_mut(&*model) {
            Some(bucket) => bucket,
            None => {
                let model = if models.len() < self.most_models { &*model } else { OVERFLOW };
                match models.entry(model.into()) {
                    Entry::Occupied(bucket) => bucket.into_mut(),
                    Entry::Vacant(place) => {
                        self.buckets += 1;
                        place.insert(Bucket::default())
                    }
                }
            }
        };
        change(&mut bucket.counted);
        if let Some(unwritten) = &mut self.unwritten
            && !bucket.is_unwritten
        {
            bucket.is_unwritten = true;
            unwritten.hours.insert(hour);
        }
    }

    /// Makes room for an hour; `false` where it is too long ago to be kept.
    fn open(&mut self, hour: UtcHour, now: Timestamp) -> bool {
        let oldest = UtcHour::of(now).plus(-HOURS_KEPT);
        if hour < oldest {
            return false;
        }
        let is_full = |ledger: &Self| ledger.buckets > ledger.most_buckets;
        while self.hours.first_key_value().is_some_and(|(first, _)| *first < oldest || is_full(self)) {
            self.forget_oldest();
        }
        self.hours.insert(hour, HashMap::default());
        true
    }

    fn forget_oldest(&mut self) {
        let Some((hour, models)) = self.hours.pop_first() else { return };
        self.buckets -= models.len();
        // What is no longer there can't be compared.
        let complete_from = self.counting_since.max(Some(hour.end()));
        if self.counting_since.is_some_and(|since| Some(since) < complete_from) {
            self.counting_since = complete_from;
            if let Some(unwritten) = &mut self.unwritten {
                unwritten.since = true;
            }
        }
        if let Some(unwritten) = &mut self.unwritten {
            unwritten.forgotten.extend(models.keys().map(|model| key(hour, model)));
        }
    }
}

/// A gateway whose clock is ahead must not fill hours to come.
fn hour_of(event: &RequestEvent<'_>, now: Timestamp) -> UtcHour {
    let micros = event.started_at.min(now).as_micros();
    UtcHour::of(Timestamp::from_micros(micros.saturating_add(500).div_euclid(1_000) * 1_000))
}

fn model_of<'e>(event: &'e RequestEvent<'_>) -> &'e str {
    let model = match &event.reach {
        Reach::Deployment(deployment) => &*deployment.model,
        Reach::Cache { model, .. } => model,
        Reach::Refused { .. } | Reach::NoModel | Reach::GatewayHealthCheck => OVERFLOW,
    };
    if model.is_empty() { OVERFLOW } else { model }
}

fn key(hour: UtcHour, model: &str) -> Vec<u8> {
    [&hour.number().to_be_bytes()[..], model.as_bytes()].concat()
}

#[cfg(test)]
#[path = "ledger/tests.rs"]
mod tests;
