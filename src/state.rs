//! The one state: facts that every view is made from.
//!
//! It holds counts, sums and moments, never conclusions: whether a deployment is healthy is
//! [judged](crate::health::judge) when a view is rendered, so that a verdict can neither go stale nor stick. All of it
//! sits behind one lock that is held for one event or for one copy. A view takes a [`Snapshot`], a copy of one moment,
//! and renders that without any lock: what two metrics say in one scrape was true at the same time.

mod budgets;
mod calls;
mod consumers;
mod deployments;
mod exemplar;
mod fallbacks;
mod health_checks;
mod histogram;
mod label;
mod models;
mod outcomes;
mod rate_limits;
mod snapshot;
mod sources;
mod streak;
mod table;
mod traffic;
mod upstreams;
mod without_model;

use parking_lot::Mutex;

pub use budgets::BudgetFacts;
pub use consumers::ConsumerFacts;
pub use deployments::{DeploymentFacts, DeploymentInfo, LastError};
pub use exemplar::{Exemplar, TraceId};
pub use fallbacks::FallbackFacts;
pub use health_checks::HealthCheckFacts;
pub use histogram::{Bounds, DURATION, GATEWAY_OVERHEAD, Histogram, TIME_PER_OUTPUT_TOKEN, TIME_TO_FIRST_TOKEN};
pub use label::{LabelSet, clean};
pub use models::ModelFacts;
pub use outcomes::{OutcomeCounts, Outcomes};
pub use rate_limits::RateLimitFacts;
pub use snapshot::{Fleet, Snapshot};
pub use sources::{RejectReason, Source, SourceFacts};
pub use streak::Streak;
pub use table::{Row, Rows, TableSize};
pub use traffic::Settings;
pub use upstreams::UpstreamFacts;
pub use without_model::WithoutModelFacts;

use crate::event::{RequestEvent, Timestamp};
use traffic::Traffic;

/// The state of the gateway, as far as it was told to us.
#[derive(Debug)]
pub struct State {
    traffic: Mutex<Traffic>,
}

impl State {
    /// An empty state.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { traffic: Mutex::new(Traffic::new(settings)) }
    }

    /// Adds one attempt. It must not have been added before: the [sink](crate::sink::Sink) sees to that.
    pub fn record(&self, source: Source, event: &RequestEvent<'_>, now: Timestamp) {
        self.traffic.lock().record(source, event, now);
    }

    /// Notes an attempt that was delivered again.
    pub fn note_duplicate(&self, source: Source) {
        self.traffic.lock().source_mut(source).duplicates += 1;
    }

    /// Notes something that was delivered and is no event.
    pub fn note_rejected(&self, source: Source, reason: RejectReason) {
        self.traffic.lock().source_mut(source).rejected[reason.index()] += 1;
    }

    /// Notes whether a delivery as a whole could be taken.
    pub fn note_delivery(&self, source: Source, taken: bool) {
        self.traffic.lock().source_mut(source).up = Some(taken);
    }

    /// Notes which version the gateway says it is.
    pub fn note_gateway_version(&self, version: &str) {
        self.traffic.lock().note_gateway_version(version);
    }

    /// A copy of the deployments, as of `now`.
    #[must_use]
    pub fn fleet(&self, now: Timestamp) -> Fleet {
        self.traffic.lock().fleet(now)
    }

    /// A copy of everything, as of `now`.
    #[must_use]
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        self.traffic.lock().snapshot(now)
    }
}
