//! The place of an entry in a stream of Redis.

use std::fmt;
use std::time::Duration;

use crate::event::Timestamp;

/// The place of an entry in a stream: the server's milliseconds, and a number within them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StreamId {
    millis: u64,
    number: u64,
}

impl StreamId {
    /// Before every entry.
    pub(super) const BEGINNING: Self = Self { millis: 0, number: 0 };

    /// Reads `MILLISECONDS-NUMBER`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (millis, number) = text.split_once('-')?;
        Some(Self { millis: millis.parse().ok()?, number: number.parse().ok()? })
    }

    /// The place of what is added at this time.
    pub(super) fn at(time: Timestamp) -> Self {
        Self { millis: u64::try_from(time.as_micros() / 1000).unwrap_or_default(), number: 0 }
    }

    /// The place so much earlier.
    pub(super) fn earlier(self, by: Duration) -> Self {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        Self { millis: self.millis.saturating_sub(millis), number: 0 }
    }

    /// The first place after this one. Redis before 6.2 knows no open ranges.
    pub(super) fn next(self) -> Self {
        match self.number.checked_add(1) {
            Some(number) => Self { number, ..self },
            None => Self { millis: self.millis.saturating_add(1), number: 0 },
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.millis, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> StreamId {
        StreamId::parse(text).expect("an id")
    }

    #[test]
    fn ids_are_ordered_as_numbers() {
        assert!(id("9-10") > id("9-9"));
        assert!(id("10-0") > id("9-9"));
        assert_eq!(id("1790000000000-7").to_string(), "1790000000000-7");
    }

    #[test]
    fn what_is_no_id_is_none() {
        for text in ["", "1", "-", "1-", "-1-0", "a-b", "1-2-3", "99999999999999999999-0"] {
            assert_eq!(StreamId::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn nothing_lies_between_an_id_and_the_next() {
        assert_eq!(id("5-6").next(), id("5-7"));
        assert_eq!(id("5-18446744073709551615").next(), id("6-0"));
    }

    #[test]
    fn before_the_beginning_is_nothing() {
        assert_eq!(id("60000-9").earlier(Duration::from_secs(50)), id("10000-0"));
        assert_eq!(id("60000-9").earlier(Duration::from_secs(500)), StreamId::BEGINNING);
        assert_eq!(StreamId::at(Timestamp::from_micros(-5_000)), StreamId::BEGINNING);
    }
}
