//! The lists of models, read again and again.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::config::Config;
use crate::dependencies::gateway::Client;
use crate::discovery::{Discovery, Listed, Refreshed, Roster, SourceStatus};
use crate::event::Timestamp;
use crate::own::Round;
use crate::state::{ListFacts, ListSource, Listing, State};
use crate::supervise::{Rounds, Supervisor};

/// A list of thousands of models, with all their prices, takes a gateway seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the gateway answers, when it does.
pub(in crate::run) type Answer = Pin<Box<dyn Future<Output = Result<Vec<u8>, String>> + Send>>;

/// The lists that are configured; `None` where there are none.
pub(in crate::run) fn lists(
    config: &Config,
    gateway: Option<Client>,
) -> Option<Discovery<impl Fn() -> Answer + use<>>> {
    // Without a key the gateway tells no models.
    let asked = gateway.filter(|_| config.gateway.api_key.is_some());
    let config_file = config.gateway.config_file.clone();
    if asked.is_none() && config_file.is_none() && config.models.is_empty() {
        return None;
    }
    let fetch = asked.map(|client| {
        move || {
            let client = client.clone();
            Box::pin(async move { client.model_info(PATIENCE).await.map_err(|error| error.to_string()) }) as Answer
        }
    });
    let environment = Arc::new(|name: &str| std::env::var(name).ok());
    Some(Discovery::new(fetch, config_file, config.models.clone(), environment))
}

/// Starts reading the lists, if there are any; returns where the latest of what they say is found.
pub(super) fn start(
    supervisor: &mut Supervisor,
    config: &Config,
    gateway: Option<Client>,
    state: &Arc<State>,
) -> watch::Receiver<Arc<Roster>> {
    let (roster, receiver) = watch::channel(Arc::default());
    if gateway.is_none() && lists(config, None).is_none() {
        return receiver;
    }
    let reading = Arc::new(Reading { config: config.clone(), gateway, state: Arc::clone(state), roster });
    supervisor.start("discovery", move |rounds| Arc::clone(&reading).run(rounds));
    receiver
}

/// What is read, and where it goes.
struct Reading {
    config: Config,
    gateway: Option<Client>,
    state: Arc<State>,
    roster: watch::Sender<Arc<Roster>>,
}

impl Reading {
    async fn run(self: Arc<Self>, rounds: Rounds) {
        let mut lists = lists(&self.config, self.gateway.clone());
        let mut clock = tokio::time::interval(self.config.gateway.models_interval);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            clock.tick().await;
            let started = Instant::now();
            let mut is_well = true;
            if let Some(lists) = &mut lists {
                let refreshed = lists.refresh().await;
                is_well = refreshed.sources.iter().all(SourceStatus::is_up);
                self.publish(refreshed);
            }
            self.note_version().await;
            rounds.note(if is_well { Round::Succeeded } else { Round::Failed }, started);
        }
    }

    fn publish(&self, refreshed: Refreshed) {
        let Refreshed { roster, sources } = refreshed;
        let roster = Arc::new(roster);
        // Of what was never read nothing is known, not even that nothing is there.
        if let Some(listed_at) = listed_at(&sources) {
            let listings: Vec<Listing<'_>> = roster.deployments.iter().map(listing).collect();
            self.state.list(&listings, listed_at);
            self.roster.send_if_modified(|current| {
                let is_new = *current != roster;
                if is_new {
                    *current = Arc::clone(&roster);
                }
                is_new
            });
        }
        for SourceStatus { source, error, last_success_at, deployments } in sources {
            let facts = ListFacts { error: error.map(Into::into), last_success_at, deployments };
            self.state.note_list(source, facts);
        }
    }

    /// A gateway that tells no version is no reason to complain: whether it is there is checked elsewhere.
    async fn note_version(&self) {
        let Some(gateway) = &self.gateway else { return };
        if let Ok(Some(version)) = gateway.version(PATIENCE).await {
            self.state.note_gateway_version(&version);
        }
    }
}

/// When the list that decides which deployments there are was asked for.
fn listed_at(sources: &[SourceStatus]) -> Option<Timestamp> {
    let of = |source: ListSource| {
        let status = sources.iter().find(|status| status.source == source)?;
        status.last_success_at
    };
    let own = || of(ListSource::OwnModels).map(|_| SystemTime::now().into());
    of(ListSource::Gateway).or_else(|| of(ListSource::ConfigFile)).or_else(own)
}

fn listing(listed: &Listed) -> Listing<'_> {
    Listing {
        id: &listed.id,
        model: &listed.model,
        provider: &listed.provider,
        upstream_model: &listed.upstream_model,
        api_base: listed.api_base.as_deref().unwrap_or_default(),
    }
}
