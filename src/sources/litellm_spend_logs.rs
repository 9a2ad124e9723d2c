//! LiteLLM's spend log, the table `"LiteLLM_SpendLogs"` of its database, read again and again.
//!
//! Rows appear late and out of order against the beginnings of their requests, by which alone they are ordered: after a long
//! stream by minutes, after an outage of the database by hours. So what was read last is no place to go on from. Instead the ids
//! of all rows of the latest time are remembered (`seen`), and that time is gone over again: what began just now whenever it is
//! asked, the look-back whenever the number of a minute's rows has changed, the rest slowly. `tail` has the picture.
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
use crate::keeping::Restored;
use crate::sink::Sink;
use crate::state::State;
use crate::supervise::Rounds;

use memory::Memory;
use tail::Tail;

/// Waits until what was counted so far outlives a restart.
pub type Settle = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Reads the spend log and counts its rows.
pub struct SpendLogs {
    setup: Setup,
    since: Instant,
    /// Kept when reading stops, or breaks and is started again.
    memory: Mutex<Memory>,
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
    /// Reads nothing yet; goes on from what is `restored`.
    #[must_use]
    pub fn new(setup: Setup, restored: Restored) -> Self {
        Self { setup, since: Instant::now(), memory: Mutex::new(Memory::new(restored)) }
    }

    /// Reads whenever `active` says so, until nobody can say so any more. What is under way when it no longer does is given up.
    pub async fn run(&self, mut active: watch::Receiver<bool>, rounds: Rounds) {
        while active.wait_for(|is_active| *is_active).await.is_ok() {
            let mut memory = self.memory.lock().await;
            let mut tail = Tail::new(&self.setup, self.since, &mut memory, rounds.clone());
            tokio::select! {
                () = tail.run() => return,
                _ = active.wait_for(|is_active| !*is_active) => {}
            }
            tail.give_up().await;
        }
    }
}
