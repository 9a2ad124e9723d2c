//! A connection to Redis, made anew where it broke, and what goes over it each time.

use std::time::{Duration, Instant};

use tokio::sync::{MutexGuard, mpsc};

use super::{Sharing, SharingError, now};
use crate::dependencies::redis::{Connection, RedisError};
use crate::event::{Usd, UtcDay};
use crate::replicas::{Finding, Leadership, Replica, ReplicaError, TrafficStream, in_cooldown, spend_buffers};

/// How often it is asked for cooldowns: LiteLLM's last 5 s by default, and none is to be missed.
const COOLDOWNS_EVERY: Duration = Duration::from_secs(2);
/// How often it is asked what waits for the database.
const BUFFERS_EVERY: Duration = Duration::from_secs(10);
/// Where nobody leads, a connection that broke is made anew after this time.
const RECONNECT_AFTER: Duration = Duration::from_secs(5);

/// The connection, and what goes over it.
pub(super) struct Session<'a> {
    pub(super) sharing: &'a Sharing,
    /// Where deployments are probed.
    pub(super) replica: Option<Replica>,
    pub(super) traffic: MutexGuard<'a, TrafficStream>,
    connection: Option<Connection>,
    connect_at: Instant,
    cooldowns_at: Instant,
    buffers_at: Instant,
    /// When it is asked again what other replicas spent.
    pub(super) spent_at: Instant,
    /// Findings that are still to be told.
    pub(super) untold: Vec<Finding>,
    /// What probes cost that is not in the sum yet, which all replicas share.
    pub(super) unbooked: Vec<(UtcDay, Usd)>,
    was_reachable: bool,
}

impl<'a> Session<'a> {
    pub(super) fn new(sharing: &'a Sharing, traffic: MutexGuard<'a, TrafficStream>) -> Self {
        let now = Instant::now();
        let replica = sharing.has_probes().then(|| sharing.candidate(now));
        Self {
            sharing,
            replica,
            traffic,
            connection: None,
            connect_at: now,
            cooldowns_at: now,
            buffers_at: now,
            spent_at: now,
            untold: Vec::new(),
            unbooked: Vec::new(),
            was_reachable: true,
        }
    }

    /// Everything that is due; `None` where Redis is not there, and not tried again yet.
    pub(super) async fn round(
        &mut self,
        findings: &mut mpsc::UnboundedReceiver<Finding>,
    ) -> Option<Result<(), SharingError>> {
        self.collect(findings);
        self.take_terms();
        let result = match self.connect().await {
            Ok(Some(mut connection)) => {
                let result = self.exchange(&mut connection).await.map_err(SharingError::from);
                if result.is_ok() {
                    self.connection = Some(connection);
                }
                Some(result)
            }
            Ok(None) => None,
            Err(error) => Some(Err(error.into())),
        };
        self.tell_leadership();
        if let Some(Err(SharingError::Connection(_) | SharingError::Replica(ReplicaError::Timeout { .. }))) = result {
            self.sharing.state.note_spend_buffers(None);
            self.buffers_at = Instant::now();
        }
        if let Some(result) = &result {
            self.log(result);
        }
        result
    }

    /// Whoever begins to probe stands for the lead; who ends it gives the lead back where it shares what was found.
    fn take_terms(&mut self) {
        self.traffic.set_history(self.sharing.history());
        if self.replica.is_none() && self.sharing.has_probes() {
            self.replica = Some(self.sharing.candidate(Instant::now()));
        }
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
        self.connect_at = now + RECONNECT_AFTER;
        let connected = self.sharing.connector.connect(self.sharing.patience()).await;
        if connected.is_err()
            && let Some(replica) = &mut self.replica
        {
            replica.no_connection(now);
        }
        connected.map(Some)
    }

    /// A user that may not write still sees the cooldowns. A server that hangs is not asked for more.
    async fn exchange(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        let shared = self.share(connection).await;
        if matches!(shared, Err(ReplicaError::Timeout { .. })) {
            return shared;
        }
        let looked = self.look_for_cooldowns(connection).await;
        if matches!(looked, Err(ReplicaError::Timeout { .. })) {
            return looked;
        }
        self.look_at_buffers(connection).await;
        shared.and(looked)
    }

    async fn share(&mut self, connection: &mut Connection) -> Result<(), ReplicaError> {
        let probes = self.share_probes(connection).await;
        if matches!(probes, Err(ReplicaError::Timeout { .. })) {
            return probes;
        }
        probes.and(self.share_traffic(connection).await)
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

    /// A user that may not see them still shares everything else.
    async fn look_at_buffers(&mut self, connection: &mut Connection) {
        if Instant::now() < self.buffers_at {
            return;
        }
        self.buffers_at = Instant::now() + BUFFERS_EVERY;
        let lengths = spend_buffers(connection, &self.sharing.namespace).await;
        if let Err(error) = &lengths {
            tracing::debug!(%error, "what waits in redis for the gateway's database is unknown");
        }
        self.sharing.state.note_spend_buffers(lengths.ok());
    }

    fn tell_leadership(&self) {
        let leads_nobody = !self.sharing.has_probes() || self.sharing.has_nothing_to_probe();
        let Some(replica) = self.replica.as_ref().filter(|_| !leads_nobody) else {
            self.sharing.leadership.send_replace(Some(Leadership::Follower));
            return;
        };
        let leadership = replica.leadership(Instant::now());
        let before = self.sharing.leadership.send_replace(Some(leadership));
        if before.map(Leadership::as_str) != Some(leadership.as_str()) {
            tracing::info!(role = leadership.as_str(), replica = replica.id().as_str(), "probing among replicas");
        }
    }

    /// Says once that it can't be shared, and once that it can again.
    fn log(&mut self, result: &Result<(), SharingError>) {
        let was_reachable = std::mem::replace(&mut self.was_reachable, result.is_ok());
        match result {
            Err(error) if was_reachable && self.replica.is_none() => {
                tracing::warn!(%error, "nothing can be shared with other replicas");
            }
            Err(error) if was_reachable => {
                tracing::warn!(%error, "nothing can be shared with other replicas: soon each probes for itself");
            }
            Ok(()) if !was_reachable => tracing::info!("sharing with other replicas again"),
            _ => {}
        }
    }

    /// Tells what is known, so that who comes after knows it, and gives the lead back, so that another replica need not wait for its
    /// end.
    pub(super) async fn step_down(&mut self, findings: &mut mpsc::UnboundedReceiver<Finding>) {
        self.sharing.leadership.send_replace(Some(Leadership::Follower));
        let Some(mut connection) = self.connection.take() else { return };
        self.collect(findings);
        let told = self.tell(&mut connection).await;
        if let Err(error) = told.and(self.tell_traffic(&mut connection).await) {
            tracing::debug!(%error, "what was learnt last could not be shared");
        }
        if let Some(replica) = self.replica.take()
            && let Err(error) = replica.release(&mut connection, Instant::now()).await
        {
            tracing::debug!(%error, "the lead could not be given back");
        }
        self.connection = Some(connection);
    }

    /// What was still under way is paid for as well.
    pub(super) async fn book_late(&mut self, findings: &mut mpsc::UnboundedReceiver<Finding>) {
        let Some(mut connection) = self.connection.take() else { return };
        while let Some(finding) = findings.recv().await {
            self.owe(&finding);
            if let Err(error) = self.book(&mut connection).await {
                tracing::debug!(%error, "what a probe cost could not be added up");
            }
        }
    }
}
