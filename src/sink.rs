//! The one door into the state: each attempt passes it once, whichever source tells it first.

mod pairs;
mod window;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::event::{RequestEvent, RowMark, Sighting, Teller, Timestamp, Twin};
use crate::state::{Origin, RejectReason, Source, State};
use pairs::{Pairs, Sought};
use window::{Age, Window};

/// What ended so long before it is read was pushed by then, if it ever is.
const LONG_AGO: Duration = Duration::from_hours(1);

/// Takes events from every source, recognises those that came before, and records the others.
#[derive(Debug)]
pub struct Sink {
    state: Arc<State>,
    seen: Mutex<Seen>,
    pushes: Pushes,
}

/// What becomes of events that are pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushes {
    /// They count.
    Count,
    /// They are evidence of health, limits and budgets alone: what is read counts. For several exporters, as one of them reads
    /// what was pushed to another.
    Tell,
}

/// What was seen lately.
#[derive(Debug)]
struct Seen {
    window: Window,
    pairs: Pairs,
    recognition: Recognition,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// It was recorded.
    Accepted,
    /// It had been recorded before.
    Duplicate,
}

/// How what one source tells is recognised in what another tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognition {
    /// There is one source only.
    Alone,
    /// By the ids of call and answer, which both tell.
    ByCall,
    /// By the id of the answer, as one of them does not tell of calls.
    ById,
}

impl Sink {
    /// A sink into `state` that recognises the latest `dedupe_window` attempts.
    #[must_use]
    pub fn new(state: Arc<State>, dedupe_window: usize) -> Self {
        let (window, pairs) = (Window::new(dedupe_window), Pairs::new(dedupe_window));
        let seen = Seen { window, pairs, recognition: Recognition::Alone };
        Self { state, seen: Mutex::new(seen), pushes: Pushes::Count }
    }

    /// The same, with pushed events treated in this way.
    #[must_use]
    pub fn with_pushes(self, pushes: Pushes) -> Self {
        Self { pushes, ..self }
    }

    /// Whether what is pushed counts.
    #[must_use]
    pub fn counts_pushes(&self) -> bool {
        self.pushes == Pushes::Count
    }

    /// Recognises from now on in this way what two sources tell.
    pub fn recognise(&self, how: Recognition) {
        self.seen.lock().recognition = how;
    }

    /// Records an attempt that was pushed, unless it was recorded before or pushes do not count.
    pub fn take(&self, source: Source, event: &RequestEvent<'_>, now: Timestamp) -> Receipt {
        if self.pushes == Pushes::Tell {
            self.state.learn(source, event, now);
            return Receipt::Accepted;
        }
        self.receive(source, None, event, now)
    }

    /// Records an attempt that a row of a gateway's database tells, unless it was recorded before. Either way the row is remembered
    /// as seen, together with what it counted.
    pub fn take_row(&self, source: Source, row: RowMark, event: &RequestEvent<'_>, now: Timestamp) -> Receipt {
        self.receive(source, Some(row), event, now)
    }

    /// Counts something that was delivered and is no event.
    pub fn reject(&self, source: Source, reason: RejectReason) {
        self.state.note_rejected(source, reason);
    }

    /// Counts a row that tells of nothing, and remembers it as seen.
    pub fn reject_row(&self, source: Source, row: RowMark, reason: RejectReason) {
        self.state.note_rejected(Origin { source, sighting: None, row: Some(row) }, reason);
    }

    /// Remembers what was seen before a restart.
    pub fn restore(&self, sighting: &Sighting) {
        let mut seen = self.seen.lock();
        if seen.window.insert(sighting.attempt, Age::Recent)
            && let Some(twin) = &sighting.twin
        {
            seen.pairs.seek(twin, Age::Recent);
        }
    }

    /// What was seen is held until the event is recorded: who is told that it was there before must find it counted.
    fn receive(&self, source: Source, row: Option<RowMark>, event: &RequestEvent<'_>, now: Timestamp) -> Receipt {
        let is_of_long_ago = row.is_some() && event.ended_at.is_older_than(LONG_AGO, now);
        let age = if is_of_long_ago { Age::LongAgo } else { Age::Recent };
        let mut seen = self.seen.lock();
        let twin = seen.recognition.twin(event, if row.is_some() { Teller::Row } else { Teller::Push });
        if !seen.window.insert(event.attempt, age) {
            self.state.note_duplicate(Origin { source, sighting: None, row }, event, now);
            return Receipt::Duplicate;
        }
        // A row of long ago is recognised by itself after a restart, and must push nothing out of what is kept either.
        let sighting = (age == Age::Recent).then_some(Sighting { attempt: event.attempt, twin });
        let origin = Origin { source, sighting, row };
        match twin.map_or(Sought::New, |twin| seen.pairs.seek(&twin, age)) {
            Sought::New => {
                self.state.record(origin, event, now);
                Receipt::Accepted
            }
            Sought::Paired { booked } => {
                self.state.note_duplicate(origin, event, now);
                let extra = event.cost.booked().saturating_sub(booked);
                if !extra.is_zero() {
                    self.state.record_surcharge(event, extra, now);
                }
                Receipt::Duplicate
            }
        }
    }
}

impl Recognition {
    /// By what another source may tell this attempt.
    fn twin(self, event: &RequestEvent<'_>, teller: Teller) -> Option<Twin> {
        let key = match self {
            Self::Alone => None,
            Self::ByCall => event.twins.by_call,
            Self::ById => event.twins.by_id,
        };
        Some(Twin { key: key?, teller, started_at: event.started_at, booked: event.cost.booked() })
    }
}
