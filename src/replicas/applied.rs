//! The entries that were read lately.

use std::collections::{HashSet, VecDeque};

use xxhash_rust::xxh3::Xxh3Default;

use super::record::Shared;

/// The entries that were read lately, so that none is taken twice: not when a stream is read again from its beginning, and not when
/// it was written twice because the first answer was lost.
#[derive(Debug)]
pub(super) struct Applied {
    capacity: usize,
    /// From the oldest on.
    order: VecDeque<u64>,
    members: HashSet<u64>,
}

impl Applied {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), order: VecDeque::new(), members: HashSet::new() }
    }

    /// Adds an entry; `false` if it was read before.
    pub(super) fn insert(&mut self, shared: &Shared) -> bool {
        let key = key(shared);
        if !self.members.insert(key) {
            return false;
        }
        if self.order.len() == self.capacity
            && let Some(oldest) = self.order.pop_front()
        {
            self.members.remove(&oldest);
        }
        self.order.push_back(key);
        true
    }
}

/// No replica ends two probes of one deployment in the same microsecond. The fence is not part of it: who writes again what it is
/// not sure to have written may have another lease by then.
fn key(shared: &Shared) -> u64 {
    let mut hasher = Xxh3Default::new();
    let outcome = &shared.finding.outcome;
    hasher.update(&outcome.at.as_micros().to_le_bytes());
    for part in [outcome.level.as_str(), &shared.replica, &shared.finding.deployment] {
        hasher.update(&part.len().to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.digest()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::event::{ProbeLevel, ProbeOutcome, Timestamp};
    use crate::replicas::Finding;

    fn shared(at: i64, fence: u64) -> Shared {
        let outcome = ProbeOutcome {
            level: ProbeLevel::Connect,
            at: Timestamp::from_micros(at),
            duration: Duration::from_millis(3),
            result: Ok(()),
            time_to_first_token: None,
            usage: None,
            retry_after: None,
        };
        Shared { finding: Finding { deployment: "d".into(), outcome }, replica: "r".into(), fence }
    }

    #[test]
    fn an_entry_is_new_once_whatever_the_lease_under_which_it_was_written() {
        let mut applied = Applied::new(10);
        assert!(applied.insert(&shared(1, 1)));
        assert!(!applied.insert(&shared(1, 2)));
        assert!(applied.insert(&shared(2, 1)));
    }

    #[test]
    fn only_the_latest_are_remembered() {
        let mut applied = Applied::new(2);
        for at in [1, 2, 3] {
            assert!(applied.insert(&shared(at, 1)));
        }
        assert!(!applied.insert(&shared(2, 1)));
        assert!(applied.insert(&shared(1, 1)), "it was pushed out");
        assert_eq!((applied.order.len(), applied.members.len()), (2, 2));
    }
}
