//! Where in the tables a probe goes, and what the gateway does to its deployments itself.

use std::collections::HashSet;
use std::hash::BuildHasher;

use super::deployments::Cooldown;
use super::traffic::Traffic;
use super::{ProbeLatency, ProbedBy, Standing};
use crate::event::{ProbeOutcome, SkipReason, Timestamp};

impl Traffic {
    /// What a probe found holds for every name of the deployment; it counts for the listed one.
    pub(super) fn record_probe(&mut self, deployment: &str, outcome: &ProbeOutcome, by: ProbedBy) {
        let Self { rows_of_listed, deployments, probe_latencies, .. } = self;
        for row in rows_of_listed.get(deployment).into_iter().flatten() {
            let facts = deployments.at(*row);
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
            let facts = self.deployments.at(*row);
            if facts.standing == Standing::Listed {
                facts.probes.skipped[reason.index()] += 1;
            }
        }
    }

    /// Notes which deployments the gateway itself lets rest, of all that have an id.
    pub(super) fn note_cooldowns<S: BuildHasher>(&mut self, in_cooldown: &HashSet<String, S>, at: Timestamp) {
        for (_, facts) in self.deployments.own_rows() {
            if !facts.info.deployment.is_empty() {
                facts.cooldown = Some(Cooldown { is_on: in_cooldown.contains(&facts.info.deployment), at });
            }
        }
    }
}
