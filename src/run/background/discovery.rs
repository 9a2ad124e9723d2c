//! The lists of models, read again and again.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::super::expected;
use crate::config::Config;
use crate::dependencies::gateway::Client;
use crate::discovery::{Discovery, Listed, Refreshed, Roster, SameGateway, SourceStatus};
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

/// What is read, as the operator says.
pub(super) struct Asked {
    config: Config,
    gateway: Option<Client>,
}

impl Asked {
    pub(super) fn new(config: &Config, gateway: Option<Client>) -> Self {
        Self { config: config.clone(), gateway }
    }

    /// Whether there is nothing to read.
    pub(super) fn is_nothing(&self) -> bool {
        self.gateway.is_none() && !self.has_lists()
    }

    /// Whether a reload changes nothing here. What stands in a file of certificates may be other than it was.
    pub(super) fn is_the_same(&self, config: &Config) -> bool {
        let Config { gateway, models, .. } = &self.config;
        *gateway == config.gateway && *models == config.models && gateway.ca_file.is_none()
    }

    fn has_lists(&self) -> bool {
        lists(&self.config, self.gateway.clone()).is_some()
    }
}

/// Starts reading what is asked for, and whatever is asked for later instead. The latest of what the lists say goes to `roster`.
pub(super) fn start(
    supervisor: &mut Supervisor,
    asked: watch::Receiver<Arc<Asked>>,
    state: &Arc<State>,
    roster: &watch::Sender<Arc<Roster>>,
) {
    let reading = Arc::new(Reading { asked, state: Arc::clone(state), roster: roster.clone() });
    supervisor.start("discovery", move |rounds| Arc::clone(&reading).run(rounds));
}

/// What is read, and where it goes.
struct Reading {
    asked: watch::Receiver<Arc<Asked>>,
    state: Arc<State>,
    roster: watch::Sender<Arc<Roster>>,
}

impl Reading {
    async fn run(self: Arc<Self>, rounds: Rounds) {
        let mut news = self.asked.clone();
        let mut asked = Arc::clone(&news.borrow_and_update());
        let mut lists = lists(&asked.config, asked.gateway.clone());
        loop {
            // What is under way is given up: it was asked for no more.
            tokio::select! {
                () = self.read(&mut lists, &asked, &rounds) => {}
                changed = news.changed() => if changed.is_err() { return },
            }
            let before = std::mem::replace(&mut asked, Arc::clone(&news.borrow_and_update()));
            let is_same = before.config.gateway.url == asked.config.gateway.url;
            let same = if is_same { SameGateway::Yes } else { SameGateway::No };
            let had_lists = lists.is_some();
            lists = match (lists, self::lists(&asked.config, asked.gateway.clone())) {
                (Some(read), Some(wanted)) => Some(wanted.going_on_from(read, same)),
                (_, wanted) => wanted,
            };
            self.forget(&asked, had_lists && lists.is_none());
        }
    }

    /// Forgets the lists that are not asked for any more: here, where none is being read meanwhile.
    fn forget(&self, asked: &Asked, is_none_left: bool) {
        let wanted = expected(&asked.config).lists;
        for source in ListSource::ALL.into_iter().filter(|source| !wanted[source.index()]) {
            self.state.forget_list(source);
        }
        if is_none_left {
            self.state.list(&[], SystemTime::now().into());
            self.roster.send_replace(Arc::default());
        }
    }

    /// Reads again and again.
    async fn read(&self, lists: &mut Option<Discovery<impl Fn() -> Answer>>, asked: &Asked, rounds: &Rounds) {
        if asked.is_nothing() {
            return std::future::pending().await;
        }
        let mut clock = tokio::time::interval(asked.config.gateway.models_interval);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            clock.tick().await;
            let started = Instant::now();
            let mut is_well = true;
            if let Some(lists) = lists {
                let refreshed = lists.refresh().await;
                is_well = refreshed.sources.iter().all(SourceStatus::is_up);
                self.publish(refreshed);
            }
            self.note_version(asked).await;
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
    async fn note_version(&self, asked: &Asked) {
        let Some(gateway) = &asked.gateway else { return };
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
