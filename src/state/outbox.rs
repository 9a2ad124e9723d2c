//! What other replicas are to be told of requests that came here, gathered between two tellings.
//!
//! Small for each deployment, however many requests there are, and nothing for those without any.

use std::time::Duration;

use super::outcomes::SLOTS;
use super::tally::Tally;
use super::{DeploymentFacts, LastError, News, OutcomeCounts, Outcomes};
use crate::event::{Blame, Deployment, Outcome, Timestamp};

/// What was gathered, by the position of the deployment's row.
#[derive(Debug)]
pub(super) struct Outbox {
    /// An empty window, which knows its slots.
    window: Outcomes,
    gathered: Vec<Option<Box<Gathered>>>,
    /// Positions of those that have something to tell.
    positions: Vec<usize>,
}

/// What was gathered of one deployment.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    seen_at: Timestamp,
    served: Tally,
    failed: Tally,
    last_throttled_at: Option<Timestamp>,
    /// The latest failure that the row tells in words.
    error_at: Option<Timestamp>,
    /// In no order, the one that was added the last time at the end.
    slots: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    from: Timestamp,
    until: Timestamp,
    counts: OutcomeCounts,
}

impl Outbox {
    pub(super) fn new(window: Duration) -> Self {
        Self { window: Outcomes::new(window), gathered: Vec::new(), positions: Vec::new() }
    }

    /// Adds what became of a request to the deployment whose row is at this position.
    pub(super) fn note(&mut self, position: usize, outcome: &Outcome<'_>, at: Timestamp) {
        let Self { window, gathered, positions } = self;
        if position >= gathered.len() {
            gathered.resize_with(position + 1, || None);
        }
        let gathered = gathered[position].get_or_insert_with(|| {
            positions.push(position);
            Box::default()
        });
        gathered.note(outcome, at, window);
    }

    /// What was gathered, with positions. Nothing is left.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = (usize, Box<Gathered>)> {
        let Self { gathered, positions, .. } = self;
        positions.drain(..).filter_map(|position| Some((position, gathered.get_mut(position)?.take()?)))
    }
}

impl Gathered {
    fn note(&mut self, outcome: &Outcome<'_>, at: Timestamp, window: &Outcomes) {
        self.seen_at = self.seen_at.max(at);
        let blame = outcome.error().map(|kind| kind.blame());
        match blame {
            Some(Blame::Nobody) => return,
            None => {
                self.served.add(at);
                self.count(OutcomeCounts::SERVED, at, window);
                return;
            }
            Some(Blame::Throttle) => {
                self.last_throttled_at = self.last_throttled_at.max(Some(at));
                self.count(OutcomeCounts::THROTTLED, at, window);
            }
            Some(Blame::Deployment) => {
                self.failed.add(at);
                self.count(OutcomeCounts::FAILED, at, window);
            }
        }
        self.error_at = self.error_at.max(Some(at));
    }

    /// A slot is looked up by its borders, as a division for each request would cost more.
    fn count(&mut self, counts: OutcomeCounts, at: Timestamp, window: &Outcomes) {
        let known = self.slots.iter_mut().rev().find(|slot| slot.from <= at && at < slot.until);
        if let Some(slot) = known {
            slot.counts.add(counts);
            return;
        }
        if self.slots.len() == SLOTS
            && let Some(earliest) = (0..SLOTS).min_by_key(|index| self.slots[*index].from)
        {
            self.slots.swap_remove(earliest);
        }
        let (from, until) = window.slot_around(at);
        self.slots.push(Slot { from, until, counts });
    }

    /// What others are told, of the deployment with these facts. Where a list names it they know what it is, and where the latest
    /// error is not of these requests they were told it before.
    pub(super) fn into_news(self, facts: &DeploymentFacts) -> News {
        let Self { seen_at, served, failed, last_throttled_at, error_at, slots } = self;
        let is_ours = |error: &&LastError| Some(error.at) == error_at;
        let info = &facts.info;
        let unless_listed = |text: &String| if facts.standing.is_on_list() { String::new() } else { text.clone() };
        let deployment = Deployment {
            id: info.deployment.clone().into(),
            model: info.model.clone().into(),
            provider: info.provider.clone().into(),
            upstream_model: unless_listed(&info.upstream_model).into(),
            api_base: unless_listed(&info.api_base).into(),
            rate_limits: None,
        };
        News {
            deployment,
            seen_at,
            served: served.into_times(),
            failed: failed.into_times(),
            last_throttled_at,
            outcomes: slots.into_iter().map(|slot| (slot.from, slot.counts)).collect(),
            last_error: facts.last_error.as_ref().filter(is_ours).cloned(),
        }
    }
}
