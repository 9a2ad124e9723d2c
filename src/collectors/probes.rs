//! Probes: what they asked, what they found, what they used. None of it is in the metrics of requests.

use std::sync::Arc;

use super::{CollectError, Collector, View};
use crate::event::{ErrorKind, ProbeLevel, SkipReason};
use crate::exposition::{Descriptor, Encoder};
use crate::state::{DeploymentFacts, PROBE_DURATION, ProbeCounts, Row, Snapshot, Standing, TIME_TO_FIRST_TOKEN};

metrics! {
    /// Probes that this exporter sent, by what they asked: connect, models, completion, embedding or rerank.
    PROBES = Counter "llm_probes_total" ["deployment", "model", "provider", "level"];
    /// Probes counted in llm_probes_total that failed, by kind of error.
    FAILURES = Counter "llm_probe_failures_total" ["deployment", "model", "provider", "level", "error"];
    /// Probes that were left out, or a cheaper one sent instead (budget), by reason.
    SKIPPED = Counter "llm_probes_skipped_total" ["deployment", "model", "provider", "reason"];
    /// Duration of the probes counted in llm_probes_total.
    DURATION = Histogram "llm_probe_duration_seconds" ["model", "provider", "level"];
    /// Time from the start of a streamed probe to its first token.
    FIRST_TOKEN = Histogram "llm_probe_time_to_first_token_seconds" ["model", "provider", "level"];
    /// Tokens, in and out, that billed probes used. They are not in the metrics of requests.
    TOKENS = Counter "llm_probe_tokens_total" ["deployment", "model", "provider"];
    /// What billed probes cost, in US dollars, by the prices that are known. It is not in the metrics of requests.
    COST = Counter "llm_probe_cost_usd_total" ["deployment", "model", "provider"];
}

#[derive(Debug)]
pub(super) struct Probes;

impl Collector for Probes {
    fn name(&self) -> &'static str {
        "probes"
    }

    fn metrics(&self) -> &'static [&'static Descriptor] {
        METRICS
    }

    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError> {
        let snapshot = view.snapshot;
        out.family(&PROBES);
        for (row, level, counts) in levels(snapshot) {
            out.sample(row.labels, Some(("level", level.as_str())), counts.done.into());
        }
        collect_failures(snapshot, out);
        out.family(&SKIPPED);
        for row in probed(snapshot) {
            for reason in SkipReason::ALL {
                let skipped = row.facts.probes.skipped[reason.index()];
                out.sample(row.labels, Some(("reason", reason.as_str())), skipped.into());
            }
        }
        collect_latencies(snapshot, out);
        out.family(&TOKENS);
        for row in billed(snapshot) {
            out.sample(row.labels, None, row.facts.probes.tokens.into());
        }
        out.family(&COST);
        for row in billed(snapshot) {
            out.sample(row.labels, None, row.facts.probes.cost.as_f64().into());
        }
        Ok(())
    }
}

fn collect_failures(snapshot: &Snapshot, out: &mut dyn Encoder) {
    out.family(&FAILURES);
    for (row, level, counts) in levels(snapshot) {
        let labels = row.labels.and("level", level.as_str());
        for (kind, failed) in ErrorKind::OF_PROBES.iter().zip(counts.failed) {
            out.sample(&labels, Some(("error", kind.as_str())), failed.into());
        }
    }
}

fn collect_latencies(snapshot: &Snapshot, out: &mut dyn Encoder) {
    out.family(&DURATION);
    for row in snapshot.probe_latencies.iter() {
        out.histogram(row.labels, None, &PROBE_DURATION, &row.facts.duration);
    }
    out.family(&FIRST_TOKEN);
    for row in snapshot.probe_latencies.iter().filter(|row| row.facts.time_to_first_token.count() > 0) {
        out.histogram(row.labels, None, &TIME_TO_FIRST_TOKEN, &row.facts.time_to_first_token);
    }
}

/// The deployments whose turn it ever was.
fn probed(snapshot: &Snapshot) -> impl Iterator<Item = Row<'_, Arc<DeploymentFacts>>> {
    let was_its_turn = |facts: &DeploymentFacts| {
        let probes = &facts.probes;
        probes.counts.iter().any(|counts| counts.done > 0) || probes.skipped.iter().any(|skipped| *skipped > 0)
    };
    let deployments = snapshot.fleet.deployments.iter();
    deployments.filter(move |row| row.facts.standing == Standing::Listed && was_its_turn(row.facts))
}

/// Each level at which each of them was probed.
fn levels(snapshot: &Snapshot) -> impl Iterator<Item = (Row<'_, Arc<DeploymentFacts>>, ProbeLevel, ProbeCounts)> {
    probed(snapshot).flat_map(|row| {
        let levels = ProbeLevel::ALL.into_iter().map(|level| (level, row.facts.probes.counts[level.index()]));
        let used = levels.filter(|(_, counts)| counts.done > 0);
        used.map(move |(level, counts)| (row, level, counts))
    })
}

/// The deployments for which there was ever a bill, also those that are gone.
fn billed(snapshot: &Snapshot) -> impl Iterator<Item = Row<'_, Arc<DeploymentFacts>>> {
    snapshot.fleet.deployments.iter().filter(|row| row.facts.probes.was_billed())
}
