//! The comparison with the gateway's books, again and again.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::time::MissedTickBehavior;

use super::BackgroundError;
use crate::config::Config;
use crate::ledger::{Auditor, Books, RowsRead};
use crate::own::Round;
use crate::redact::redact_message;
use crate::state::{Source, State};
use crate::supervise::{Rounds, Supervisor};

/// Starts comparing, where there is a database and it is wanted.
pub(super) fn start(supervisor: &mut Supervisor, config: &Config, state: &Arc<State>) -> Result<(), BackgroundError> {
    let Some(books) = Books::new(&config.database).map_err(BackgroundError::Database)? else { return Ok(()) };
    if !config.ledger.enabled {
        return Ok(());
    }
    let (state, rows_read) = (Arc::clone(state), rows_read(state));
    let (interval, most_models) = (config.ledger.interval, config.limits.models);
    supervisor.start("ledger", move |rounds| {
        let auditor = Auditor::new(books.clone(), Arc::clone(&state), rows_read.clone(), most_models);
        run(auditor, interval, rounds)
    });
    Ok(())
}

async fn run(mut auditor: Auditor, interval: Duration, rounds: Rounds) {
    let mut clock = tokio::time::interval(interval);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = None;
    loop {
        clock.tick().await;
        let started = Instant::now();
        let error = auditor.round(SystemTime::now().into()).await.err().map(|error| redact_message(&error.to_string()));
        rounds.note(if error.is_none() { Round::Succeeded } else { Round::Failed }, started);
        // Once, and not in every round while it lasts.
        if error != told {
            match &error {
                Some(error) => {
                    tracing::warn!(%error, "what was counted cannot be compared with what the gateway booked")
                }
                None => tracing::info!("what was counted is compared with what the gateway booked"),
            }
            told = error;
        }
    }
}

/// While the spend log is read only in part, what was counted is behind the books for no other reason.
fn rows_read(state: &Arc<State>) -> RowsRead {
    let state = Arc::clone(state);
    let counted_until = move || match state.reading(Source::LitellmSpendLogs) {
        Some(reading) => reading.as_of,
        None => SystemTime::now().into(),
    };
    RowsRead { has_counted: None, counted_until: Some(Arc::new(counted_until)) }
}
