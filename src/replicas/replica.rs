//! This process as one of several replicas: what its loop drives.

use std::time::{Duration, Instant};

use redis::aio::ConnectionLike;

use super::leadership::Candidacy;
use super::pace::Pace;
use super::{
    Attempt, Batch, EvidenceReader, EvidenceWriter, Finding, Leadership, Lease, Published, ReplicaError, ReplicaId,
    Shared,
};
use crate::event::Timestamp;

/// So many batches are read in one tick at most; a newcomer reads the rest in its next ticks.
const BATCHES_PER_TICK: usize = 8;

/// What replicas of each other have in common.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What stands before the keys. Exporters with the same prefix are replicas of each other.
    pub prefix: String,
    /// How long a replica leads without renewing.
    pub lease_time: Duration,
    /// How far back a newcomer reads what probes found.
    pub history: Duration,
    /// How many entries the stream of evidence keeps.
    pub max_entries: usize,
}

/// This process as one of several replicas.
///
/// Its loop connects when [`next_attempt`](Self::next_attempt) has come, and calls [`tick`](Self::tick) about every second, or
/// [`no_connection`](Self::no_connection) when it could not connect. After an error it connects anew. With both, Redis gets at most one
/// attempt in a third of a lease time while it is not there.
#[derive(Debug)]
pub struct Replica {
    lease: Lease,
    candidacy: Candidacy,
    pace: Pace,
    reader: EvidenceReader,
    writer: EvidenceWriter,
    /// Whether Redis has answered since the last error.
    is_well: bool,
}

/// What came of one tick.
#[derive(Debug)]
pub struct Ticked {
    /// Whether this replica leads as of the moment given to the tick.
    pub leadership: Leadership,
    /// What probes found, of all replicas and each once, from the oldest on. [`Shared::is_from`] tells this replica's own.
    pub evidence: Vec<Shared>,
    /// How many entries of the stream could not be understood.
    pub garbage: u64,
    /// Whether there is more to read: tick again at once.
    pub has_more: bool,
    /// What went wrong. The connection should be made anew.
    pub error: Option<ReplicaError>,
}

impl Replica {
    /// A replica that has not asked Redis yet.
    #[must_use]
    pub fn new(settings: &Settings, id: ReplicaId, now: Instant) -> Self {
        let Settings { prefix, lease_time, history, max_entries } = settings;
        let lease = Lease::new(prefix, id, *lease_time);
        Self {
            candidacy: Candidacy::new(*lease_time, now),
            pace: Pace::new(lease.third(), now),
            reader: EvidenceReader::new(prefix, *max_entries, *history, lease.third() / 2),
            writer: EvidenceWriter::new(prefix, *max_entries),
            lease,
            is_well: false,
        }
    }

    /// Who this is.
    #[must_use]
    pub fn id(&self) -> &ReplicaId {
        self.lease.replica()
    }

    /// Whether this replica leads now.
    #[must_use]
    pub fn leadership(&self, now: Instant) -> Leadership {
        self.candidacy.leadership(now)
    }

    /// When Redis is asked for the lead again. Before, no connection needs to be tried either.
    #[must_use]
    pub fn next_attempt(&self) -> Instant {
        self.pace.next()
    }

    /// Asks for the lead if it is time to, and reads what was found. `now` and `time` are when it is called, by both clocks.
    ///
    /// It takes a lease time at most, and is not to be dropped before it is done: what it had read would be lost.
    pub async fn tick<C>(&mut self, conn: &mut C, now: Instant, time: Timestamp) -> Ticked
    where
        C: ConnectionLike + Send,
    {
        let began = Instant::now();
        let mut error = self.campaign(conn, now).await.err();
        let mut read = Batch { has_more: self.is_well, ..Batch::default() };
        for _ in 0..BATCHES_PER_TICK {
            // A slow server must not keep a leader from renewing.
            if !read.has_more || self.pace.is_due(now + began.elapsed()) {
                break;
            }
            match self.reader.read(conn, time).await {
                Ok(batch) => read.append(batch),
                Err(failure) => {
                    self.is_well = false;
                    read.has_more = false;
                    error.get_or_insert(failure);
                }
            }
        }
        let Batch { evidence, garbage, has_more } = read;
        Ticked { leadership: self.leadership(now), evidence, garbage, has_more, error }
    }

    /// Notes that no connection could be made.
    pub fn no_connection(&mut self, now: Instant) -> Leadership {
        self.is_well = false;
        self.pace.try_later(now);
        self.candidacy.note(now, Attempt::Failed);
        self.leadership(now)
    }

    /// Tells the other replicas what was found. Only a leader can: what others find stays with them.
    ///
    /// # Errors
    /// When Redis doesn't answer in time, or with an error. The same findings may be told again: nobody reads them twice.
    pub async fn publish<C>(
        &mut self,
        conn: &mut C,
        now: Instant,
        findings: &[Finding],
    ) -> Result<Published, ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        let Some(fence) = self.candidacy.fence(now) else { return Ok(Published::Refused) };
        let published = self.writer.append(conn, &self.lease, fence, findings).await?;
        if published == Published::Refused {
            self.candidacy.note(now, Attempt::Lost);
        }
        Ok(published)
    }

    /// Gives the lead back, if this replica has it, so that another one takes over at its next attempt and not when the lease ends.
    ///
    /// # Errors
    /// When Redis doesn't answer in time, or with an error: then the lease ends by itself.
    pub async fn release<C>(self, conn: &mut C, now: Instant) -> Result<(), ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        match self.candidacy.fence(now) {
            Some(fence) => self.lease.release(conn, fence).await,
            None => Ok(()),
        }
    }

    /// Asks for the lead, or to keep it, if it is time to.
    async fn campaign<C>(&mut self, conn: &mut C, now: Instant) -> Result<(), ReplicaError>
    where
        C: ConnectionLike + Send,
    {
        if !self.pace.is_due(now) {
            return Ok(());
        }
        let answer = match self.candidacy.fence(now) {
            Some(fence) => self.lease.renew(conn, fence).await,
            None => self.lease.try_acquire(conn).await,
        };
        self.is_well = answer.is_ok();
        self.candidacy.note(now, *answer.as_ref().unwrap_or(&Attempt::Failed));
        match self.candidacy.fence(now) {
            Some(_) => self.pace.renew_later(now),
            None => self.pace.try_later(now),
        }
        answer.map(drop)
    }
}
