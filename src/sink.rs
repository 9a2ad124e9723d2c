//! The one door into the state: each attempt passes it once.

mod window;

use parking_lot::Mutex;
use std::sync::Arc;

use crate::event::{RequestEvent, Timestamp};
use crate::state::{RejectReason, Source, State};
use window::Window;

/// Takes events from every source, recognises those that came before, and records the others.
#[derive(Debug)]
pub struct Sink {
    state: Arc<State>,
    seen: Mutex<Window>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// It was recorded.
    Accepted,
    /// It had been recorded before.
    Duplicate,
}

impl Sink {
    /// A sink into `state` that recognises the latest `dedupe_window` attempts.
    #[must_use]
    pub fn new(state: Arc<State>, dedupe_window: usize) -> Self {
        Self { state, seen: Mutex::new(Window::new(dedupe_window)) }
    }

    /// Records an attempt, unless it was recorded before.
    pub fn take(&self, source: Source, event: &RequestEvent<'_>, now: Timestamp) -> Receipt {
        if !self.seen.lock().insert(event.attempt) {
            self.state.note_duplicate(source);
            return Receipt::Duplicate;
        }
        self.state.record(source, event, now);
        Receipt::Accepted
    }

    /// Counts something that was delivered and is no event.
    pub fn reject(&self, source: Source, reason: RejectReason) {
        self.state.note_rejected(source, reason);
    }
}
