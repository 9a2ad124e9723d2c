//! What requests said of a deployment, as replicas tell it to each other.
//!
//! It is evidence and no count: who reads it judges as if the requests had come here, and shows none of them. How it is written to
//! Redis is the business of [`replicas`](crate::replicas).

use std::sync::Arc;

use super::outcomes::SLOTS;
use super::traffic::Traffic;
use super::{DeploymentFacts, LastError, OutcomeCounts, Times};
use crate::event::{Deployment, Timestamp};

/// What the requests to one deployment said of it since it was told the last time.
///
/// Told to another replica, its deployment is judged there as if all requests had come to both, as long as thresholds of failures and
/// successes in a row are not above [`Times::MOST`], and as long as both have the same `health.window`.
#[derive(Debug, Clone, PartialEq)]
pub struct News {
    /// Which. Where it is reached is told without secrets, and only as long as no list tells it.
    pub deployment: Deployment<'static>,
    /// The latest request, whatever became of it.
    pub seen_at: Timestamp,
    /// Those that were answered.
    pub served: Times,
    /// Those that failed so that it speaks against the deployment.
    pub failed: Times,
    /// The latest refusal by the provider's rate limit.
    pub last_throttled_at: Option<Timestamp>,
    /// How they ended, by slots of the window, each with its beginning: [`News::MOST_SLOTS`] at most.
    pub outcomes: Vec<(Timestamp, OutcomeCounts)>,
    /// The latest failure in words.
    pub last_error: Option<LastError>,
}

impl News {
    /// So many slots of the window there are.
    pub const MOST_SLOTS: usize = SLOTS;

    /// The same as if nothing of it were later than `now`: a replica whose clock is ahead must not make a deployment healthy for longer.
    #[must_use]
    pub fn not_after(mut self, now: Timestamp) -> Self {
        let Self { deployment: _, seen_at, served, failed, last_throttled_at, outcomes, last_error } = &mut self;
        let times = [served, failed].into_iter().flat_map(|times| times.latest.iter_mut().chain(&mut times.since));
        let others = outcomes.iter_mut().map(|(at, _)| at).chain(last_error.as_mut().map(|error| &mut error.at));
        for at in times.chain(others).chain(last_throttled_at).chain([seen_at]) {
            *at = now.min(*at);
        }
        self
    }
}

impl DeploymentFacts {
    /// Learns from requests that came to another replica.
    pub(super) fn learn_news(&mut self, news: &News) {
        let News { deployment: _, seen_at, served, failed, last_throttled_at, outcomes, last_error } = news;
        self.seen_at = self.seen_at.max(Some(*seen_at));
        self.last_served_at = self.last_served_at.max(served.last());
        self.answered_at = self.answered_at.max(served.last()).max(failed.last()).max(*last_throttled_at);
        self.last_throttled_at = self.last_throttled_at.max(*last_throttled_at);
        self.streak.add_successes(served);
        self.streak.add_failures(failed);
        for (at, counts) in outcomes {
            self.outcomes.add(*at, *counts);
        }
        if let Some(LastError { kind, message, at }) = last_error {
            self.note_error(*kind, Some(message), *at);
        }
    }
}

impl Traffic {
    /// Everything that was not told yet.
    pub(super) fn take_news(&mut self) -> Vec<News> {
        let Self { outbox: Some(outbox), deployments, .. } = self else { return Vec::new() };
        outbox.drain().map(|(position, gathered)| gathered.into_news(deployments.at(position))).collect()
    }

    /// Learns from requests that came to another replica. A deployment that is not known here becomes known, without any request:
    /// the same row as if they had come here. Where there is no room, nothing is learnt.
    pub(super) fn learn_news(&mut self, news: &News) {
        let Deployment { id, model, provider, .. } = &news.deployment;
        let key = [&**model, &**provider, &**id];
        let window = self.settings.window;
        let make = || Arc::new(DeploymentFacts::new(&news.deployment, &key, window));
        if let Some(facts) = self.deployments.entry_or_drop(&key, make) {
            Arc::make_mut(facts).learn_news(news);
        }
    }
}

#[cfg(test)]
#[path = "news/tests.rs"]
mod tests;
