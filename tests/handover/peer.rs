//! A replica that counts rows, as the exporter does it: what it has counted is in its store, and outlives it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use llm_exporter::address::{DatabaseAddress, RedisAddress};
use llm_exporter::dependencies::{database, redis};
use llm_exporter::event::RowMark;
use llm_exporter::handover::{
    Admission, Candidate, Claimed, Lead, Lost, Memory, Parts, RedisShare, SchemaShare, Share, Start, Takeover, Turn,
};
use llm_exporter::own::{Handover, HandoverFacts};
use llm_exporter::replicas::ReplicaId;
use parking_lot::Mutex;

use crate::support::postgres::Postgres;
use crate::support::redis::Redis;

/// How long a share may be away here.
pub(crate) const GRACE: Duration = Duration::from_secs(3);
pub(crate) const EXPIRY: Duration = Duration::from_hours(1);
/// The minute of most rows.
pub(crate) const MINUTE: i64 = 29_900_000;

/// How replicas share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Redis,
    Schema,
    Alone,
}

/// A database, and a Redis where one is needed.
#[derive(Debug)]
pub(crate) struct Servers {
    pub(crate) postgres: Postgres,
    pub(crate) redis: Option<Redis>,
    way: Way,
}

impl Servers {
    pub(crate) fn start(way: Way) -> Self {
        let redis = (way == Way::Redis).then(Redis::start);
        Self { postgres: Postgres::start(), redis, way }
    }

    pub(crate) fn redis(&self) -> &Redis {
        self.redis.as_ref().expect("it is shared through Redis")
    }

    pub(crate) fn redis_mut(&mut self) -> &mut Redis {
        self.redis.as_mut().expect("it is shared through Redis")
    }

    pub(crate) fn database(&self) -> database::Connector {
        connector(&self.postgres.url())
    }

    pub(crate) fn candidate(&self) -> Candidate {
        Candidate::new(self.database(), "public", &ReplicaId::of_this_process())
    }

    pub(crate) fn share(&self) -> Share {
        match self.way {
            Way::Alone => Share::Alone,
            Way::Schema => Share::Schema(Box::new(SchemaShare::new(self.database(), "public"))),
            Way::Redis => {
                let address = RedisAddress::parse(&self.redis().url()).expect("an address");
                let connector = redis::Connector::new(&address, None).expect("no certificates");
                Share::Redis(Box::new(RedisShare::new(connector, "", "public", EXPIRY)))
            }
        }
    }
}

pub(crate) fn connector(url: &str) -> database::Connector {
    let address = DatabaseAddress::parse(url).expect("an address");
    database::Connector::new(&address, None).expect("no certificates")
}

/// What a replica keeps.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// How often it counted each row.
    pub(crate) counted: HashMap<RowMark, usize>,
    pub(crate) progress: Option<String>,
    pub(crate) epoch: Option<u64>,
    memory: Arc<Mutex<Option<String>>>,
}

impl Store {
    pub(crate) fn has(&self, mark: &RowMark) -> bool {
        self.counted.contains_key(mark)
    }
}

/// A replica with its store.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) lead: Lead,
    pub(crate) store: Store,
    pub(crate) facts: Arc<Handover>,
    /// What it found claimed when it took over.
    pub(crate) claimed: Claimed,
}

impl Peer {
    pub(crate) fn new(servers: &Servers) -> Self {
        Self::restart(servers, Store::default())
    }

    /// One that shares in this way.
    pub(crate) fn with(servers: &Servers, share: Share) -> Self {
        Self::made(servers, share, Store::default())
    }

    /// A process with what another one kept.
    pub(crate) fn restart(servers: &Servers, store: Store) -> Self {
        Self::made(servers, servers.share(), store)
    }

    fn made(servers: &Servers, share: Share, store: Store) -> Self {
        let kept = Arc::clone(&store.memory);
        let restored = kept.lock().clone();
        let memory = Memory::new(restored.as_deref(), move |text| *kept.lock() = Some(text));
        let facts: Arc<Handover> = Arc::default();
        let parts = Parts {
            database: servers.database(),
            schema: "public".to_owned(),
            share,
            memory,
            facts: Arc::clone(&facts),
            grace: GRACE,
        };
        Self { lead: Lead::new(parts), store, facts, claimed: Claimed::default() }
    }

    /// Is killed: nothing is given back in good order.
    pub(crate) fn kill(self) -> Store {
        self.store
    }

    /// Waits until it leads; what it claimed and did not count, it counts.
    pub(crate) async fn lead(&mut self) -> Start {
        loop {
            if let Turn::Lead(Takeover { start, claimed }) = self.turn().await {
                self.claimed = claimed;
                return start;
            }
        }
    }

    /// Its next turn.
    pub(crate) async fn turn(&mut self) -> Turn {
        let turn = self.lead.next(self.store.epoch).await;
        let claimed = match &turn {
            Turn::Standby { claimed } | Turn::Lead(Takeover { claimed, .. }) => claimed,
            Turn::Unknown { .. } => return turn,
        };
        for mark in claimed.uncounted(i64::MIN, |mark| self.store.has(mark)) {
            self.count(&[mark]);
        }
        turn
    }

    /// Whether it waits for another one.
    pub(crate) async fn stands_by(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(300), self.lead()).await.is_err()
    }

    /// Claims, counts and tells.
    pub(crate) async fn book(&mut self, marks: &[RowMark]) -> Result<Admission, Lost> {
        let admission = self.lead.admit(marks).await?;
        self.count(marks);
        self.publish().await.map(|()| admission)
    }

    pub(crate) fn count(&mut self, marks: &[RowMark]) {
        marks.iter().for_each(|mark| *self.store.counted.entry(*mark).or_default() += 1);
        self.keep();
    }

    fn keep(&mut self) {
        self.store.epoch = self.lead.epoch().or(self.store.epoch);
        self.store.progress = Some(format!("after {}", self.store.counted.len()));
    }

    /// Keeps and tells from where it begins.
    pub(crate) async fn begin(&mut self) {
        self.keep();
        self.publish().await.expect("it leads");
    }

    pub(crate) async fn publish(&mut self) -> Result<(), Lost> {
        let progress = self.store.progress.clone().unwrap_or_default();
        self.lead.publish(&progress, MINUTE - 60).await
    }

    pub(crate) fn facts(&self) -> HandoverFacts {
        self.facts.facts()
    }
}

/// A row of the usual minute.
pub(crate) fn row(id: u64) -> RowMark {
    RowMark { minute: MINUTE, id }
}

/// Rows of the usual minute.
pub(crate) fn rows(ids: std::ops::Range<u64>) -> Vec<RowMark> {
    ids.map(row).collect()
}
