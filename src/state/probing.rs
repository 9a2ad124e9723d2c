//! Where in the tables a probe goes, and what the gateway does to its deployments itself.

use std::collections::HashSet;
use std::hash::BuildHasher;
use std::sync::Arc;

use super::deployments::Cooldown;
use super::traffic::Traffic;
use super::{ProbeLatency, ProbedBy, Reach, Standing};
use crate::event::{ProbeOutcome, SkipReason, Timestamp, UtcDay};

/// What decides whether a deployment is probed, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProbeView {
    /// The latest request that was answered, by any of its names.
    pub last_served_at: Option<Timestamp>,
    /// The latest outcome of a request or a billed probe.
    pub answered_at: Option<Timestamp>,
    /// Failures of these in a row.
    pub failures: u64,
    /// What unbilled probes found.
    pub reach: Reach,
    /// The latest billed probe, of whichever replica.
    pub last_billed_at: Option<Timestamp>,
}

impl Traffic {
    /// What decides whether the deployment with this id is probed; `None` where it is not listed.
    pub(super) fn probe_view(&mut self, deployment: &str) -> Option<ProbeView> {
        let Self { rows_of_listed, deployments, .. } = self;
        let mut view = None;
        let mut last_served_at = None;
        for row in rows_of_listed.get(deployment)? {
            let facts = deployments.at(*row);
            last_served_at = last_served_at.max(facts.last_served_at);
            if facts.standing == Standing::Listed {
                view = Some(ProbeView {
                    last_served_at: None,
                    answered_at: facts.answered_at,
                    failures: facts.streak.failures(),
                    reach: facts.reach,
                    last_billed_at: facts.probes.last_billed_at,
                });
            }
        }
        view.map(|view| ProbeView { last_served_at, ..view })
    }

    /// The ids of all deployments that have one.
    pub(super) fn deployment_ids(&mut self) -> Vec<String> {
        let ids = self.deployments.own_rows().map(|(_, facts)| facts.info.deployment.clone());
        let mut ids: Vec<String> = ids.filter(|id| !id.is_empty()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// What a probe found holds for every name of the deployment; it counts for the listed one.
    pub(super) fn record_probe(&mut self, deployment: &str, outcome: &ProbeOutcome, by: ProbedBy) {
        self.tick(outcome.at);
        if let (ProbedBy::Us, Some(usage)) = (by, outcome.usage) {
            self.probe_spending.add(UtcDay::of(outcome.at), usage.cost);
        }
        let Self { rows_of_listed, deployments, probe_latencies, .. } = self;
        for row in rows_of_listed.get(deployment).into_iter().flatten() {
            let facts = deployments.at_mut(*row);
            if by == ProbedBy::Us {
                facts.heed_clock(outcome.at);
            }
            facts.learn(outcome);
            if facts.standing != Standing::Listed {
                continue;
            }
            facts.probes.note_billed(outcome);
            if by == ProbedBy::Us {
                facts.probes.count(outcome);
                let key = [&*facts.info.model, &*facts.info.provider, outcome.level.as_str()];
                probe_latencies.entry(&key, ProbeLatency::default).record(outcome);
            }
        }
    }

    /// Counts a probe that was left out.
    pub(super) fn note_probe_skipped(&mut self, deployment: &str, reason: SkipReason) {
        for row in self.rows_of_listed.get(deployment).into_iter().flatten() {
            let facts = self.deployments.at_mut(*row);
            if facts.standing == Standing::Listed {
                facts.probes.skipped[reason.index()] += 1;
            }
        }
    }

    /// Notes which deployments the gateway itself lets rest, of all that have an id.
    pub(super) fn note_cooldowns<S: BuildHasher>(&mut self, in_cooldown: &HashSet<String, S>, at: Timestamp) {
        for (_, facts) in self.deployments.own_rows() {
            if !facts.info.deployment.is_empty() {
                let facts = Arc::make_mut(facts);
                facts.cooldown = Some(Cooldown { is_on: in_cooldown.contains(&facts.info.deployment), at });
            }
        }
    }
}
