//! The comparison with the gateway's books, again and again.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, timeout};

use super::BackgroundError;
use super::spend_logs::Started;
use crate::config::Config;
use crate::event::Timestamp;
use crate::ledger::{Auditor, Books, RowsRead};
use crate::own::Round;
use crate::redact::redact_message;
use crate::sources::litellm_spend_logs::HasCounted;
use crate::state::{Source, State};
use crate::supervise::{Rounds, Supervisor};

/// Before it is known whether another replica reads nothing can be compared; so long that is waited for.
const WAIT_FOR_TURN: Duration = Duration::from_mins(1);

/// Starts comparing, where there is a database and it is wanted.
pub(super) fn start(
    supervisor: &mut Supervisor,
    config: &Config,
    state: &Arc<State>,
    reading: Started,
) -> Result<(), BackgroundError> {
    let Some(books) = Books::new(&config.database).map_err(BackgroundError::Database)? else { return Ok(()) };
    if !config.ledger.enabled {
        return Ok(());
    }
    let Started { has_ended: _, has_turn, has_counted } = reading;
    let (state, rows_read) = (Arc::clone(state), rows_read(state, has_counted));
    let (interval, most_models) = (config.ledger.interval, config.limits.models);
    supervisor.start("ledger", move |rounds| {
        let auditor = Auditor::new(books.clone(), Arc::clone(&state), rows_read.clone(), most_models);
        run(auditor, interval, has_turn.clone(), rounds)
    });
    Ok(())
}

async fn run(mut auditor: Auditor, interval: Duration, has_turn: Option<watch::Receiver<bool>>, rounds: Rounds) {
    if let Some(mut has_turn) = has_turn {
        _ = timeout(WAIT_FOR_TURN, has_turn.wait_for(|has_turn| *has_turn)).await;
    }
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

/// While the spend log is read only in part, what was counted is behind the books for no other reason; and of what several replicas
/// counted, none has the whole: only hours are compared in which this one read from the beginning to the end.
fn rows_read(state: &Arc<State>, has_counted: Option<HasCounted>) -> RowsRead {
    let now = || Timestamp::from(SystemTime::now());
    let of_since = Arc::clone(state);
    let counted_since = move || match of_since.reading(Source::LitellmSpendLogs) {
        Some(reading) => reading.alone_since.unwrap_or_else(now),
        None => Timestamp::default(),
    };
    let of_until = Arc::clone(state);
    let counted_until = move || of_until.reading(Source::LitellmSpendLogs).map_or_else(now, |reading| reading.as_of);
    RowsRead { has_counted, counted_since: Some(Arc::new(counted_since)), counted_until: Some(Arc::new(counted_until)) }
}
