//! Exemplars: one trace for each bucket of a histogram.

use crate::event::Timestamp;

/// Longer trace ids are not kept. A W3C trace id has 32 characters, a UUID 36.
const MAX_TRACE_ID: usize = 46;

/// A trace id, in place and not on the heap: one is stored with each observation.
#[derive(Clone, Copy)]
pub struct TraceId {
    length: u8,
    bytes: [u8; MAX_TRACE_ID],
}

/// An observation that can be looked at: its trace, value and time.
#[derive(Debug, Clone, Copy)]
pub struct Exemplar {
    trace_id: TraceId,
    value: f64,
    at: Timestamp,
}

impl TraceId {
    /// `None` for an id that is empty, too long, or holds what would need escaping: real ones never do.
    #[must_use]
    pub fn new(id: &str) -> Option<Self> {
        let is_plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        if id.is_empty() || id.len() > MAX_TRACE_ID || !id.as_bytes().iter().all(is_plain) {
            return None;
        }
        let mut bytes = [0; MAX_TRACE_ID];
        bytes[..id.len()].copy_from_slice(id.as_bytes());
        Some(Self { length: u8::try_from(id.len()).ok()?, bytes })
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl std::fmt::Debug for TraceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Exemplar {
    /// An exemplar whose value is not known yet.
    #[must_use]
    pub const fn new(trace_id: TraceId, at: Timestamp) -> Self {
        Self { trace_id, value: 0.0, at }
    }

    /// The same trace with a value.
    #[must_use]
    pub const fn with_value(self, value: f64) -> Self {
        Self { value, ..self }
    }

    /// The trace.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        self.trace_id.as_str()
    }

    /// What was observed, in seconds.
    #[must_use]
    pub const fn value(&self) -> f64 {
        self.value
    }

    /// When.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_ids_of_reasonable_length_are_kept() {
        assert_eq!(TraceId::new("7f328509a167126c796dc53a1f6f0807").map(|id| id.as_str().len()), Some(32));
        for bad in ["", "a\"b", "a b", "a\\b", &"x".repeat(47)] {
            assert!(TraceId::new(bad).is_none(), "{bad:?}");
        }
    }
}
