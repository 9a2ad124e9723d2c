//! The metrics: one file for each group, one declared row for each metric.
//!
//! A collector turns a [`View`] into samples, and knows nothing of formats, locks or the network. To add a metric, add a row
//! to the `metrics!` of its group and emit it below; the [catalogue](crate::catalogue) and the README's table follow.

/// Declares metrics: the comment is the HELP text, the list names the labels.
macro_rules! metrics {
    ($($(#[doc = $help:literal])+ $constant:ident = $kind:ident $name:literal [$($label:literal),*];)+) => {
        $(
            $(#[doc = $help])+
            static $constant: crate::exposition::Descriptor = crate::exposition::Descriptor {
                name: $name,
                kind: crate::exposition::Kind::$kind,
                labels: &[$($label),*],
                help: concat!($($help),+).trim_ascii(),
            };
        )+
        /// Every metric of this group, in the order of the exposition.
        static METRICS: &[&crate::exposition::Descriptor] = &[$(&$constant),+];
    };
}

mod budgets;
mod cache;
mod consumers;
mod cost;
mod dependencies;
mod deployments;
mod exporter;
mod handover;
mod health;
mod health_checks;
mod latency;
mod ledger;
mod lists;
mod probes;
mod process;
mod rate_limits;
mod requests;
mod routing;
mod sources;
mod spend_buffers;
mod storage;
mod tables;
mod tokens;

use crate::exposition::{Descriptor, Encoder};
use crate::health::Report;
use crate::own::OwnMetrics;
use crate::state::Snapshot;

/// All that a scrape shows, as of one moment.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The facts.
    pub snapshot: &'a Snapshot,
    /// The verdicts on them.
    pub report: &'a Report,
    /// What the exporter knows of itself.
    pub own: &'a OwnMetrics,
}

/// A group of metrics.
pub trait Collector: std::fmt::Debug + Send + Sync {
    /// The name of the group: the label by which its failures are counted.
    fn name(&self) -> &'static str;

    /// Every metric it may emit.
    fn metrics(&self) -> &'static [&'static Descriptor];

    /// Emits its metrics.
    ///
    /// # Errors
    /// When they can't be had; the group is then missing from the scrape.
    fn collect(&self, view: &View<'_>, out: &mut dyn Encoder) -> Result<(), CollectError>;
}

/// A group of metrics could not be had.
#[derive(Debug, thiserror::Error)]
#[error("could not collect the metrics of the group {group}: {reason}")]
pub struct CollectError {
    /// The name of the group.
    pub group: &'static str,
    /// What went wrong.
    pub reason: String,
}

/// Every group, in the order of the exposition.
#[must_use]
pub fn all() -> Vec<Box<dyn Collector>> {
    vec![
        Box::new(requests::Requests),
        Box::new(latency::Latency),
        Box::new(tokens::Tokens),
        Box::new(cost::Spending),
        Box::new(cache::Cache),
        Box::new(routing::Routing),
        Box::new(consumers::Consumers),
        Box::new(budgets::Budgets),
        Box::new(rate_limits::RateLimits),
        Box::new(deployments::Deployments),
        Box::new(lists::Lists),
        Box::new(health::Health),
        Box::new(probes::Probes),
        Box::new(dependencies::Dependencies),
        Box::new(health_checks::HealthChecks),
        Box::new(sources::Sources),
        Box::new(handover::Handover),
        Box::new(spend_buffers::SpendBuffers),
        Box::new(ledger::Ledger),
        Box::new(tables::Tables),
        Box::new(storage::Storage),
        Box::new(exporter::Exporter),
        Box::new(process::Process),
    ]
}
