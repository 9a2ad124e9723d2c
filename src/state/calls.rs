//! What became of calls of which another attempt may still be told.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use foldhash::fast::RandomState;

use crate::event::{CallKey, Delivery, Outcome, RequestEvent, Timestamp};

/// Calls that are remembered: a minute and a half of a thousand a second, in some 11 MB.
const CAPACITY: usize = 100_000;
/// How long a fallback waits for the failure that it made good: deliveries may overtake one another, and be sent again.
const PATIENCE: Duration = Duration::from_secs(30);

/// The calls of which one attempt was told and another may follow.
///
/// A gateway tells of each attempt by itself, and not always in order. That one stood in for another shows only when both are put
/// together.
#[derive(Debug, Default)]
pub(super) struct Calls {
    known: HashMap<CallKey, Attempt, RandomState>,
    /// Oldest first. May name calls that are forgotten already.
    order: VecDeque<CallKey>,
    /// Fallbacks without their failure, by when they were told.
    waiting: VecDeque<(Timestamp, CallKey)>,
    /// Fallbacks that there was no more room to wait for.
    overdue: Vec<Served>,
}

#[derive(Debug)]
enum Attempt {
    Failed { model: Box<str> },
    Served(Served),
}

/// The attempt that ended a call.
#[derive(Debug)]
struct Served {
    model: Box<str>,
    is_success: bool,
    ended_at: Timestamp,
    /// Whether the gateway told that it stood in for another.
    is_fallback: bool,
}

/// What two attempts of one call say together.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sequel {
    /// One repeated the other.
    Retry,
    /// One stood in for the other.
    Fallback {
        /// The model that failed; `None` where nobody told.
        failed: Option<Box<str>>,
        /// The model that was asked then.
        model: Box<str>,
        /// Whether it answered.
        is_success: bool,
    },
}

impl Calls {
    /// Adds an attempt of a call at `model`, and tells what it says together with what was told before.
    pub(super) fn follow(
        &mut self,
        call: CallKey,
        model: &str,
        event: &RequestEvent<'_>,
        now: Timestamp,
    ) -> Option<Sequel> {
        let is_success = event.outcome == Outcome::Success;
        let sequel = match self.known.remove(&call) {
            Some(Attempt::Failed { model: failed }) if *failed == *model => Some(Sequel::Retry),
            Some(Attempt::Failed { model: failed }) => {
                Some(Sequel::Fallback { failed: Some(failed), model: model.into(), is_success })
            }
            // A client may name two calls alike: what ended later was no attempt before.
            Some(Attempt::Served(served)) if !is_success && event.ended_at <= served.ended_at => {
                return served.after(model);
            }
            Some(Attempt::Served(served)) if served.is_fallback => Some(served.alone()),
            Some(Attempt::Served(_)) | None => None,
        };
        let is_explained = sequel.is_some();
        self.remember(call, model, event, is_explained, now);
        sequel
    }

    /// Remembers that a call failed at `model` before any deployment was asked.
    pub(super) fn refuse(&mut self, call: CallKey, model: &str) {
        self.insert(call, Attempt::Failed { model: model.into() });
    }

    /// A fallback that has waited long enough for its failure.
    pub(super) fn next_unexplained(&mut self, now: Timestamp) -> Option<Sequel> {
        if let Some(served) = self.overdue.pop() {
            return Some(served.alone());
        }
        while let Some((_, call)) = self.waiting.pop_front_if(|(told_at, _)| told_at.is_older_than(PATIENCE, now)) {
            if let Some(Attempt::Served(served)) = self.known.get_mut(&call)
                && std::mem::take(&mut served.is_fallback)
            {
                return Some(served.alone());
            }
        }
        None
    }

    /// A failure may be made good, and a success may be what made one good: the gateway tells of a fallback, or, with a stream, of
    /// nothing.
    fn remember(&mut self, call: CallKey, model: &str, event: &RequestEvent<'_>, is_explained: bool, now: Timestamp) {
        let is_success = event.outcome == Outcome::Success;
        let is_fallback = event.fallbacks > 0 && !is_explained;
        let tells_nothing = event.delivery == Delivery::Stream && event.retries == 0 && event.fallbacks == 0;
        if is_fallback || (is_success && tells_nothing && !is_explained) {
            let served = Served { model: model.into(), is_success, ended_at: event.ended_at, is_fallback };
            self.insert(call, Attempt::Served(served));
            if is_fallback {
                self.waiting.push_back((now, call));
            }
        } else if !is_success {
            self.insert(call, Attempt::Failed { model: model.into() });
        }
    }

    fn insert(&mut self, call: CallKey, attempt: Attempt) {
        match self.known.insert(call, attempt) {
            None => self.order.push_back(call),
            Some(replaced) => self.forget(replaced),
        }
        while self.order.len() > CAPACITY {
            let Some(oldest) = self.order.pop_front() else { return };
            if let Some(attempt) = self.known.remove(&oldest) {
                self.forget(attempt);
            }
        }
    }

    fn forget(&mut self, attempt: Attempt) {
        if let Attempt::Served(served) = attempt
            && served.is_fallback
        {
            self.overdue.push(served);
        }
    }
}

impl Served {
    /// What it says after a failure at `failed` that is told late.
    fn after(self, failed: &str) -> Option<Sequel> {
        if *self.model == *failed {
            return Some(Sequel::Retry);
        }
        let Self { model, is_success, .. } = self;
        Some(Sequel::Fallback { failed: Some(failed.into()), model, is_success })
    }

    /// What it says by itself.
    fn alone(&self) -> Sequel {
        Sequel::Fallback { failed: None, model: self.model.clone(), is_success: self.is_success }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_the_oldest_is_forgotten_first() {
        let mut calls = Calls::default();
        for number in 0..=CAPACITY {
            calls.refuse(CallKey::of(&number.to_string()), "model");
        }
        assert_eq!(calls.known.len(), CAPACITY);
        assert!(!calls.known.contains_key(&CallKey::of("0")));
        assert!(calls.known.contains_key(&CallKey::of("1")));
    }

    #[test]
    fn a_fallback_that_there_is_no_room_to_wait_for_is_not_forgotten() {
        let mut calls = Calls::default();
        let ended_at = Timestamp::default();
        let served = Served { model: "model".into(), is_success: true, ended_at, is_fallback: true };
        calls.insert(CallKey::of("fallback"), Attempt::Served(served));
        for number in 0..CAPACITY {
            assert_eq!(calls.next_unexplained(ended_at), None, "{number}");
            calls.refuse(CallKey::of(&number.to_string()), "model");
        }
        let alone = Sequel::Fallback { failed: None, model: "model".into(), is_success: true };
        assert_eq!(calls.next_unexplained(ended_at), Some(alone));
        assert_eq!(calls.next_unexplained(ended_at), None);
    }
}
