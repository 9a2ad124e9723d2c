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

mod counting;
mod passes;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::time::sleep;

use super::Setup;
use super::error::{ReadError, Remedy};
use super::memory::Memory;
use super::pace::Pace;
use super::page_size::PageSize;
use super::progress::earlier;
use super::reader::Reader;
use crate::dependencies::database::Cancel;
use crate::event::Timestamp;
use crate::own::Round;
use crate::redact::redact_message;
use crate::sink::Recognition;
use crate::state::{Reading, ReadingProgress, Source};
use crate::supervise::Rounds;

const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The source.
const SOURCE: Source = Source::LitellmSpendLogs;

/// Reads for as long as it is let.
pub(super) struct Tail<'a> {
    setup: &'a Setup,
    /// When it was first to be read.
    since: Instant,
    memory: &'a mut Memory,
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
    pub(super) fn new(setup: &'a Setup, since: Instant, memory: &'a mut Memory, rounds: Rounds) -> Self {
        let now = Instant::now();
        let as_of = memory.progress.polled_at().unwrap_or_else(clock);
        Self {
            setup,
            since,
            memory,
            rounds,
            pace: Pace::of(&setup.config),
            page_size: PageSize::default(),
            reader: None,
            reopen_at: now,
            cancel: None,
            reading: Reading::starting(as_of),
            recount_at: now,
            pause: SHORTEST_PAUSE,
            told: (now, 0),
            counted: 0,
        }
    }

    /// Reads for ever.
    pub(super) async fn run(&mut self) {
        self.publish();
        loop {
            let began = Instant::now();
            let result = self.round().await;
            self.rounds.note(if result.is_ok() { Round::Succeeded } else { Round::Failed }, began);
            let pause = match result {
                Ok(()) => {
                    self.pause = SHORTEST_PAUSE;
                    self.pace.poll.saturating_sub(began.elapsed())
                }
                Err(error) => self.fail(&error),
            };
            sleep(pause).await;
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
            let asked_at = earlier(now, self.since.elapsed());
            self.memory.begin(self.setup.config.start, asked_at, &self.pace);
        }
        let now = self.catch_up(reader, now).await?;
        self.read_hot_zone(reader, now).await?;
        self.memory.progress.note_poll(now, self.pace.longest_pause, self.pace.lookback);
        self.note_up_to_date(polled_at);
        if Instant::now() >= self.recount_at {
            self.recount_at = Instant::now() + self.pace.recount;
            self.reading.workers = reader.workers().await?;
            self.look_back(reader, now).await?;
            self.sweep(reader, now).await?;
        }
        self.memory.forget(now, &self.pace);
        self.note_progress();
        Ok(())
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
            ReadingProgress::Starting | ReadingProgress::UpToDate => {}
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
fn clock() -> Timestamp {
    SystemTime::now().into()
}
