//! That an attempt was seen: what recognises it when it is told again, here or by another source, now or after a restart.

use super::{AttemptKey, Timestamp, Usd};

/// What of an attempt may differ where another source tells of it, and by what both are put together.
///
/// The start of a failure is told differently (LiteLLM's spend log rounds to milliseconds, and begins a failed request some
/// milliseconds before its event does), and so is the tail of a cache hit's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Twins {
    /// The ids that every source tells alike; `None` where [`RequestEvent::attempt`](super::RequestEvent::attempt) is made of
    /// nothing else, so that it is the same in every source.
    pub by_call: Option<AttemptKey>,
    /// The id alone, for a source that does not know calls; `None` where there is no id.
    pub by_id: Option<AttemptKey>,
}

/// One attempt that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// By what the same source tells it again.
    pub attempt: AttemptKey,
    /// By what another source may tell it, where that is not the same.
    pub twin: Option<Twin>,
}

/// By what another source may tell an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Twin {
    /// What both tell alike.
    pub key: AttemptKey,
    /// Who told it.
    pub teller: Teller,
    /// When it began, as this one tells it.
    pub started_at: Timestamp,
    /// What it cost, as this one tells it.
    pub booked: Usd,
}

/// What kind of source tells of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Teller {
    /// The gateway, when it happened.
    Push,
    /// The gateway's database, later.
    Row,
}

impl Teller {
    /// The other kind.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Push => Self::Row,
            Self::Row => Self::Push,
        }
    }
}

const PLAIN: u8 = 0;
const PUSHED: u8 = 1;
const STORED: u8 = 2;

impl Sighting {
    /// Appends it to `bytes`: nine of them, or thirty-three with a twin.
    pub fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.attempt.as_u64().to_le_bytes());
        let Some(Twin { key, teller, started_at, booked }) = self.twin else {
            bytes.push(PLAIN);
            return;
        };
        bytes.push(match teller {
            Teller::Push => PUSHED,
            Teller::Row => STORED,
        });
        bytes.extend(key.as_u64().to_le_bytes());
        bytes.extend(started_at.as_micros().to_le_bytes());
        bytes.extend(booked.as_picos().to_le_bytes());
    }

    /// Takes the first one from `bytes`; `None` where they hold no more, or something else.
    pub fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let attempt = AttemptKey::from_u64(u64::from_le_bytes(take(bytes)?));
        let teller = match take::<1>(bytes)? {
            [PLAIN] => return Some(Self { attempt, twin: None }),
            [PUSHED] => Teller::Push,
            [STORED] => Teller::Row,
            _ => return None,
        };
        let key = AttemptKey::from_u64(u64::from_le_bytes(take(bytes)?));
        let started_at = Timestamp::from_micros(i64::from_le_bytes(take(bytes)?));
        let booked = Usd::from_picos(i64::from_le_bytes(take(bytes)?))?;
        Some(Self { attempt, twin: Some(Twin { key, teller, started_at, booked }) })
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_read_again_as_it_was() {
        let twin = Twin {
            key: AttemptKey::of(&["call", "id"]),
            teller: Teller::Row,
            started_at: Timestamp::from_micros(1_795_410_873_314_000),
            booked: Usd::from_picos(2_400_000).expect("an amount"),
        };
        let attempt = AttemptKey::of(&["a"]);
        let pushed = Twin { teller: Teller::Push, ..twin };
        let seen = [None, Some(twin), Some(pushed)].map(|twin| Sighting { attempt, twin });
        let mut bytes = Vec::new();
        seen.iter().for_each(|sighting| sighting.encode(&mut bytes));
        let mut rest = &*bytes;
        let read: Vec<Sighting> = std::iter::from_fn(|| Sighting::decode(&mut rest)).collect();
        assert_eq!(read, seen);
        assert_eq!(Sighting::decode(&mut &bytes[..8]), None, "what was cut off is nothing");
    }
}
