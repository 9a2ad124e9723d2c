//! The attempts of one call, put together: retries and fallbacks.

use super::calls::Sequel;
use super::table::OVERFLOW;
use super::traffic::Traffic;
use super::{FallbackFacts, ModelFacts, clean};
use crate::event::{Outcome, RequestEvent, Timestamp};

impl Traffic {
    /// Puts together the attempts of one call. An attempt after a failed one is a retry of the same model, or a fallback to
    /// another. Gateways may tell of one failure only, however many there were: where the attempt that served says how often
    /// the gateway tried before, that counts.
    pub(super) fn follow_call(&mut self, model: &str, event: &RequestEvent<'_>, now: Timestamp) {
        // As the tables name it, and as long: behind a wildcard a client makes up the name.
        let model = &*clean(model);
        let sequel = event.call.and_then(|call| self.calls.follow(call, model, event, now));
        if event.call.is_none() && event.fallbacks > 0 {
            let failed = event.fallback_from.as_deref().map(clean).filter(|failed| **failed != *model);
            self.record_fallback(failed.as_deref(), model, event.outcome == Outcome::Success);
        }
        // What the gateway told includes the one that shows.
        let told_beyond = event.retries.saturating_sub(u64::from(sequel == Some(Sequel::Retry)));
        self.record_retries(model, told_beyond);
        self.record_sequel(model, sequel);
    }

    /// Of two sources the later may know for which model the one that served had stood in.
    pub(super) fn explain_fallback(&mut self, model: &str, event: &RequestEvent<'_>) {
        let (Some(call), Some(failed)) = (event.call, event.fallback_from.as_deref()) else { return };
        let sequel = self.calls.explain_served(call, &clean(failed));
        self.record_sequel(&clean(model), sequel);
    }

    pub(super) fn record_sequel(&mut self, model: &str, sequel: Option<Sequel>) {
        match sequel {
            Some(Sequel::Retry) => self.record_retries(model, 1),
            Some(Sequel::Fallback { failed, model, is_success }) => {
                self.record_fallback(failed.as_deref(), &model, is_success);
            }
            None => {}
        }
    }

    fn record_retries(&mut self, model: &str, retries: u64) {
        if retries == 0 {
            return;
        }
        let facts = self.models.entry(&[model], ModelFacts::default);
        facts.retries = facts.retries.saturating_add(retries);
    }

    fn record_fallback(&mut self, failed: Option<&str>, model: &str, is_success: bool) {
        let key = [failed.unwrap_or(OVERFLOW), model];
        self.fallbacks.entry(&key, FallbackFacts::default).record(is_success);
    }

    /// Counts the fallbacks whose failure nobody has told in time.
    pub(super) fn give_up_waiting(&mut self, now: Timestamp) {
        while let Some(sequel) = self.calls.next_unexplained(now) {
            self.record_sequel(OVERFLOW, Some(sequel));
        }
    }
}
