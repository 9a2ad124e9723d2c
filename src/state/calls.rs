//! Failed attempts whose call may still be served by another one.

use std::collections::{HashMap, VecDeque};

use foldhash::fast::RandomState;

use crate::event::CallKey;

/// Calls that are remembered: a minute and a half of a thousand failures a second, in some 8 MB.
const CAPACITY: usize = 100_000;

/// Which model a call failed on last, for calls that failed lately.
///
/// A gateway tells of each attempt by itself. That one stood in for another shows only when both are put together.
#[derive(Debug, Default)]
pub(super) struct FailedCalls {
    models: HashMap<CallKey, Box<str>, RandomState>,
    /// Oldest first. May name calls that are forgotten already.
    order: VecDeque<CallKey>,
}

impl FailedCalls {
    /// Remembers that `call` failed on `model`.
    pub(super) fn insert(&mut self, call: CallKey, model: &str) {
        if self.models.insert(call, model.into()).is_none() {
            self.order.push_back(call);
        }
        while self.order.len() > CAPACITY {
            let Some(oldest) = self.order.pop_front() else { return };
            self.models.remove(&oldest);
        }
    }

    /// The model that `call` failed on last. The call is forgotten.
    pub(super) fn take(&mut self, call: CallKey) -> Option<Box<str>> {
        self.models.remove(&call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_the_oldest_is_forgotten_first() {
        let mut calls = FailedCalls::default();
        for number in 0..=CAPACITY {
            calls.insert(CallKey::of(&number.to_string()), "model");
        }
        assert_eq!(calls.models.len(), CAPACITY);
        assert_eq!(calls.take(CallKey::of("0")), None);
        assert_eq!(calls.take(CallKey::of("1")).as_deref(), Some("model"));
    }
}
