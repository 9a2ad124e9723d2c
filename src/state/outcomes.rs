//! The outcomes of the last minutes, in time slots.

use std::time::Duration;

use crate::event::Timestamp;

/// More slots make the window's edge sharper and the row larger.
pub(super) const SLOTS: usize = 15;

/// Outcomes counted by time slot, so that old ones drop out without a clock that ticks.
#[derive(Debug, Clone)]
pub struct Outcomes {
    slot_micros: i64,
    slots: [Slot; SLOTS],
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// Which slot of all time this is; a slot of an earlier round is empty.
    number: i64,
    counts: OutcomeCounts,
}

/// How many outcomes of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutcomeCounts {
    /// Answered.
    pub served: u32,
    /// Failures that speak against the deployment.
    pub failed: u32,
    /// Refused by the provider's rate limit.
    pub throttled: u32,
}

impl OutcomeCounts {
    /// One that was served.
    pub const SERVED: Self = Self { served: 1, failed: 0, throttled: 0 };
    /// One that failed.
    pub const FAILED: Self = Self { served: 0, failed: 1, throttled: 0 };
    /// One that was throttled.
    pub const THROTTLED: Self = Self { served: 0, failed: 0, throttled: 1 };

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        u64::from(self.served) + u64::from(self.failed) + u64::from(self.throttled)
    }

    pub(super) fn add(&mut self, more: Self) {
        self.served = self.served.saturating_add(more.served);
        self.failed = self.failed.saturating_add(more.failed);
        self.throttled = self.throttled.saturating_add(more.throttled);
    }
}

impl Outcomes {
    /// Empty, for a window of this length.
    #[must_use]
    pub fn new(window: Duration) -> Self {
        let slot = window / u32::try_from(SLOTS).unwrap_or(1);
        let slot_micros = i64::try_from(slot.as_micros()).unwrap_or(i64::MAX).max(1);
        Self { slot_micros, slots: [Slot::default(); SLOTS] }
    }

    /// Adds outcomes that happened at `at`. What is older than the window is gone already, and ignored.
    pub fn add(&mut self, at: Timestamp, counts: OutcomeCounts) {
        let number = self.number(at);
        let slot = &mut self.slots[index_of(number)];
        if number < slot.number {
            return;
        }
        if number > slot.number {
            *slot = Slot { number, counts: OutcomeCounts::default() };
        }
        slot.counts.add(counts);
    }

    /// The outcomes of the window that ends at `now`.
    #[must_use]
    pub fn within(&self, now: Timestamp) -> OutcomeCounts {
        let newest = self.number(now);
        let is_recent = |slot: &&Slot| slot.number <= newest && newest - slot.number < SLOTS as i64;
        let mut total = OutcomeCounts::default();
        self.slots.iter().filter(is_recent).for_each(|slot| total.add(slot.counts));
        total
    }

    /// The slot of this moment: where it begins, and where the next one does.
    pub(super) fn slot_around(&self, at: Timestamp) -> (Timestamp, Timestamp) {
        let begins = self.number(at).saturating_mul(self.slot_micros);
        (Timestamp::from_micros(begins), Timestamp::from_micros(begins.saturating_add(self.slot_micros)))
    }

    fn number(&self, at: Timestamp) -> i64 {
        at.as_micros().div_euclid(self.slot_micros)
    }
}

fn index_of(number: i64) -> usize {
    usize::try_from(number.rem_euclid(SLOTS as i64)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn outcomes_leave_the_window_by_themselves() {
        let mut outcomes = Outcomes::new(Duration::from_mins(5));
        outcomes.add(at(1_000), OutcomeCounts::FAILED);
        outcomes.add(at(1_200), OutcomeCounts::SERVED);
        assert_eq!(outcomes.within(at(1_200)).total(), 2);
        assert_eq!(outcomes.within(at(1_400)), OutcomeCounts::SERVED);
        assert_eq!(outcomes.within(at(9_000)).total(), 0);
    }

    #[test]
    fn late_outcomes_count_while_their_slot_is_in_the_window() {
        let mut outcomes = Outcomes::new(Duration::from_mins(5));
        outcomes.add(at(1_200), OutcomeCounts::SERVED);
        outcomes.add(at(1_100), OutcomeCounts::FAILED);
        outcomes.add(at(100), OutcomeCounts::FAILED);
        let within = outcomes.within(at(1_200));
        assert_eq!((within.served, within.failed), (1, 1));
    }
}
