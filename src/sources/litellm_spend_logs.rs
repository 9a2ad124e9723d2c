//! LiteLLM's spend log, the table `"LiteLLM_SpendLogs"` of its database, read again and again.
//!
//! Rows appear late and out of order against the beginnings of their requests, by which alone they are ordered: after a long
//! stream by minutes, after an outage of the database by hours. So what was read last is no place to go on from. Instead the ids
//! of all rows of the latest time are remembered (`seen`), and that time is gone over again: what began just now whenever it is
//! asked, the look-back whenever the number of a minute's rows has changed, the rest slowly. `tail` has the picture.
//!
//! Of several replicas one reads: the [hand-over](crate::handover) says which, and what the others counted. `SpendLogs` waits for
//! its turn; `tail` claims rows before it counts them.
//!
//! A row is turned into what LiteLLM would have pushed and goes the same way from there, so that LiteLLM's peculiarities are
//! dealt with in one place; what was pushed as well counts once, to which the [sink](crate::sink) sees.

mod error;
mod field;
mod memory;
mod micros;
mod pace;
mod page_size;
mod place;
mod progress;
mod reader;
mod row;
mod schema;
mod seen;
mod sql;
mod tail;
#[cfg(test)]
mod tests;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Mutex, watch};

use crate::config;
use crate::dependencies::database::Connector;
use crate::event::RowMark;
use crate::handover::{Lead, Takeover, Turn};
use crate::keeping::Restored;
use crate::redact::redact_message;
use crate::sink::Sink;
use crate::state::{Reading, ReadingProgress, State};
use crate::supervise::Rounds;

pub(crate) use field::TABLE;
use memory::Memory;
use tail::{SOURCE, Tail, Tools, clock, count_while_waiting};

/// Waits until what was counted so far outlives a restart.
pub type Settle = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Says whether a row was counted.
pub type HasCounted = Arc<dyn Fn(RowMark) -> bool + Send + Sync>;

/// Reads the spend log and counts its rows.
pub struct SpendLogs {
    setup: Setup,
    since: Instant,
    lead: Mutex<Lead>,
    /// Kept when reading stops, or breaks and is started again.
    memory: Mutex<Memory>,
    has_counted: HasCounted,
    /// Whether it is known by now who reads, or that this can't be.
    has_turn: watch::Sender<bool>,
}

/// What reading needs.
pub struct Setup {
    /// Connects to the database.
    pub connector: Connector,
    /// How it is read.
    pub config: config::SpendLogs,
    /// Where rows are counted.
    pub sink: Arc<Sink>,
    /// Where it is told how reading goes.
    pub state: Arc<State>,
    /// What is waited for after each batch.
    pub settle: Settle,
}

impl fmt::Debug for SpendLogs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SpendLogs").field("config", &self.setup.config).finish_non_exhaustive()
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Setup").field("config", &self.config).finish_non_exhaustive()
    }
}

impl SpendLogs {
    /// Reads nothing yet; goes on from what is `restored`, when `lead` says that it is its turn.
    #[must_use]
    pub fn new(setup: Setup, lead: Lead, restored: Restored) -> Self {
        let memory = Memory::new(restored);
        let seen = Arc::clone(&memory.seen);
        let has_counted: HasCounted = Arc::new(move |mark| seen.lock().may_contain(mark));
        let has_turn = watch::channel(false).0;
        let since = Instant::now();
        Self { setup, since, lead: Mutex::new(lead), memory: Mutex::new(memory), has_counted, has_turn }
    }

    /// Says of a row whether it was counted, here or by another replica that told of it; of what is forgotten, that it was.
    #[must_use]
    pub fn has_counted(&self) -> HasCounted {
        Arc::clone(&self.has_counted)
    }

    /// Where it is told that it is known who reads, or that this can't be known.
    #[must_use]
    pub fn has_turn(&self) -> watch::Receiver<bool> {
        self.has_turn.subscribe()
    }

    /// Reads whenever no other replica does, until `stopping` says so, and gives the lead back.
    pub async fn run(&self, mut stopping: watch::Receiver<bool>, rounds: Rounds) {
        let (mut lead, mut memory) = (self.lead.lock().await, self.memory.lock().await);
        self.note_start(&memory);
        loop {
            let epoch = memory.progress.epoch;
            let turn = tokio::select! {
                turn = lead.next(epoch) => turn,
                () = count_while_waiting(&self.setup, &mut memory) => continue,
                _ = stopping.wait_for(|is_stopping| *is_stopping) => break,
            };
            match turn {
                Turn::Lead(takeover) => {
                    self.read(&mut lead, &mut memory, takeover, rounds.clone(), &mut stopping).await;
                }
                Turn::Standby { claimed } => {
                    memory.note_due(&claimed);
                    self.note(ReadingProgress::Standby);
                }
                Turn::Unknown { error } => {
                    self.note(ReadingProgress::Down { error: redact_message(&error.to_string()).into() });
                }
            }
            self.has_turn.send_replace(true);
        }
        lead.release().await;
    }

    /// Reads until the lead is lost, or it is to stop. What is under way by then is given up, but not where it is in the midst of
    /// counting what it claimed.
    async fn read(
        &self,
        lead: &mut Lead,
        memory: &mut Memory,
        takeover: Takeover,
        rounds: Rounds,
        stopping: &mut watch::Receiver<bool>,
    ) {
        let Takeover { start, claimed } = takeover;
        let seen_elsewhere = memory.take_over(start, &claimed, clock());
        self.setup.state.note_rows_seen(&seen_elsewhere);
        let (booking, lost) = (Mutex::new(()), lead.lost());
        let tools = Tools { setup: &self.setup, since: self.since, lead, memory, booking: &booking };
        let mut tail = Tail::new(tools, claimed, rounds);
        self.has_turn.send_replace(true);
        let end = async {
            tokio::select! {
                () = lost => {}
                _ = stopping.wait_for(|is_stopping| *is_stopping) => {}
            }
            // While this is held nothing is claimed.
            booking.lock().await
        };
        tokio::select! {
            () = tail.run() => {}
            _unbooked = end => {}
        }
        tail.give_up().await;
    }

    fn note_start(&self, memory: &Memory) {
        if self.setup.state.reading(SOURCE).is_none() {
            let as_of = memory.progress.polled_at().unwrap_or_else(clock);
            self.setup.state.note_reading(SOURCE, Reading::starting(as_of));
        }
    }

    fn note(&self, progress: ReadingProgress) {
        let before = self.setup.state.reading(SOURCE).unwrap_or_else(|| Reading::starting(clock()));
        self.setup.state.note_reading(SOURCE, Reading { progress, alone_since: None, ..before });
    }
}
