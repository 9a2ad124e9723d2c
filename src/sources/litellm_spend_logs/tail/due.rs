//! Rows that this replica claimed, and whose counting its end came before. Nobody else counts them, so it does when it is there again,
//! whether it reads then or another one does.

use std::collections::{BTreeMap, HashSet};
use std::future::pending;
use std::time::Duration;

use tokio::time::sleep;

use super::counting::count_one;
use crate::event::RowMark;
use crate::redact::redact_message;
use crate::sources::litellm_spend_logs::Setup;
use crate::sources::litellm_spend_logs::error::ReadError;
use crate::sources::litellm_spend_logs::memory::Memory;
use crate::sources::litellm_spend_logs::place::Place;
use crate::sources::litellm_spend_logs::reader::Reader;

/// Ids that are asked for at once.
const KEYS: usize = 10_000;
/// Rows that are asked for at once.
const ROWS: usize = 500;
/// How long a database that fails is left alone.
const REST: Duration = Duration::from_secs(5);

/// Counts what is due, and then never returns: to be dropped when there is something else to do, at any time.
pub(in crate::sources::litellm_spend_logs) async fn count_while_waiting(setup: &Setup, memory: &mut Memory) {
    while !memory.due().is_empty() {
        let counted = async { count_due(setup, memory, &Reader::open(&setup.connector).await?).await };
        if let Err(error) = counted.await {
            let error = redact_message(&error.to_string());
            tracing::warn!(error, "rows that were claimed can't be read; trying again");
            sleep(REST).await;
        }
    }
    pending().await
}

/// Counts what is due and still in the table.
pub(super) async fn count_due(setup: &Setup, memory: &mut Memory, reader: &Reader) -> Result<(), ReadError> {
    let mut by_minute: BTreeMap<i64, HashSet<RowMark>> = BTreeMap::new();
    memory.due().iter().for_each(|mark| _ = by_minute.entry(mark.minute).or_default().insert(*mark));
    if by_minute.is_empty() {
        return Ok(());
    }
    let (mut claimed, mut counted) = (0, 0);
    for (minute, marks) in by_minute {
        let places = find(reader, minute, &marks).await?;
        for places in places.chunks(ROWS) {
            let rows = reader.rows(places).await?;
            rows.iter().for_each(|row| count_one(setup, memory, row));
            counted += rows.len();
        }
        claimed += marks.len();
    }
    memory.note_none_due();
    tracing::info!(claimed, counted, "what was claimed before the last end and not counted is counted now");
    (setup.settle)().await;
    Ok(())
}

async fn find(reader: &Reader, minute: i64, marks: &HashSet<RowMark>) -> Result<Vec<Place>, ReadError> {
    let (mut found, mut after) = (Vec::new(), Place::before(RowMark::beginning_of(minute)));
    let end = RowMark::beginning_of(minute.saturating_add(1));
    loop {
        let keys = reader.keys(&after, Some(end), KEYS).await?;
        let last = keys.last().filter(|_| keys.len() >= KEYS).cloned();
        found.extend(keys.into_iter().filter(|key| marks.contains(&RowMark::new(key.at(), key.id()))));
        match last {
            Some(last) => after = last,
            None => return Ok(found),
        }
    }
}
