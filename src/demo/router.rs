//! How the simulated gateway chooses deployments: as with LiteLLM, one that fails again and again rests for a while.

use std::collections::HashMap;
use std::time::Duration;

use super::dice::Dice;
use super::fleet::{Deployment, Model};
use super::headroom::{Headroom, Meter};
use crate::event::Timestamp;

/// So many failures within [`WINDOW`] and a deployment rests.
const ALLOWED_FAILURES: usize = 3;
const WINDOW: Duration = Duration::from_mins(1);
const REST: Duration = Duration::from_mins(1);

/// What the gateway knows of its deployments.
#[derive(Debug, Default)]
pub(super) struct Router {
    known: HashMap<&'static str, Known>,
}

#[derive(Debug, Default)]
struct Known {
    failures: Vec<Timestamp>,
    rests: Option<(Timestamp, Timestamp)>,
    /// Whether it has not answered since it rested: then one more failure is enough.
    on_probation: bool,
    meter: Meter,
}

impl Router {
    /// A deployment of `model` that does not rest: one that was not tried yet, where there is one.
    pub(super) fn choose(
        &self,
        model: &Model,
        tried: &[&str],
        now: Timestamp,
        dice: &mut Dice,
    ) -> Option<&'static Deployment> {
        let all = || model.deployments.iter().filter(|deployment| !self.rests(deployment.id, now));
        let weighted = |deployment: &'static Deployment| (deployment.weight, deployment);
        let fresh: Vec<_> = all().filter(|deployment| !tried.contains(&deployment.id)).map(weighted).collect();
        dice.pick(&fresh).or_else(|| dice.pick(&all().map(weighted).collect::<Vec<_>>()))
    }

    fn rests(&self, id: &str, now: Timestamp) -> bool {
        let rest = self.known.get(id).and_then(|known| known.rests);
        rest.is_some_and(|(from, until)| from <= now && now < until)
    }

    /// Notes a failure that ended at `now`.
    pub(super) fn note_failure(&mut self, id: &'static str, now: Timestamp) {
        let known = self.known.entry(id).or_default();
        known.failures.retain(|failure| !failure.is_older_than(WINDOW, now));
        known.failures.push(now);
        if known.on_probation || known.failures.len() >= ALLOWED_FAILURES {
            known.failures.clear();
            known.rests = Some((now, now.plus(REST)));
            known.on_probation = true;
        }
    }

    /// Notes that it answered.
    pub(super) fn note_answer(&mut self, id: &'static str) {
        self.known.entry(id).or_default().on_probation = false;
    }

    /// What the provider says is left after an answer of so many tokens; `None` where it says nothing of limits.
    pub(super) fn meter(&mut self, deployment: &Deployment, tokens: u64, now: Timestamp) -> Option<Headroom> {
        let allowance = deployment.allowance?;
        let known = self.known.entry(deployment.id).or_default();
        Some(known.meter.take(allowance, tokens, now))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fleet::model;
    use super::*;

    #[test]
    fn who_fails_three_times_rests_for_a_minute_and_after_that_at_the_first_failure() {
        let (mut router, mut dice) = (Router::default(), Dice::new(1));
        let (model, now) = (model("o4-mini").expect("there is one"), Timestamp::from_micros(1));
        let id = model.deployments[0].id;
        router.note_failure(id, now);
        router.note_failure(id, now);
        assert!(router.choose(model, &[], now, &mut dice).is_some());
        router.note_failure(id, now);
        assert!(router.choose(model, &[], now, &mut dice).is_none());
        let later = now.plus(REST);
        assert!(router.choose(model, &[], later, &mut dice).is_some());
        router.note_failure(id, later);
        assert!(router.choose(model, &[], later, &mut dice).is_none());
        router.note_answer(id);
        let latest = later.plus(2 * REST);
        router.note_failure(id, latest);
        assert!(router.choose(model, &[], latest, &mut dice).is_some(), "who has answered may fail again");
    }

    #[test]
    fn failures_long_ago_do_not_count_and_another_is_tried_first() {
        let (mut router, mut dice) = (Router::default(), Dice::new(1));
        let (model, now) = (model("claude-haiku-4-5").expect("there is one"), Timestamp::from_micros(1));
        let id = model.deployments[0].id;
        for minutes in [0, 2, 4] {
            router.note_failure(id, now.plus(Duration::from_mins(minutes)));
        }
        let later = now.plus(Duration::from_mins(4));
        for _ in 0..20 {
            let chosen = router.choose(model, &[id], later, &mut dice).expect("none rests");
            assert_ne!(chosen.id, id);
        }
    }
}
