//! What became of calls of which another attempt may still be told.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use foldhash::fast::RandomState;

use super::clean;
use crate::event::{CallKey, Delivery, Outcome, RequestEvent, Timestamp};

/// Calls that are remembered: a minute and a half of a thousand a second, in some 11 MB.
const CAPACITY: usize = 100_000;
/// How long a fallback waits for the failure that it made good: deliveries may overtake one another, and be sent again.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a gateway may wait before it tries again: providers ask for up to a minute.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

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
    Failed(Failed),
    Served(Served),
}

/// An attempt that another may make good.
#[derive(Debug)]
struct Failed {
    model: Box<str>,
    ended_at: Timestamp,
}

/// An attempt that may have made good another.
#[derive(Debug)]
struct Served {
    model: Box<str>,
    is_success: bool,
    started_at: Timestamp,
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
        let before = match self.known.remove(&call) {
            Some(Attempt::Served(served)) if !is_success && served.follows(event.ended_at) => {
                return self.explain(call, served, model);
            }
            Some(Attempt::Failed(failed)) if event.ended_at < failed.ended_at => {
                self.insert(call, Attempt::Failed(failed));
                return None;
            }
            Some(Attempt::Failed(failed)) => Some(failed),
            Some(Attempt::Served(served)) => {
                let failed = Failed { model: served.model.clone(), ended_at: served.ended_at };
                let failed = (!served.is_success).then_some(failed);
                self.forget(Attempt::Served(served));
                failed
            }
            None => None,
        };
        let sequel = before.filter(|failed| is_soon_after(failed.ended_at, event.started_at)).map(|failed| {
            let model: Box<str> = model.into();
            if failed.model == model {
                Sequel::Retry
            } else {
                Sequel::Fallback { failed: Some(failed.model), model, is_success }
            }
        });
        let told = || event.fallback_from.as_deref().map(clean).filter(|failed| **failed != *model);
        let sequel = sequel.or_else(|| {
            let failed = Some(told()?.as_ref().into());
            Some(Sequel::Fallback { failed, model: model.into(), is_success })
        });
        self.remember(call, model, event, sequel.is_some(), now);
        sequel
    }

    /// What a fallback comes to that waits for its failure, where another source tells that `failed` had failed.
    pub(super) fn explain_served(&mut self, call: CallKey, failed: &str) -> Option<Sequel> {
        match self.known.remove(&call)? {
            Attempt::Served(served) if served.is_fallback => self.explain(call, served, failed),
            attempt => {
                self.insert(call, attempt);
                None
            }
        }
    }

    /// Adds a failure of a call at `model` before any deployment was asked, which may be told after what made it good.
    pub(super) fn refuse(&mut self, call: CallKey, model: &str, ended_at: Timestamp) -> Option<Sequel> {
        match self.known.remove(&call) {
            Some(Attempt::Served(served)) if served.follows(ended_at) => return self.explain(call, served, model),
            Some(served @ Attempt::Served(_)) => self.forget(served),
            Some(Attempt::Failed(_)) | None => {}
        }
        self.insert(call, Attempt::Failed(Failed { model: model.into(), ended_at }));
        None
    }

    /// What an attempt says after a failure at `failed` that is told late.
    fn explain(&mut self, call: CallKey, served: Served, failed: &str) -> Option<Sequel> {
        if *served.model != *failed {
            let Served { model, is_success, .. } = served;
            return Some(Sequel::Fallback { failed: Some(failed.into()), model, is_success });
        }
        if !served.is_fallback {
            return Some(Sequel::Retry);
        }
        // The one that it stood in for is still to be told; of its own retries the gateway told with it.
        self.insert(call, Attempt::Served(served));
        None
    }

    /// A fallback that has waited long enough for its failure.
    pub(super) fn next_unexplained(&mut self, now: Timestamp) -> Option<Sequel> {
        while let Some((told_at, call)) = self.waiting.front().copied() {
            if !told_at.is_older_than(PATIENCE, now) && self.waiting.len() <= CAPACITY {
                break;
            }
            self.waiting.pop_front();
            if let Some(Attempt::Served(Served { is_fallback: true, .. })) = self.known.get(&call)
                && let Some(attempt) = self.known.remove(&call)
            {
                self.forget(attempt);
            }
        }
        let Served { model, is_success, .. } = self.overdue.pop()?;
        Some(Sequel::Fallback { failed: None, model, is_success })
    }

    /// A failure may be made good, and a success may be what made one good: the gateway tells of a fallback, or, with a stream, of
    /// nothing.
    fn remember(&mut self, call: CallKey, model: &str, event: &RequestEvent<'_>, is_explained: bool, now: Timestamp) {
        let RequestEvent { started_at, ended_at, .. } = *event;
        let is_success = event.outcome == Outcome::Success;
        let is_fallback = event.fallbacks > 0 && !is_explained;
        let tells_nothing = event.delivery == Delivery::Stream && event.retries == 0 && event.fallbacks == 0;
        if is_fallback || (is_success && tells_nothing && !is_explained) {
            let served = Served { model: model.into(), is_success, started_at, ended_at, is_fallback };
            self.insert(call, Attempt::Served(served));
            if is_fallback {
                self.waiting.push_back((now, call));
            }
        } else if !is_success {
            self.insert(call, Attempt::Failed(Failed { model: model.into(), ended_at }));
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
    /// Whether it may have made good a failure that ended then.
    fn follows(&self, failed_at: Timestamp) -> bool {
        failed_at <= self.ended_at && is_soon_after(failed_at, self.started_at)
    }
}

/// Whether an attempt that began at `started_at` may belong to the same call as a failure. A client may name all its calls alike.
fn is_soon_after(failed_at: Timestamp, started_at: Timestamp) -> bool {
    started_at.since(failed_at).unwrap_or_default() <= LONGEST_PAUSE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_the_oldest_is_forgotten_first() {
        let mut calls = Calls::default();
        for number in 0..=CAPACITY {
            calls.refuse(CallKey::of(&number.to_string()), "model", Timestamp::default());
        }
        assert_eq!(calls.known.len(), CAPACITY);
        assert!(!calls.known.contains_key(&CallKey::of("0")));
        assert!(calls.known.contains_key(&CallKey::of("1")));
    }

    #[test]
    fn a_fallback_that_there_is_no_room_to_wait_for_is_not_forgotten() {
        let mut calls = Calls::default();
        let at = Timestamp::default();
        let served =
            Served { model: "model".into(), is_success: true, started_at: at, ended_at: at, is_fallback: true };
        calls.insert(CallKey::of("fallback"), Attempt::Served(served));
        for number in 0..CAPACITY {
            assert_eq!(calls.next_unexplained(at), None, "{number}");
            calls.refuse(CallKey::of(&number.to_string()), "model", at);
        }
        let alone = Sequel::Fallback { failed: None, model: "model".into(), is_success: true };
        assert_eq!(calls.next_unexplained(at), Some(alone));
        assert_eq!(calls.next_unexplained(at), None);
    }
}
