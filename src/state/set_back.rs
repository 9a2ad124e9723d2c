//! What was dated by a clock that has been set back since.
//!
//! A clock that ran an hour ahead, and is corrected, leaves facts that seem fresh for an hour, and that nothing which happens
//! meanwhile would come after. They are dated now instead, when something next happens here.

use std::time::Duration;

use super::DeploymentFacts;
use crate::event::Timestamp;

/// What is told at the same time may be dated a little later than what is told first.
const TOLERANCE: Duration = Duration::from_mins(1);

/// Whether this is too far ahead of `now` to be dated by the same clock.
pub(crate) fn is_ahead(at: Timestamp, now: Timestamp) -> bool {
    now.is_older_than(TOLERANCE, at)
}

impl DeploymentFacts {
    /// Dates nothing later than `now`, if a clock was set back.
    pub(super) fn heed_clock(&mut self, now: Timestamp) {
        let Self { seen_at, last_served_at, answered_at, last_throttled_at, streak, reach, probes, last_error, .. } =
            self;
        let last_error_at = last_error.as_mut().map(|last| &mut last.at);
        let moments = [
            seen_at.as_mut(),
            last_served_at.as_mut(),
            answered_at.as_mut(),
            last_throttled_at.as_mut(),
            reach.checked_at.as_mut(),
            probes.last_billed_at.as_mut(),
            last_error_at,
        ];
        if !moments.iter().flatten().any(|at| is_ahead(**at, now)) {
            return;
        }
        moments.into_iter().flatten().for_each(|at| *at = now.min(*at));
        streak.not_after(now);
        reach.not_after(now);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{at, listing, reachable, unreachable, with_room};
    use crate::health::{HealthState, Policy, judge};

    #[test]
    fn an_outage_is_seen_also_after_the_clock_was_set_back() {
        let state = with_room(10);
        state.list(&[listing("d", "m")], at(0));
        reachable(&state, "d", 86_400);
        unreachable(&state, "d", 3, 100);
        let snapshot = state.snapshot(at(103));
        let row = snapshot.fleet.deployments.iter().next().expect("it is listed");
        assert_eq!(judge(row.facts, &Policy::default(), at(103)).state, HealthState::Unhealthy);
    }
}
