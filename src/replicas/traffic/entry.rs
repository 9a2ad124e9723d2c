//! What one replica tells at once of requests: what it holds, and how it is written.
//!
//! JSON, so that an operator can read the stream, and so that versions can add fields: unknown ones are passed over. All moments of
//! one deployment are told as microseconds before its latest request: they are short then.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use xxhash_rust::xxh3::Xxh3Default;

use super::super::ReplicaId;
use crate::event::{Deployment, ErrorKind, Timestamp};
use crate::state::{LastError, News, OutcomeCounts, Times};

/// An entry is not continued beyond this size: one of many deployments would hold Redis up.
const SPLIT_AT: usize = 16 * 1024;
/// What is longer than this no replica has written.
const MAX_BYTES: usize = 8 * SPLIT_AT;

/// What one replica told at once.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) replica: String,
    number: u64,
    pub(super) news: Vec<News>,
    /// How much of it this version does not understand.
    pub(super) garbage: u64,
}

/// Writes news in the name of this replica, in as few entries as possible. Each takes the next `number`.
pub(super) fn encode(news: &[News], replica: &ReplicaId, number: &mut u64) -> Vec<String> {
    let mut entries = Vec::new();
    let mut written: Vec<Box<RawValue>> = Vec::new();
    let mut size = 0;
    let mut finish = |written: &mut Vec<Box<RawValue>>| {
        *number += 1;
        let entry = WrittenEntry { replica: replica.as_str().into(), number: *number, news: std::mem::take(written) };
        entries.push(serde_json::to_string(&entry).expect("text and numbers can always be written as JSON"));
    };
    for news in news {
        let json = serde_json::value::to_raw_value(&Written::of(news));
        let json = json.expect("text and numbers can always be written as JSON");
        size += json.get().len();
        written.push(json);
        if size >= SPLIT_AT {
            finish(&mut written);
            size = 0;
        }
    }
    if !written.is_empty() {
        finish(&mut written);
    }
    entries
}

impl Entry {
    /// Reads an entry; `None` when it is none, or one that this version does not understand.
    pub(super) fn decode(json: &[u8]) -> Option<Self> {
        if json.len() > MAX_BYTES {
            return None;
        }
        let WrittenEntry { replica, number, news } = serde_json::from_slice(json).ok()?;
        let told = news.len();
        let news = news.iter().filter_map(|json| serde_json::from_str::<Written<'_>>(json.get()).ok()?.news());
        let news: Vec<News> = news.collect();
        let garbage = (told - news.len()) as u64;
        Some(Self { replica: replica.into_owned(), number, news, garbage })
    }

    /// By what it is recognised: no replica uses a number twice.
    pub(super) fn key(&self) -> u64 {
        let mut hasher = Xxh3Default::new();
        hasher.update(&self.number.to_le_bytes());
        hasher.update(self.replica.as_bytes());
        hasher.digest()
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct WrittenEntry<'a> {
    #[serde(borrow)]
    replica: Cow<'a, str>,
    number: u64,
    news: Vec<Box<RawValue>>,
}

/// What is told of one deployment. `ago` is in microseconds before `seen_us`.
#[derive(Debug, Serialize, Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    deployment: Cow<'a, str>,
    model: Cow<'a, str>,
    provider: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    upstream_model: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    api_base: Cow<'a, str>,
    seen_us: i64,
    #[serde(default, skip_serializing_if = "WrittenTimes::is_empty")]
    served: WrittenTimes,
    #[serde(default, skip_serializing_if = "WrittenTimes::is_empty")]
    failed: WrittenTimes,
    #[serde(skip_serializing_if = "Option::is_none")]
    throttled_ago: Option<u64>,
    /// The beginning of each slot, and how many were served, failed and throttled in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    slots: Vec<(u64, u32, u32, u32)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<WrittenError<'a>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct WrittenTimes {
    ago: Vec<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    earlier: Option<(u64, u64)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WrittenError<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    message: Cow<'a, str>,
    ago: u64,
}

impl<'a> Written<'a> {
    fn of(news: &'a News) -> Self {
        let News { deployment, seen_at, served, failed, last_throttled_at, outcomes, last_error } = news;
        let Deployment { id, model, provider, upstream_model, api_base, rate_limits: _ } = deployment;
        let ago = |at: Timestamp| ago(at, *seen_at);
        let slot =
            |(at, counts): &(Timestamp, OutcomeCounts)| (ago(*at), counts.served, counts.failed, counts.throttled);
        Self {
            deployment: (&**id).into(),
            model: (&**model).into(),
            provider: (&**provider).into(),
            upstream_model: (&**upstream_model).into(),
            api_base: (&**api_base).into(),
            seen_us: seen_at.as_micros(),
            served: WrittenTimes::of(served, *seen_at),
            failed: WrittenTimes::of(failed, *seen_at),
            throttled_ago: last_throttled_at.map(ago),
            slots: outcomes.iter().map(slot).collect(),
            error: last_error.as_ref().map(|LastError { kind, message, at }| WrittenError {
                kind: kind.as_str().into(),
                message: (&**message).into(),
                ago: ago(*at),
            }),
        }
    }

    fn news(self) -> Option<News> {
        let seen_at = Some(self.seen_us).filter(|micros| *micros >= 0).map(Timestamp::from_micros)?;
        let slot =
            |(ago, served, failed, throttled)| (before(seen_at, ago), OutcomeCounts { served, failed, throttled });
        let deployment = Deployment {
            id: self.deployment.into_owned().into(),
            model: self.model.into_owned().into(),
            provider: self.provider.into_owned().into(),
            upstream_model: self.upstream_model.into_owned().into(),
            api_base: self.api_base.into_owned().into(),
            rate_limits: None,
        };
        Some(News {
            deployment,
            seen_at,
            served: self.served.times(seen_at),
            failed: self.failed.times(seen_at),
            last_throttled_at: self.throttled_ago.map(|ago| before(seen_at, ago)),
            outcomes: self.slots.into_iter().take(News::MOST_SLOTS).map(slot).collect(),
            last_error: self.error.and_then(|error| error.in_words(seen_at)),
        })
    }
}

impl WrittenError<'_> {
    /// `None` for a kind that this version does not know: what else the news say holds all the same.
    fn in_words(self, seen_at: Timestamp) -> Option<LastError> {
        let kind = ErrorKind::ALL.into_iter().find(|known| known.as_str() == self.kind)?;
        Some(LastError { kind, message: self.message.into(), at: before(seen_at, self.ago) })
    }
}

impl WrittenTimes {
    fn is_empty(&self) -> bool {
        self.ago.is_empty()
    }

    fn of(times: &Times, seen_at: Timestamp) -> Self {
        let Times { latest, earlier, since } = times;
        let ago_of = |at: &Timestamp| ago(*at, seen_at);
        Self {
            ago: latest.iter().map(ago_of).collect(),
            earlier: since.as_ref().map(|since| (*earlier, ago_of(since))),
        }
    }

    fn times(self, seen_at: Timestamp) -> Times {
        let mut latest: Vec<Timestamp> = self.ago.iter().map(|ago| before(seen_at, *ago)).collect();
        latest.sort_unstable();
        let surplus = latest.len().saturating_sub(Times::MOST);
        latest.drain(..surplus);
        let earlier = self.earlier.map_or(0, |(count, _)| count);
        Times { latest, earlier, since: self.earlier.map(|(_, ago)| before(seen_at, ago)) }
    }
}

/// Nothing of a deployment is later than its latest request.
fn ago(at: Timestamp, seen_at: Timestamp) -> u64 {
    seen_at.as_micros().saturating_sub(at.as_micros()).try_into().unwrap_or_default()
}

fn before(seen_at: Timestamp, ago: u64) -> Timestamp {
    Timestamp::from_micros(seen_at.as_micros().saturating_sub_unsigned(ago).max(0))
}

#[cfg(test)]
#[path = "entry/tests.rs"]
mod tests;
