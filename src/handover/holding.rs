//! The holder's side: what it claims and tells while it has the lock, and what it does when the share is away.
//!
//! A claim that can't be made is tried again for [`Pace::grace`]; meanwhile nothing is counted, and nothing is lost by that but time. Then
//! the holder goes on without, remembers what it should have claimed, and tells it when the share is back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::claims::Claims;
use super::lock::{Lock, LockLost};
use super::share::{Share, ShareError, Telling, Told, clock};
use crate::event::RowMark;
use crate::own::{Handover, ShareFacts};
use crate::replicas::ReplicaId;

/// So many chunks are told at once: 2 MB at most.
const PORTION: usize = 16;
/// How long it is waited between two attempts of the same claim.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How long a share that is away is left alone.
const REST: Duration = Duration::from_secs(5);

/// How long a share may be away before a holder goes on without it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) grace: Duration,
}

impl Pace {
    /// Who says nothing for longer than this may soon go on without the share: less than [`grace`](Self::grace) after the last word.
    pub(super) fn silence(self) -> Duration {
        self.grace * 2 / 3
    }
}

/// Whether rows may be counted, and what others know of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// They are claimed: whatever happens from now on, nobody else counts them.
    Claimed,
    /// They may be counted, but whoever takes over will not know.
    Unclaimed,
}

/// This replica may not count any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// The lock is gone.
    #[error(transparent)]
    Lock(#[from] LockLost),
    /// Another one has begun a later epoch.
    #[error("another replica has taken over")]
    Fenced,
    /// It has not led before.
    #[error("this replica does not lead")]
    NoLead,
}

/// The lock, and what was done under it.
#[derive(Debug)]
pub(super) struct Holding {
    pub(super) lock: Lock,
    pub(super) epoch: u64,
    /// Whether the epoch is one that the share gave.
    is_taken: bool,
    claims: Claims,
    progress: Option<String>,
    rows_from: Option<i64>,
    /// Since when the share is away, and when it is asked again.
    away: Option<Away>,
    pace: Pace,
}

#[derive(Debug, Clone, Copy)]
struct Away {
    since: Instant,
    next_try: Instant,
}

impl Holding {
    /// With the epoch that the share gave; without one, the share is away.
    pub(super) fn new(lock: Lock, epoch: Option<u64>, claims: Claims, pace: Pace) -> Self {
        let away = epoch.is_none().then(|| Away::since(Instant::now().checked_sub(pace.grace)));
        let (is_taken, epoch) = (epoch.is_some(), epoch.unwrap_or_else(clock));
        Self { lock, epoch, is_taken, claims, progress: None, rows_from: None, away, pace }
    }

    pub(super) async fn admit(&mut self, with: &mut With<'_>, marks: &[RowMark]) -> Result<Admission, Lost> {
        self.lock.verify().await?;
        if with.share.kind().is_none() {
            return Ok(Admission::Unclaimed);
        }
        self.claims.add(with.replica, self.epoch, marks);
        loop {
            if self.tell(with).await? {
                return Ok(Admission::Claimed);
            }
            if self.has_given_up() {
                // What was waited for may have taken longer than the lock holds.
                self.lock.verify().await?;
                return Ok(Admission::Unclaimed);
            }
            sleep(RETRY_AFTER).await;
            self.lock.verify().await?;
        }
    }

    pub(super) async fn publish(&mut self, with: &mut With<'_>, progress: &str, rows_from: i64) -> Result<(), Lost> {
        if with.share.kind().is_none() {
            return Ok(());
        }
        self.claims.prune(rows_from);
        (self.progress, self.rows_from) = (Some(progress.to_owned()), Some(rows_from));
        self.tell(with).await.map(drop)
    }

    /// Tells all that is still to be told; whether it is.
    async fn tell(&mut self, with: &mut With<'_>) -> Result<bool, Lost> {
        if self.away.is_some_and(|away| self.has_given_up() && Instant::now() < away.next_try) {
            return Ok(false);
        }
        let told = self.try_tell(with).await;
        with.note_share(told.is_ok());
        match told {
            Ok(Told::Fenced) => Err(Lost::Fenced),
            Ok(_) => {
                if let Some(away) = self.away.take() {
                    let seconds = away.since.elapsed().as_secs();
                    tracing::info!(seconds, "what is read of the spend log is shared again");
                }
                Ok(true)
            }
            Err(error) => {
                self.note_away(&error);
                Ok(false)
            }
        }
    }

    async fn try_tell(&mut self, with: &mut With<'_>) -> Result<Told, ShareError> {
        if !self.is_taken
            && let Some(taken) = with.share.take().await?
        {
            (self.epoch, self.is_taken) = (taken.epoch, true);
            self.claims.add_found(taken.chunks);
        }
        // What was forgotten is told again once; a share that forgets that as well is of no use.
        for _ in 0..2 {
            match self.tell_all(with.share).await? {
                Told::Forgotten => self.claims.note_forgotten(),
                told => return Ok(told),
            }
        }
        Err(ShareError::Forgetful)
    }

    async fn tell_all(&mut self, share: &mut Share) -> Result<Told, ShareError> {
        loop {
            let chunks = self.claims.untold(PORTION);
            let count = chunks.len();
            let telling = Telling {
                epoch: self.epoch,
                expected: self.claims.told() + count,
                chunks: &chunks,
                // How far was read goes with the last of the claims that it rests on.
                progress: self.progress.as_deref().filter(|_| count < PORTION),
                rows_from: self.rows_from,
            };
            match share.tell(&telling).await? {
                Told::Kept => self.claims.note_told(count),
                told => return Ok(told),
            }
            if count < PORTION {
                return Ok(Told::Kept);
            }
        }
    }

    fn note_away(&mut self, error: &ShareError) {
        let now = Instant::now();
        let had_given_up = self.has_given_up();
        match &mut self.away {
            None => {
                tracing::warn!(%error, "what is read of the spend log can't be shared; nothing is counted meanwhile");
                self.away = Some(Away::since(Some(now)));
            }
            Some(away) => away.next_try = now + REST,
        }
        if self.has_given_up() && !had_given_up {
            tracing::warn!(%error, "counting goes on without sharing: who takes over now would not know what was counted");
        }
    }

    fn has_given_up(&self) -> bool {
        self.away.is_some_and(|away| away.since.elapsed() >= self.pace.grace)
    }
}

impl Away {
    fn since(since: Option<Instant>) -> Self {
        let now = Instant::now();
        Self { since: since.unwrap_or(now), next_try: now }
    }
}

/// What a holder needs for each word to the share.
pub(super) struct With<'a> {
    pub(super) share: &'a mut Share,
    pub(super) replica: &'a ReplicaId,
    pub(super) facts: &'a Arc<Handover>,
}

impl With<'_> {
    /// Returns whether that is news.
    pub(super) fn note_share(&self, up: bool) -> bool {
        let Some(kind) = self.share.kind() else { return false };
        let facts = ShareFacts { kind, up };
        self.facts.note_share(facts) != Some(facts)
    }
}
