//! This replica among those that may read the spend log: it waits for the lock, takes over, and holds.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::time::sleep;

use super::claims::Claims;
use super::holding::{Admission, Holding, Lost, Pace, With};
use super::lock::{Candidate, Lock, Tried};
use super::memory::Memory;
use super::share::{Share, Taken};
use super::start::{Known, Start, decide};
use super::turn::{Claimed, Takeover, Turn};
use crate::dependencies::database::Connector;
use crate::event::RowMark;
use crate::own::{Handover, StartKind};

/// How often a standby tries the lock.
const TRY_EVERY: Duration = Duration::from_secs(1);
/// How often where an earlier process of the same replica was killed, whose session ends as soon as the server notices.
const TRY_ITSELF_EVERY: Duration = Duration::from_millis(100);
/// How long a share that is away is left alone by a standby.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// This replica among those that may read the spend log.
///
/// Its loop calls [`next`](Self::next) until it leads. It keeps and [publishes](Self::publish) from where it begins; then, for each batch
/// of rows, it calls [`admit`](Self::admit) before they are counted, and [`publish`](Self::publish) after they are counted and kept; and
/// [`next`](Self::next) again when one of these says that the lead is lost.
#[derive(Debug)]
pub struct Lead {
    candidate: Candidate,
    share: Share,
    memory: Memory,
    facts: Arc<Handover>,
    pace: Pace,
    holding: Option<Holding>,
    /// When another replica was last seen to hold the lock, by this one as it waited.
    held_elsewhere: Option<Instant>,
    /// When a standby looks for rows that it claimed and did not count; `None` once it has.
    look_at: Option<Instant>,
    /// What came of asking for the lock the last time, where that was to wait.
    waits_for: Option<WaitsFor>,
}

/// Why a replica does not lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WaitsFor {
    /// An earlier process of this one has not quite ended.
    Itself,
    /// Another replica does.
    Other,
    /// Nobody knows who does.
    Database,
}

/// What a lead is made of.
#[derive(Debug)]
pub struct Parts {
    /// Where the spend log is.
    pub database: Connector,
    /// The schema that has it.
    pub schema: String,
    /// Where it is shared what was read.
    pub share: Share,
    /// What this replica remembers.
    pub memory: Memory,
    /// Where it is told how it goes.
    pub facts: Arc<Handover>,
    /// So long a share may be away before counting goes on without it: at least thrice as long as it takes from one call of
    /// [`Lead::publish`] to the next.
    pub grace: Duration,
}

impl Lead {
    /// A replica that has not asked for the lock yet.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { database, schema, share, memory, facts, grace } = parts;
        facts.note_candidate();
        Self {
            candidate: Candidate::new(database, &schema, memory.replica()),
            share,
            memory,
            facts,
            pace: Pace { grace },
            holding: None,
            held_elsewhere: None,
            look_at: Some(Instant::now()),
            waits_for: None,
        }
    }

    /// Gives up the lead if it has it, and waits for the next turn. `own_epoch` is the [epoch](Self::epoch) in which this replica noted
    /// its own progress; `None` where there is none. It may be dropped meanwhile.
    pub async fn next(&mut self, own_epoch: Option<u64>) -> Turn {
        if self.holding.is_some() {
            self.release().await;
            self.look_at = Some(Instant::now());
        }
        loop {
            if let Some(turn) = self.try_next(own_epoch).await {
                return turn;
            }
            let is_ending = self.waits_for == Some(WaitsFor::Itself);
            sleep(if is_ending { TRY_ITSELF_EVERY } else { TRY_EVERY }).await;
        }
    }

    async fn try_next(&mut self, own_epoch: Option<u64>) -> Option<Turn> {
        match self.candidate.try_acquire().await {
            Ok(Tried::Acquired(lock)) => {
                self.waits_for = None;
                self.take_over(lock, own_epoch).await.map(Turn::Lead)
            }
            Ok(Tried::TakenBySelf) => {
                self.waits_for(WaitsFor::Itself);
                None
            }
            Ok(Tried::Taken) => {
                self.note_held_elsewhere();
                let is_news = self.waits_for(WaitsFor::Other);
                let claimed = self.look().await;
                (is_news || claimed.is_some()).then(|| Turn::Standby { claimed: claimed.unwrap_or_default() })
            }
            Err(error) => self.waits_for(WaitsFor::Database).then(|| {
                tracing::warn!(%error, "it can't be known who reads the spend log");
                Turn::Unknown { error }
            }),
        }
    }

    /// Returns whether that is news.
    fn waits_for(&mut self, waits_for: WaitsFor) -> bool {
        self.waits_for.replace(waits_for) != Some(waits_for)
    }

    /// The epoch of this lead, to be kept with the progress that is noted in it; `None` while it does not lead. It may change when
    /// the share comes back.
    #[must_use]
    pub fn epoch(&self) -> Option<u64> {
        self.holding.as_ref().map(|holding| holding.epoch)
    }

    /// Claims rows that are about to be counted. It may wait for the share as long as the grace lasts.
    ///
    /// # Errors
    /// When this replica does not lead any more. Whether they are claimed is unknown then: [`next`](Self::next) will tell.
    pub async fn admit(&mut self, marks: &[RowMark]) -> Result<Admission, Lost> {
        let Self { holding, share, memory, facts, .. } = self;
        let Some(holding) = holding else { return Err(Lost::NoLead) };
        let mut with = With { share, replica: memory.replica(), facts };
        let admitted = holding.admit(&mut with, marks).await;
        self.note_lost(admitted)
    }

    /// Tells how far this replica has read, counted and kept that; rows of minutes before `rows_from` are not read again. To be called
    /// after each batch, and after each look that found none, as whoever waits takes silence for a bad sign.
    ///
    /// # Errors
    /// When this replica does not lead any more. That the share is away is none: it is told later.
    pub async fn publish(&mut self, progress: &str, rows_from: i64) -> Result<(), Lost> {
        let Self { holding, share, memory, facts, .. } = self;
        let Some(holding) = holding else { return Err(Lost::NoLead) };
        let mut with = With { share, replica: memory.replica(), facts };
        let published = holding.publish(&mut with, progress, rows_from).await;
        // From now on its own progress is the newest: not before, as it may have ended without noting any.
        if published.is_ok() {
            memory.note_others_read(false);
        }
        self.note_lost(published)
    }

    /// Returns when the lead is lost; at once where there is none. May be dropped.
    pub fn lost(&self) -> impl Future<Output = ()> + Send + use<> {
        let lost = self.holding.as_ref().map(|holding| holding.lock.lost());
        async move {
            if let Some(lost) = lost {
                lost.await;
            }
        }
    }

    /// Whether anything is shared with other replicas.
    #[must_use]
    pub const fn is_sharing(&self) -> bool {
        self.share.kind().is_some()
    }

    /// Gives the lead back, if this replica has it, so that another one takes over at its next attempt.
    pub async fn release(&mut self) {
        if let Some(holding) = self.holding.take() {
            holding.lock.release().await;
        }
    }

    /// `None` where the lock was lost meanwhile.
    async fn take_over(&mut self, lock: Lock, own_epoch: Option<u64>) -> Option<Takeover> {
        self.facts.note_held(lock.until());
        let taken = self.take(&lock).await;
        if !lock.is_held() {
            tracing::warn!("the lock of the spend log was lost again at once");
            return None;
        }
        let known = Known {
            taken: taken.as_ref(),
            own_epoch,
            others_read: self.memory.others_read(),
            held_elsewhere: self.held_elsewhere.map(|at| at.elapsed()),
            silence: self.pace.silence(),
        };
        let start = decide(&known);
        self.note_takeover(&start);
        let (epoch, previous) = taken.as_ref().map(|taken| (taken.epoch, taken.previous)).unzip();
        let chunks = taken.map(|taken| taken.chunks).unwrap_or_default();
        let claimed = Claimed::in_chunks(&chunks, self.memory.replica());
        let mut claims = Claims::found(chunks);
        if let Some(previous) = previous.flatten() {
            claims.keep_last(previous, RowMark::minute_of(SystemTime::now().into()));
        }
        self.holding = Some(Holding::new(lock, epoch, claims, self.pace));
        Some(Takeover { start, claimed })
    }

    /// What the share says. It is waited for: without it rows would be missing, and waiting costs nothing but time.
    async fn take(&mut self, lock: &Lock) -> Option<Taken> {
        let began = Instant::now();
        loop {
            let taken = self.share.take().await;
            let is_news = self.with().note_share(taken.is_ok());
            match taken {
                Ok(taken) => return taken,
                Err(error) if began.elapsed() >= self.pace.grace || !lock.is_held() => {
                    tracing::warn!(%error, "what was read of the spend log before can't be known");
                    return None;
                }
                Err(error) if is_news => {
                    tracing::warn!(%error, "what was read of the spend log before can't be known yet")
                }
                Err(_) => {}
            }
            sleep(TRY_EVERY).await;
        }
    }

    /// What a standby claimed when it was none; `None` where there is nothing, or it has been told.
    async fn look(&mut self) -> Option<Claimed> {
        self.look_at.filter(|look_at| *look_at <= Instant::now())?;
        // A share that is away must not keep it from trying the lock.
        self.look_at = Some(Instant::now() + LOOK_AGAIN_AFTER);
        let looked = self.share.look().await;
        self.with().note_share(looked.is_ok());
        let claimed = Claimed::in_chunks(&looked.ok()?, self.memory.replica());
        self.look_at = None;
        (!claimed.own.is_empty()).then_some(claimed)
    }

    fn with(&mut self) -> With<'_> {
        With { share: &mut self.share, replica: self.memory.replica(), facts: &self.facts }
    }

    fn note_held_elsewhere(&mut self) {
        if self.held_elsewhere.replace(Instant::now()).is_none() {
            tracing::info!("another replica reads the spend log; this one stands by");
        }
        self.memory.note_others_read(true);
    }

    fn note_takeover(&mut self, start: &Start) {
        self.held_elsewhere = None;
        let replica = self.memory.replica().as_str();
        let kind = match start {
            Start::Own => StartKind::Own,
            Start::Shared(_) => StartKind::Shared,
            Start::Now => StartKind::Now,
        };
        self.facts.note_takeover(kind);
        match kind {
            StartKind::Now => tracing::warn!(
                replica,
                "this replica reads the spend log from now on: what another one counted before can't be known, so that rows of the \
                 hand-over may be missing, which the ledger shows as drift"
            ),
            _ => tracing::info!(replica, start = kind.as_str(), "this replica reads the spend log"),
        }
    }

    fn note_lost<T>(&self, result: Result<T, Lost>) -> Result<T, Lost> {
        if let Err(lost) = &result {
            tracing::warn!(%lost, "this replica does not read the spend log any more");
        }
        result
    }
}
