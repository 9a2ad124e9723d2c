//! What a delivery is besides what it counts: told again, no event, richer than what was told before, or evidence alone.

use super::traffic::Traffic;
use super::{Origin, RejectReason, Source};
use crate::event::{Deployment, Reach, RequestEvent, Timestamp, Usage, Usd};

impl Traffic {
    pub(super) fn note_duplicate(&mut self, origin: Origin, event: &RequestEvent<'_>, now: Timestamp) {
        self.tick(now);
        self.note_origin(origin);
        self.source_mut(origin.source).duplicates += 1;
        if origin.row.is_some() {
            self.ledger.note_row(event, now);
        }
        // Both are as of a time, so that telling them again changes nothing: of two sources one may not know them.
        let at = event.ended_at.min(now);
        event.budgets.iter().for_each(|budget| self.record_budget(budget, at));
        let Reach::Deployment(Deployment { id, model, rate_limits, .. }) = &event.reach else { return };
        if let Some(limits) = rate_limits {
            self.update_rate_limits(id, limits, at);
        }
        self.explain_fallback(model, event);
    }

    pub(super) fn note_rejected(&mut self, origin: Origin, reason: RejectReason) {
        self.note_origin(origin);
        self.source_mut(origin.source).rejected[reason.index()] += 1;
    }

    /// Adds the tokens as well where the attempt had seemed to be free: those of failures count where they were billed.
    pub(super) fn record_surcharge(&mut self, event: &RequestEvent<'_>, extra: Usd, now: Timestamp) {
        self.ledger.surcharge(event, extra, now);
        let usage = if extra == event.cost.booked() { event.usage } else { Usage::default() };
        match &event.reach {
            Reach::Deployment(Deployment { id, model, provider, .. }) => {
                let key = [&**model, &**provider, &**id];
                if let Some(position) = self.deployments.position(&key) {
                    self.deployments.at_mut(position).surcharge(&usage, extra);
                }
                self.surcharge_consumer(model, event, &usage, extra);
            }
            Reach::NoModel => self.without_model.cost += extra,
            Reach::Cache { .. } | Reach::Refused { .. } | Reach::GatewayHealthCheck => {}
        }
    }

    fn surcharge_consumer(&mut self, model: &str, event: &RequestEvent<'_>, usage: &Usage, extra: Usd) {
        if let Some(facts) = self.consumer_mut(model, event) {
            facts.surcharge(usage, extra);
        }
    }

    /// Learns what an event says of now, of health, limits and budgets, and counts nothing but that it came.
    pub(super) fn learn(&mut self, source: Source, event: &RequestEvent<'_>, now: Timestamp) {
        let at = event.ended_at.min(now);
        self.tick(now);
        self.source_mut(source).note_event(at, now);
        event.budgets.iter().for_each(|budget| self.record_budget(budget, at));
        let Reach::Deployment(deployment) = &event.reach else { return };
        let slot = self.deployment_slot(deployment);
        let facts = self.deployments.at_mut(slot.position());
        facts.heed_clock(now);
        facts.learn_request(event, at);
        self.tell_others(slot, event, at);
        if let Some(limits) = &deployment.rate_limits {
            self.record_rate_limits(slot, &deployment.id, limits, at);
        }
    }
}
