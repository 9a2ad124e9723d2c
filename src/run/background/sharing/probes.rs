//! What probes found and cost, among replicas; and who sends them.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::now;
use super::session::Session;
use crate::dependencies::redis::Connection;
use crate::event::UtcDay;
use crate::replicas::{Finding, Leadership, Published, ReplicaError, Ticked};
use crate::state::ProbedBy;

/// How often it is asked what other replicas spent.
const SPENDING_EVERY: Duration = Duration::from_mins(1);
/// Findings that could not be told are kept up to this many, and the oldest are dropped: they are told as long as they matter.
const MOST_UNTOLD: usize = 10_000;

impl Session<'_> {
    /// Takes in what probes have found since the last time.
    pub(super) fn collect(&mut self, findings: &mut mpsc::UnboundedReceiver<Finding>) {
        while let Ok(finding) = findings.try_recv() {
            self.owe(&finding);
            self.untold.push(finding);
        }
        let surplus = self.untold.len().saturating_sub(MOST_UNTOLD);
        self.untold.drain(..surplus);
    }

    /// One sum a day, however long Redis is away.
    pub(super) fn owe(&mut self, finding: &Finding) {
        let Some(usage) = finding.outcome.usage else { return };
        let day = UtcDay::of(finding.outcome.at);
        match self.unbooked.iter_mut().find(|(booked_for, _)| *booked_for == day) {
            Some((_, cost)) => *cost += usage.cost,
            None => self.unbooked.push((day, usage.cost)),
        }
    }

    /// Learns what other replicas found, tells what was found here, and what it cost.
    pub(super) async fn share_probes(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        if !self.sharing.has_probes() {
            return self.retire(connection).await;
        }
        if self.sharing.has_nothing_to_probe() {
            return self.abstain(connection).await;
        }
        self.learn(connection).await?;
        // First what was found: a sum that can't be kept must not hold that up.
        self.tell_findings(connection).await?;
        self.sync_spending(connection).await?;
        self.book(connection).await
    }

    /// Gives the lead back, as nothing is probed any more. What was under way is told and paid for.
    async fn retire(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        self.tell(connection).await?;
        match self.replica.take() {
            Some(replica) => replica.release(connection, Instant::now()).await,
            None => Ok(()),
        }
    }

    /// Leaves the lead to those who know of deployments.
    async fn abstain(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        if !self.leads() {
            return Ok(());
        }
        let candidate = self.sharing.candidate(Instant::now());
        match self.replica.replace(candidate) {
            Some(leader) => leader.release(connection, Instant::now()).await,
            None => Ok(()),
        }
    }

    /// Asks for the lead, and learns what other replicas found.
    async fn learn(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
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
        self.book(connection).await?;
        self.tell_findings(connection).await
    }

    async fn tell_findings(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        let Some(replica) = &mut self.replica else { return Ok(()) };
        if self.untold.is_empty() {
            return Ok(());
        }
        let published = replica.publish(connection, Instant::now(), &self.untold).await?;
        if published == Published::Refused {
            tracing::debug!(findings = self.untold.len(), "another replica leads: not shared");
        }
        // Not before: told twice, they are read once.
        self.untold.clear();
        Ok(())
    }

    /// Adds up what was spent. An answer that is lost may have been counted, and is counted once more then: rather too few billed
    /// probes than too many.
    pub(super) async fn book(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        while let Some((day, cost)) = self.unbooked.last().copied() {
            let total = self.sharing.spending.add(connection, day, cost).await?;
            self.unbooked.pop();
            self.sharing.take_over(day, total);
        }
        Ok(())
    }

    /// Takes over what all replicas spent today: before this one probes for the first time, and now and then.
    async fn sync_spending(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        let is_new_leader = self.leads() && !self.sharing.is_leading();
        if self.replica.is_none() || (Instant::now() < self.spent_at && !is_new_leader) {
            return Ok(());
        }
        self.spent_at = Instant::now();
        let day = UtcDay::of(now());
        match self.sharing.spending.spent(connection, day).await {
            Ok(total) => {
                self.sharing.take_over(day, total);
                self.spent_at += SPENDING_EVERY;
                Ok(())
            }
            Err(error) => {
                self.sharing.budget.lock().suspend();
                Err(error)
            }
        }
    }

    fn leads(&self) -> bool {
        let now = Instant::now();
        self.replica.as_ref().is_some_and(|replica| matches!(replica.leadership(now), Leadership::Leader { .. }))
    }
}
