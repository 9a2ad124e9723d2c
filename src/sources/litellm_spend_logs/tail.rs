//! One reading after another: what is read when, and what is done when it can't be.
//!
//! ```text
//!        horizon                 floor                      cursor            now
//! ──────────┼───── sweep ──────────┼────── look-back ──────────┼─── hot zone ───┼──▶ beginnings of requests
//!           │ a slice a minute:    │ each minute: minutes with │ each time: ids,│
//!           │ as the look-back     │ another number of rows    │ rows unseen    │
//! ```
//!
//! While the cursor is far behind, whole pages are read on from it, each row once. It never comes closer to now than the hot
//! zone, by the database's clock, and what it has passed is gone over by number of rows only. [`Memory`] says what is where.

mod at_table;
mod counting;
mod due;
mod passes;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Mutex;
use tokio::time::sleep;

use at_table::AtTable;

use super::Setup;
use super::error::{ReadError, Remedy};
use super::memory::Memory;
use super::pace::Pace;
use super::page_size::PageSize;
use super::reader::Reader;
use crate::dependencies::database::Cancel;
use crate::event::Timestamp;
use crate::handover::{Claimed, Lead, Lost};
use crate::own::Round;
use crate::redact::redact_message;
use crate::sink::Recognition;
use crate::state::{Reading, ReadingProgress, Source};
use crate::supervise::Rounds;

const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Other replicas hear of this one at least so often while it waits.
const LONGEST_SILENCE: Duration = Duration::from_secs(5);
/// The source.
pub(super) const SOURCE: Source = Source::LitellmSpendLogs;

pub(super) use due::count_while_waiting;
#[cfg(test)]
pub(super) use passes::{Desk, new_of};
pub(super) use passes::{Standing, follow, go_over};

/// What a tail works with.
pub(super) struct Tools<'a> {
    pub(super) setup: &'a Setup,
    /// When it was first to be read.
    pub(super) since: Instant,
    pub(super) lead: &'a mut Lead,
    pub(super) memory: &'a mut Memory,
    /// Held while rows are claimed and counted, which is not to be broken off.
    pub(super) booking: &'a Mutex<()>,
}

/// Reads for as long as this replica leads.
pub(super) struct Tail<'a> {
    setup: &'a Setup,
    /// When it was first to be read.
    since: Instant,
    lead: &'a mut Lead,
    memory: &'a mut Memory,
    booking: &'a Mutex<()>,
    /// What it found claimed, until the others are told where it begins.
    opening: Option<Claimed>,
    rounds: Rounds,
    pace: Pace,
    page_size: PageSize,
    reader: Option<Reader>,
    /// When the table is looked at again: a LiteLLM that was upgraded has added columns.
    reopen_at: Instant,
    /// Gives up what the latest reader has asked.
    cancel: Option<Cancel>,
    reading: Reading,
    /// When the look-back is counted again.
    recount_at: Instant,
    pause: Duration,
    /// When and at how many rows it was last told how far catching up is.
    told: (Instant, u64),
    /// Rows counted since this began.
    counted: u64,
}

impl<'a> Tail<'a> {
    /// Of a replica that has taken over, and found these rows claimed.
    pub(super) fn new(tools: Tools<'a>, claimed: Claimed, rounds: Rounds) -> Self {
        let Tools { setup, since, lead, memory, booking } = tools;
        // Whoever takes over from one that told nothing begins then.
        let since = if memory.begins_now() { Instant::now() } else { since };
        let now = Instant::now();
        let as_of = memory.progress.polled_at().unwrap_or_else(clock);
        let alone_since = Some(memory.progress.alone_since());
        let before = setup.state.reading(SOURCE).filter(|reading| reading.progress != ReadingProgress::Standby);
        let reading = Reading { as_of, alone_since, ..before.unwrap_or_else(|| Reading::starting(as_of)) };
        Self {
            setup,
            since,
            lead,
            memory,
            booking,
            opening: Some(claimed),
            rounds,
            pace: Pace::of(&setup.config),
            page_size: PageSize::default(),
            reader: None,
            reopen_at: now,
            cancel: None,
            reading,
            recount_at: now,
            pause: SHORTEST_PAUSE,
            told: (now, 0),
            counted: 0,
        }
    }

    /// Reads until the lead is lost. May be dropped while nobody books.
    pub(super) async fn run(&mut self) {
        self.publish();
        while self.read_once().await.is_ok() {}
    }

    /// # Errors
    /// When the lead is lost.
    async fn read_once(&mut self) -> Result<(), Lost> {
        let began = Instant::now();
        let result = self.round().await;
        let pause = match result {
            Err(ReadError::Lost(lost)) => return Err(lost),
            Ok(()) => {
                self.rounds.note(Round::Succeeded, began);
                self.pause = SHORTEST_PAUSE;
                self.pace.poll.saturating_sub(began.elapsed())
            }
            Err(error) => {
                self.rounds.note(Round::Failed, began);
                self.fail(&error)
            }
        };
        self.rest(pause).await
    }

    /// Waits, and says now and then that it is still there: that it has nothing to tell is no reason to be silent.
    async fn rest(&mut self, pause: Duration) -> Result<(), Lost> {
        let until = Instant::now() + pause;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            sleep(left.min(LONGEST_SILENCE)).await;
            if left <= LONGEST_SILENCE {
                return Ok(());
            }
            self.tell().await?;
        }
    }

    /// Has the database give up what was under way when reading was stopped.
    pub(super) async fn give_up(self) {
        if let Some(cancel) = self.cancel {
            cancel.cancel().await;
        }
    }

    /// Reads everything that is due.
    async fn round(&mut self) -> Result<(), ReadError> {
        if self.memory.progress.cursor().is_some() {
            self.open_lead().await?;
        }
        // Taken out while it is asked: one that is not put back is closed.
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => self.open().await?,
        };
        let result = self.read(&reader).await;
        let is_broken = result.as_ref().is_err_and(|error| error.remedy() == Remedy::Reconnect);
        if !is_broken && Instant::now() < self.reopen_at {
            self.reader = Some(reader);
        }
        result
    }

    async fn read(&mut self, reader: &Reader) -> Result<(), ReadError> {
        let polled_at = clock();
        let now = reader.now().await?;
        if self.memory.progress.cursor().is_none() {
            // Now is when it was first to be read, however long the database was away since.
            let asked_at = now.minus(self.since.elapsed());
            self.memory.begin(self.setup.config.start, asked_at, &self.pace);
            self.open_lead().await?;
        }
        due::count_due(self.setup, self.memory, reader).await?;
        let now = follow(&mut AtTable { tail: self, reader }, now).await?;
        self.note_up_to_date(polled_at);
        if Instant::now() >= self.recount_at {
            self.recount_at = Instant::now() + self.pace.recount;
            self.reading.workers = reader.workers().await?;
            go_over(&mut AtTable { tail: self, reader }, now).await?;
        }
        self.memory.forget(now, &self.pace);
        Ok(self.tell().await?)
    }

    async fn open(&mut self) -> Result<Reader, ReadError> {
        let reader = Reader::open(&self.setup.connector).await?;
        let schema = reader.schema();
        // Who knows no calls still knows answers.
        let how = if schema.has("litellm_call_id") { Recognition::ByCall } else { Recognition::ById };
        self.setup.sink.recognise(how);
        if self.cancel.is_none() || *self.reading.missing_columns != *schema.missing {
            self.reading.missing_columns = schema.missing.clone().into();
            let missing = if schema.missing.is_empty() { "none".to_owned() } else { schema.missing.join(", ") };
            tracing::info!(missing_columns = missing, "reading LiteLLM's spend log");
        }
        self.cancel = Some(reader.cancel());
        self.reopen_at = Instant::now() + self.pace.recount * self.pace.slices;
        Ok(reader)
    }

    /// Says what is wrong, once while it stays the same, and returns how long to wait.
    fn fail(&mut self, error: &ReadError) -> Duration {
        let remedy = error.remedy();
        let words: Arc<str> = redact_message(&error.to_string()).into();
        if self.reading.error() != Some(&words) {
            tracing::warn!(error = %words, "the spend log can't be read; trying again");
        }
        self.reading.progress = ReadingProgress::Down { error: words };
        self.publish();
        if remedy == Remedy::AskForLess {
            self.page_size.shrink();
        }
        let pause = self.pause.min(if remedy == Remedy::Reconnect { LONGEST_PAUSE } else { SHORTEST_PAUSE });
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        pause
    }

    fn note_up_to_date(&mut self, polled_at: Timestamp) {
        match self.reading.progress {
            ReadingProgress::Down { .. } => tracing::info!("the spend log is read again"),
            ReadingProgress::CatchingUp => tracing::info!(rows = self.counted, "all of the spend log is counted"),
            ReadingProgress::Starting | ReadingProgress::UpToDate | ReadingProgress::Standby => {}
        }
        self.reading.progress = ReadingProgress::UpToDate;
        (self.reading.as_of, self.reading.last_poll_at) = (polled_at, Some(clock()));
        self.publish();
    }

    fn publish(&self) {
        self.setup.state.note_reading(SOURCE, self.reading.clone());
    }
}

/// Our own clock, for what is shown.
pub(super) fn clock() -> Timestamp {
    SystemTime::now().into()
}
