//! The ways over the table: on from the cursor, the hot zone, the look-back and the sweep.
//!
//! They ask and count through a [`Desk`], so that the tests go the same ways over a table that they make up.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::event::{RowMark, Timestamp};
use crate::sources::litellm_spend_logs::memory::Memory;
use crate::sources::litellm_spend_logs::pace::Pace;
use crate::sources::litellm_spend_logs::place::Place;

/// A row, by where it stands.
pub(in crate::sources::litellm_spend_logs) trait Standing {
    /// When its request began.
    fn started_at(&self) -> Timestamp;

    /// Its place in the table's order.
    fn place(&self) -> Place;

    /// By what it is remembered.
    fn mark(&self) -> RowMark;
}

/// The table, and the books in which its rows are counted.
pub(in crate::sources::litellm_spend_logs) trait Desk {
    /// A whole row.
    type Row: Standing;
    /// Why it can't be gone on.
    type Error;

    /// Ids that are asked for at once: they come from the index alone.
    const KEYS: usize;

    /// Whole rows that are asked for at once.
    fn rows_at_once(&self) -> usize;

    /// What is known of the rows so far.
    fn memory(&mut self) -> &mut Memory;

    /// How often what is read.
    fn pace(&self) -> Pace;

    /// What time it is, by the table's clock.
    async fn now(&mut self) -> Result<Timestamp, Self::Error>;

    /// Whole rows after a place and before a moment, in their order, at most so many.
    async fn page(&mut self, after: &Place, before: Timestamp, limit: usize) -> Result<Vec<Self::Row>, Self::Error>;

    /// The places of rows after a place and before a moment, in their order, at most [`KEYS`](Self::KEYS).
    async fn keys(&mut self, after: &Place, before: Option<Timestamp>) -> Result<Vec<Place>, Self::Error>;

    /// The rows at these places that are still there.
    async fn rows(&mut self, places: &[Place]) -> Result<Vec<Self::Row>, Self::Error>;

    /// How many rows there are of each minute between two moments, without the minutes that have none.
    async fn counts(&mut self, from: Timestamp, before: Timestamp) -> Result<BTreeMap<i64, u64>, Self::Error>;

    /// Counts those of the rows that were not counted before, and returns how many.
    async fn count(&mut self, rows: &[Self::Row]) -> Result<u64, Self::Error>;

    /// Makes what was counted, and how far it came, outlive a restart.
    async fn settle(&mut self) -> Result<(), Self::Error>;

    /// A whole page was counted, and there is more.
    fn note_more(&mut self);

    /// So many rows were found late.
    fn note_late(&mut self, rows: u64);
}

/// Those of the rows that were not counted before, each once, and their marks.
pub(in crate::sources::litellm_spend_logs) fn new_of<'r, R: Standing>(
    memory: &Memory,
    rows: &'r [R],
) -> (Vec<&'r R>, Vec<RowMark>) {
    let mut in_batch = std::collections::HashSet::new();
    let marked = rows.iter().map(|row| (row, row.mark()));
    marked.filter(|(row, mark)| memory.is_new(*mark, row.started_at()) && in_batch.insert(*mark)).unzip()
}

/// Counts everything that is new from the cursor on. Returns what time it is by then.
pub(in crate::sources::litellm_spend_logs) async fn follow<D: Desk>(
    desk: &mut D,
    now: Timestamp,
) -> Result<Timestamp, D::Error> {
    let now = catch_up(desk, now).await?;
    read_hot_zone(desk, now).await?;
    let pace = desk.pace();
    desk.memory().progress.note_poll(now, pace.longest_pause, pace.lookback);
    Ok(now)
}

/// Counts what came late: into the minutes that are looked back at, and into a slice of those before.
pub(in crate::sources::litellm_spend_logs) async fn go_over<D: Desk>(
    desk: &mut D,
    now: Timestamp,
) -> Result<(), D::Error> {
    look_back(desk, now).await?;
    sweep(desk, now).await
}

/// Reads whole pages on from the cursor, until the hot zone is near. Returns what time it is by then.
async fn catch_up<D: Desk>(desk: &mut D, mut now: Timestamp) -> Result<Timestamp, D::Error> {
    loop {
        let pace = desk.pace();
        let Some((cursor, hot)) = desk.memory().next_page(now, &pace) else { return Ok(now) };
        let limit = desk.rows_at_once();
        let page = desk.page(&cursor, hot, limit).await?;
        let last = page.last().filter(|_| page.len() >= limit);
        // In this order: who is told of the rows is told of the place behind them, too.
        let counted = desk.count(&page).await?;
        desk.memory().advance(last.map_or_else(|| Place::before(hot), Standing::place));
        if counted > 0 {
            desk.settle().await?;
        }
        if last.is_some() {
            desk.note_more();
            now = desk.now().await?;
        }
    }
}

/// Reads the rows that began lately, or in the future by a clock that is ahead, and were not seen.
async fn read_hot_zone<D: Desk>(desk: &mut D, now: Timestamp) -> Result<(), D::Error> {
    let Some(cursor) = desk.memory().progress.cursor() else { return Ok(()) };
    let mut after = Place::before(cursor.at());
    loop {
        let keys = desk.keys(&after, None).await?;
        count_unseen(desk, &keys).await?;
        match keys.last() {
            Some(last) if keys.len() >= D::KEYS => after = last.clone(),
            _ => break,
        }
    }
    let hot = desk.pace().hot;
    desk.memory().advance(Place::before(now.minus(hot)));
    Ok(())
}

async fn look_back<D: Desk>(desk: &mut D, now: Timestamp) -> Result<(), D::Error> {
    let pace = desk.pace();
    let minutes = desk.memory().lookback(now, &pace);
    compare(desk, minutes.clone()).await?;
    desk.memory().note_gone_over(&minutes, now, &pace);
    Ok(())
}

async fn sweep<D: Desk>(desk: &mut D, now: Timestamp) -> Result<(), D::Error> {
    let pace = desk.pace();
    let minutes = desk.memory().next_slice(now, &pace);
    if let Some(earliest) = compare(desk, minutes.clone()).await? {
        desk.memory().progress.note_tardy(earliest, now, pace.lookback);
    }
    desk.memory().note_gone_over(&minutes, now, &pace);
    Ok(())
}

/// Counts what is new in those of the minutes that have another number of rows than before. Returns when the earliest began.
async fn compare<D: Desk>(desk: &mut D, minutes: Range<i64>) -> Result<Option<Timestamp>, D::Error> {
    if minutes.is_empty() {
        return Ok(None);
    }
    let mut earliest = None;
    let from = desk.memory().beginning_of(minutes.start);
    let counts = desk.counts(from, RowMark::beginning_of(minutes.end)).await?;
    let differ = desk.memory().seen.lock().that_differ(minutes, &counts);
    for minute in differ {
        let (rows, first) = read_minute(desk, minute).await?;
        desk.memory().seen.lock().note_compared(minute, rows);
        earliest = earliest.or(first);
    }
    Ok(earliest)
}

/// Returns how many rows it has, and when the earliest of those that were new began.
async fn read_minute<D: Desk>(desk: &mut D, minute: i64) -> Result<(u64, Option<Timestamp>), D::Error> {
    let (mut rows, mut earliest) = (0, None);
    let mut after = Place::before(desk.memory().beginning_of(minute));
    let end = RowMark::beginning_of(minute + 1);
    loop {
        let mut keys = desk.keys(&after, Some(end)).await?;
        let (is_full, last) = (keys.len() >= D::KEYS, keys.last().cloned());
        keys.retain(|key| desk.memory().is_compared(key));
        rows += keys.len() as u64;
        let first = keys.iter().find(|key| desk.memory().is_unseen(key)).map(Place::at);
        let late = count_unseen(desk, &keys).await?;
        desk.note_late(late);
        earliest = earliest.or(first);
        match last.filter(|_| is_full) {
            Some(last) => after = last,
            None => return Ok((rows, earliest)),
        }
    }
}

async fn count_unseen<D: Desk>(desk: &mut D, keys: &[Place]) -> Result<u64, D::Error> {
    let unseen: Vec<Place> = keys.iter().filter(|key| desk.memory().is_unseen(key)).cloned().collect();
    let (mut rest, mut counted) = (&*unseen, 0);
    while !rest.is_empty() {
        let (batch, others) = rest.split_at(rest.len().min(desk.rows_at_once()));
        let rows = desk.rows(batch).await?;
        let new = desk.count(&rows).await?;
        if new > 0 {
            desk.settle().await?;
        }
        (rest, counted) = (others, counted + new);
    }
    Ok(counted)
}
