//! What probes found and cost, among replicas; and who sends them.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::now;
use super::session::Session;
use crate::dependencies::redis::Connection;
use crate::event::{ProbeOutcome, UtcDay};
use crate::replicas::{Finding, Leadership, Published, ReplicaError, Ticked};
use crate::state::ProbedBy;

/// How often it is asked what other replicas spent.
const SPENDING_EVERY: Duration = Duration::from_mins(1);
/// Findings that could not be told are kept up to this many, and the oldest are dropped: they are told as long as they matter.
const MOST_UNTOLD: usize = 10_000;

impl Session<'_> {
    /// Takes what was found since the last time, to be told.
    pub(super) fn collect(&mut self, findings: &mut mpsc::UnboundedReceiver<Finding>) {
        while let Ok(finding) = findings.try_recv() {
            self.untold.push(finding);
        }
        let surplus = self.untold.len().saturating_sub(MOST_UNTOLD);
        self.untold.drain(..surplus);
    }

    /// Asks for the lead, and learns what other replicas found.
    pub(super) async fn learn(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        let Some(replica) = &mut self.replica else { return Ok(()) };
        loop {
            let Ticked { evidence, garbage, has_more, error, leadership: _ } =
                replica.tick(connection, Instant::now(), now()).await;
            if garbage > 0 {
                tracing::warn!(entries = garbage, "what another replica shared could not be understood");
            }
            for shared in evidence.iter().filter(|shared| !shared.is_from(replica.id())) {
                let Finding { deployment, outcome } = &shared.finding;
                self.sharing.state.record_probe(deployment, outcome, ProbedBy::AnotherReplica);
            }
            match error {
                Some(error) => return Err(error),
                None if !has_more => return Ok(()),
                None => {}
            }
        }
    }

    /// Tells the other replicas what was found here, and adds up what it cost.
    pub(super) async fn tell(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        let Some(replica) = &mut self.replica else { return Ok(()) };
        if self.untold.is_empty() {
            return Ok(());
        }
        let findings = std::mem::take(&mut self.untold);
        for finding in &findings {
            // An answer that is lost may have been counted: asked again, it would count twice.
            if let Some(usage) = finding.outcome.usage {
                let day = UtcDay::of(finding.outcome.at);
                let total = self.sharing.spending.add(connection, day, usage.cost).await?;
                self.sharing.take_over(day, total);
            }
        }
        match replica.publish(connection, Instant::now(), &findings).await {
            Ok(Published::Refused) => tracing::debug!(findings = findings.len(), "another replica leads: not shared"),
            Ok(_) => {}
            Err(error) => {
                // Told twice, they are read once. What they cost was counted.
                self.untold = findings.into_iter().map(without_cost).collect();
                return Err(error);
            }
        }
        Ok(())
    }

    /// Takes over what all replicas spent today: before this one probes for the first time, and now and then.
    pub(super) async fn sync_spending(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        let is_new_leader = self.leads() && !self.sharing.is_leading();
        if self.replica.is_none() || (Instant::now() < self.spent_at && !is_new_leader) {
            return Ok(());
        }
        let day = UtcDay::of(now());
        let total = self.sharing.spending.spent(connection, day).await?;
        self.sharing.take_over(day, total);
        self.spent_at = Instant::now() + SPENDING_EVERY;
        Ok(())
    }

    fn leads(&self) -> bool {
        let now = Instant::now();
        self.replica.as_ref().is_some_and(|replica| matches!(replica.leadership(now), Leadership::Leader { .. }))
    }
}

fn without_cost(finding: Finding) -> Finding {
    Finding { outcome: ProbeOutcome { usage: None, ..finding.outcome }, ..finding }
}
