//! Every probe once, for somebody who waits for it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::{StreamExt as _, stream};
use parking_lot::Mutex;

use super::background::{BackgroundError, gateway, lists, redis_connector};
use crate::config::{Config, Probes};
use crate::dependencies::redis;
use crate::discovery::{Listed, Refreshed, SourceStatus};
use crate::event::{ProbeOutcome, Timestamp, Usd, UtcDay};
use crate::probes::{Billed, Budget, Plan, Prober, Skipped, plan, worst_case};
use crate::replicas::Spending;
use crate::state::clean;

/// Nothing could be probed.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// A client could not be made.
    #[error(transparent)]
    Setup(#[from] BackgroundError),
    /// No list of models is configured.
    #[error("there is no list of models to probe: set gateway.url and gateway.api_key, gateway.config_file, or models")]
    NoList,
    /// No list of models could be read.
    #[error("no list of models could be read: {0}")]
    Unreadable(String),
    /// Some names are no models.
    #[error("no such model: {}; there are {}", unknown.join(", "), known.join(", "))]
    UnknownModel {
        /// Those names.
        unknown: Vec<String>,
        /// The names that there are.
        known: Vec<String>,
    },
}

/// One deployment, and what came of probing it.
#[derive(Debug)]
pub struct Probed {
    /// Which.
    pub listed: Arc<Listed>,
    /// What was found; `None` where nothing was asked.
    pub outcome: Option<ProbeOutcome>,
    /// The levels that were not asked at, the dearest first, and why.
    pub skipped: Vec<Skipped>,
}

impl Probed {
    /// Whether it was asked and did not answer as it should.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| outcome.result.is_err())
    }
}

/// Probes every deployment of these models once, or of all models where none are named; in the order of the list.
///
/// # Errors
/// When there is nothing to probe. What a probe finds is no error.
pub async fn probe_once(config: &Config, models: &[String]) -> Result<Vec<Probed>, ProbeError> {
    let listed = listed(config, models).await?;
    let prober = Prober::new(&config.probes).map_err(BackgroundError::from)?;
    let budget = Mutex::new(Budget::new(config.probes.completion.daily_budget(), now()));
    let mut ledger = Ledger::open(config).await?;
    ledger.read_into(&budget).await;
    let probes = listed.into_iter().map(|listed| probe(listed, &config.probes, &prober, &budget));
    let probed: Vec<Probed> = stream::iter(probes).buffered(config.probes.concurrency.max(1)).collect().await;
    ledger.book(&probed).await;
    Ok(probed)
}

async fn listed(config: &Config, models: &[String]) -> Result<Vec<Arc<Listed>>, ProbeError> {
    let gateway = gateway(config).map_err(BackgroundError::from)?;
    let Refreshed { roster, sources } = lists(config, gateway).ok_or(ProbeError::NoList)?.refresh().await;
    if sources.iter().all(|status| status.last_success_at.is_none()) {
        let words = |status: &SourceStatus| Some(format!("{}: {}", status.source.as_str(), status.error.as_ref()?));
        return Err(ProbeError::Unreadable(sources.iter().filter_map(words).collect::<Vec<_>>().join("; ")));
    }
    let known: BTreeSet<&str> = roster.deployments.iter().map(|listed| listed.model.as_str()).collect();
    let unknown: Vec<String> = models.iter().filter(|model| !known.contains(model.as_str())).cloned().collect();
    if !unknown.is_empty() {
        // Names from elsewhere, for a terminal.
        let known = known.into_iter().map(|model| clean(model).into_owned()).collect();
        return Err(ProbeError::UnknownModel { unknown, known });
    }
    let is_asked_for = |listed: &Listed| models.is_empty() || models.contains(&listed.model);
    Ok(roster.deployments.into_iter().filter(is_asked_for).map(Arc::new).collect())
}

async fn probe(listed: Arc<Listed>, config: &Probes, prober: &Prober, budget: &Mutex<Budget>) -> Probed {
    let (Plan { level, skipped }, reservation) = {
        let mut budget = budget.lock();
        let plan = plan(&listed, config, Billed::Due { left: budget.left(now()) });
        let is_billed = plan.level.is_some_and(|level| level.is_billed());
        let cost = worst_case(&listed, config).filter(|_| is_billed);
        let reservation = cost.and_then(|cost| budget.reserve(cost, now()));
        (plan, reservation)
    };
    let Some(level) = level else { return Probed { listed, outcome: None, skipped } };
    let outcome = prober.probe(&listed, level).await;
    if let Some(reservation) = reservation {
        budget.lock().settle(reservation, outcome.usage.map_or(Usd::ZERO, |usage| usage.cost), now());
    }
    Probed { listed, outcome: Some(outcome), skipped }
}

/// What replicas add up in Redis, where there is one: their budget is ours as well.
struct Ledger {
    spending: Spending,
    is_shared: bool,
    connection: Option<redis::Connection>,
}

impl Ledger {
    async fn open(config: &Config) -> Result<Self, BackgroundError> {
        let spending = Spending::new(&config.redis.replica_prefix());
        let is_needed = !config.probes.completion.daily_budget().is_zero();
        let connector = redis_connector(config)?.filter(|_| is_needed);
        let is_shared = connector.is_some();
        let connection = match connector {
            Some(connector) => connector.connect(config.dependencies.timeout).await.ok(),
            None => None,
        };
        Ok(Self { spending, is_shared, connection })
    }

    async fn read_into(&mut self, budget: &Mutex<Budget>) {
        let day = UtcDay::of(now());
        let total = match &mut self.connection {
            Some(connection) => self.spending.spent(connection, day).await.ok(),
            None => None,
        };
        match total {
            Some(total) => budget.lock().sync(day, total),
            None if self.is_shared => {
                tracing::warn!("what replicas spent today cannot be read from redis: no billed probes are sent");
                budget.lock().suspend();
            }
            None => {}
        }
    }

    async fn book(&mut self, probed: &[Probed]) {
        let Some(connection) = &mut self.connection else { return };
        for outcome in probed.iter().filter_map(|probed| probed.outcome.as_ref()) {
            if let Some(usage) = outcome.usage
                && let Err(error) = self.spending.add(connection, UtcDay::of(outcome.at), usage.cost).await
            {
                tracing::warn!(%error, "what a probe cost is missing from the replicas' sum");
            }
        }
    }
}

fn now() -> Timestamp {
    SystemTime::now().into()
}
