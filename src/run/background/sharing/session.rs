//! A connection to Redis, made anew where it broke, and what goes over it each time.

use std::time::{Duration, Instant};

use tokio::sync::{MutexGuard, mpsc};

use super::{Sharing, SharingError, now};
use crate::dependencies::redis::{Connection, RedisError};
use crate::replicas::{Finding, Leadership, Replica, ReplicaError, ReplicaId, TrafficStream, in_cooldown};

/// How often it is asked for cooldowns: LiteLLM's last 5 s by default.
const COOLDOWNS_EVERY: Duration = Duration::from_secs(5);

/// The connection, and what goes over it.
pub(super) struct Session<'a> {
    pub(super) sharing: &'a Sharing,
    /// Where deployments are probed.
    pub(super) replica: Option<Replica>,
    pub(super) traffic: MutexGuard<'a, TrafficStream>,
    connection: Option<Connection>,
    connect_at: Instant,
    cooldowns_at: Instant,
    /// When it is asked again what other replicas spent.
    pub(super) spent_at: Instant,
    /// Findings that are still to be told.
    pub(super) untold: Vec<Finding>,
    was_reachable: bool,
}

impl<'a> Session<'a> {
    pub(super) fn new(sharing: &'a Sharing, traffic: MutexGuard<'a, TrafficStream>) -> Self {
        let now = Instant::now();
        let id = ReplicaId::of_this_process();
        let replica = sharing.has_probes.then(|| Replica::new(&sharing.settings, id, now));
        Self {
            sharing,
            replica,
            traffic,
            connection: None,
            connect_at: now,
            cooldowns_at: now,
            spent_at: now,
            untold: Vec::new(),
            was_reachable: true,
        }
    }

    /// Everything that is due, as far as Redis is there.
    pub(super) async fn round(&mut self, findings: &mut mpsc::UnboundedReceiver<Finding>) -> Result<(), SharingError> {
        self.collect(findings);
        let result = match self.connect().await {
            Ok(Some(mut connection)) => {
                let result = self.exchange(&mut connection).await.map_err(SharingError::from);
                if result.is_ok() {
                    self.connection = Some(connection);
                }
                result
            }
            Ok(None) => Ok(()),
            Err(error) => Err(error.into()),
        };
        self.tell_leadership();
        self.log(&result);
        result
    }

    /// The connection, made anew where it broke and it is time to try; `None` where it is not.
    async fn connect(&mut self) -> Result<Option<Connection>, RedisError> {
        if let Some(connection) = self.connection.take() {
            return Ok(Some(connection));
        }
        let now = Instant::now();
        let connect_at = self.replica.as_ref().map_or(self.connect_at, Replica::next_attempt);
        if now < connect_at {
            return Ok(None);
        }
        self.connect_at = now + COOLDOWNS_EVERY;
        let connected = self.sharing.connector.connect(self.sharing.patience).await;
        if connected.is_err()
            && let Some(replica) = &mut self.replica
        {
            replica.no_connection(now);
        }
        connected.map(Some)
    }

    async fn exchange(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        self.learn(connection).await?;
        self.sync_spending(connection).await?;
        self.tell(connection).await?;
        self.look_for_cooldowns(connection).await?;
        self.share_traffic(connection).await
    }

    async fn look_for_cooldowns(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        if Instant::now() < self.cooldowns_at {
            return Ok(());
        }
        self.cooldowns_at = Instant::now() + COOLDOWNS_EVERY;
        let ids = self.sharing.state.deployment_ids();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let resting = in_cooldown(connection, &self.sharing.namespace, &ids).await?;
        self.sharing.state.note_cooldowns(&resting, now());
        Ok(())
    }

    fn tell_leadership(&self) {
        let Some(replica) = &self.replica else { return };
        let leadership = replica.leadership(Instant::now());
        let before = self.sharing.leadership.send_replace(Some(leadership));
        if before.map(Leadership::as_str) != Some(leadership.as_str()) {
            tracing::info!(role = leadership.as_str(), replica = replica.id().as_str(), "probing among replicas");
        }
    }

    /// Says once that Redis is away, and once that it is back.
    fn log(&mut self, result: &Result<(), SharingError>) {
        match result {
            Err(error) if self.was_reachable => {
                tracing::warn!(%error, "nothing can be shared with other replicas, and no cooldown is seen");
                self.was_reachable = false;
            }
            Ok(()) if !self.was_reachable && self.connection.is_some() => {
                tracing::info!("sharing with other replicas again");
                self.was_reachable = true;
            }
            _ => {}
        }
    }

    /// Tells what was not told yet, so that who comes after knows it, and gives the lead back, so that another replica need not wait for
    /// its end.
    pub(super) async fn step_down(mut self) {
        self.sharing.leadership.send_replace(self.replica.is_some().then_some(Leadership::Follower));
        let Some(mut connection) = self.connection.take() else { return };
        if let Err(error) = self.tell_traffic(&mut connection).await {
            tracing::debug!(%error, "the last requests could not be told");
        }
        if let Some(replica) = self.replica
            && let Err(error) = replica.release(&mut connection, Instant::now()).await
        {
            tracing::debug!(%error, "the lead could not be given back");
        }
    }
}
