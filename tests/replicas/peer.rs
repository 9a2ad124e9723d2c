//! A replica with its connection, driven as the exporter's own loop does it.

use std::time::{Duration, Instant, SystemTime};

use llm_exporter::event::{ProbeLevel, ProbeOutcome, Timestamp};
use llm_exporter::replicas::{Finding, Leadership, Published, Replica, ReplicaId, Settings};
use redis::aio::MultiplexedConnection;

use super::eventually;
use super::server::Server;

/// Short, and still some hundred milliseconds for a busy machine to renew it.
pub(crate) const LEASE: Duration = Duration::from_secs(1);
/// What is older than this is not read by a newcomer.
pub(crate) const STALE_AFTER: Duration = Duration::from_mins(5);
pub(crate) const MAX_ENTRIES: usize = 5_000;

pub(crate) fn settings() -> Settings {
    Settings { prefix: String::new(), lease_time: LEASE, history: STALE_AFTER, max_entries: MAX_ENTRIES }
}

pub(crate) fn time() -> Timestamp {
    Timestamp::from(SystemTime::now())
}

/// A replica with its connection.
pub(crate) struct Peer {
    pub(crate) replica: Replica,
    connection: Option<MultiplexedConnection>,
    /// The deployments that it heard of, in this order.
    pub(crate) heard: Vec<String>,
    pub(crate) garbage: u64,
    pub(crate) errors: Vec<String>,
    /// How often it tried to connect.
    pub(crate) connects: usize,
}

impl Peer {
    pub(crate) fn new() -> Self {
        Self::of(&settings())
    }

    pub(crate) fn of(settings: &Settings) -> Self {
        let replica = Replica::new(settings, ReplicaId::of_this_process(), Instant::now());
        Self { replica, connection: None, heard: Vec::new(), garbage: 0, errors: Vec::new(), connects: 0 }
    }

    /// One round of its loop.
    pub(crate) async fn tick(&mut self, server: &Server) -> Leadership {
        let now = Instant::now();
        if self.connection.is_none() && now >= self.replica.next_attempt() {
            self.connects += 1;
            match server.try_connect(LEASE / 3).await {
                Ok(connection) => self.connection = Some(connection),
                Err(_) => return self.replica.no_connection(now),
            }
        }
        let Some(connection) = &mut self.connection else { return self.replica.leadership(now) };
        let ticked = self.replica.tick(connection, Instant::now(), time()).await;
        self.heard.extend(ticked.evidence.into_iter().map(|shared| shared.finding.deployment));
        self.garbage += ticked.garbage;
        if let Some(error) = ticked.error {
            self.errors.push(error.to_string());
            self.connection = None;
        }
        ticked.leadership
    }

    /// Ticks until it leads; returns the number of its lease, and when that ends.
    pub(crate) async fn lead(&mut self, server: &Server) -> (u64, Instant) {
        eventually("it leads", async || lease(self.tick(server).await)).await
    }

    /// Ticks until it heard of so many deployments, and then returns them.
    pub(crate) async fn hear(&mut self, count: usize, server: &Server) -> &[String] {
        eventually("it hears the others", async || {
            self.tick(server).await;
            (self.heard.len() >= count).then_some(())
        })
        .await;
        &self.heard
    }

    /// Tells what it found, at this moment as far as it knows.
    pub(crate) async fn publish(&mut self, now: Instant, findings: &[Finding]) -> Published {
        self.try_publish(now, findings).await.expect("Redis takes it")
    }

    /// As [`publish`](Self::publish); `None` when Redis can't be reached.
    pub(crate) async fn try_publish(&mut self, now: Instant, findings: &[Finding]) -> Option<Published> {
        let connection = self.connection.as_mut()?;
        let published = self.replica.publish(connection, now, findings).await.ok();
        if published.is_none() {
            self.connection = None;
        }
        published
    }

    pub(crate) async fn release(mut self) {
        let connection = self.connection.as_mut().expect("it is connected");
        self.replica.release(connection, Instant::now()).await.expect("Redis takes it");
    }
}

/// The number of the lease and its end, of a leader.
pub(crate) fn lease(leadership: Leadership) -> Option<(u64, Instant)> {
    match leadership {
        Leadership::Leader { fence, until } => Some((fence, until)),
        _ => None,
    }
}

/// Ticks both until one of them leads and the other one follows; the leader comes first.
pub(crate) async fn settle(mut one: Peer, mut other: Peer, server: &Server) -> (Peer, Peer) {
    let is_first =
        eventually("one leads and one follows", async || match (one.tick(server).await, other.tick(server).await) {
            (Leadership::Leader { .. }, Leadership::Follower) => Some(true),
            (Leadership::Follower, Leadership::Leader { .. }) => Some(false),
            _ => None,
        })
        .await;
    if is_first { (one, other) } else { (other, one) }
}

/// A good answer of this deployment.
pub(crate) fn found(deployment: &str) -> Finding {
    let outcome = ProbeOutcome {
        level: ProbeLevel::Models,
        at: time(),
        duration: Duration::from_millis(80),
        result: Ok(()),
        time_to_first_token: None,
        usage: None,
        retry_after: None,
    };
    Finding { deployment: deployment.to_owned(), outcome }
}
