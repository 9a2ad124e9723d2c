//! The ways over the table: on from the cursor, the hot zone, the look-back and the sweep.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::{SOURCE, Tail, clock};
use crate::event::{RowMark, Timestamp};
use crate::sources::litellm_spend_logs::error::ReadError;
use crate::sources::litellm_spend_logs::place::Place;
use crate::sources::litellm_spend_logs::reader::Reader;
use crate::state::ReadingProgress;

/// Ids that are asked for at once: they come from the index alone.
const KEYS: usize = 10_000;
/// How often it is told how far catching up is.
const TELL_EVERY: Duration = Duration::from_secs(10);

impl Tail<'_> {
    /// Reads whole pages on from the cursor, until the hot zone is near. Returns what time it is by then.
    pub(super) async fn catch_up(&mut self, reader: &Reader, mut now: Timestamp) -> Result<Timestamp, ReadError> {
        loop {
            let Some((cursor, hot)) = self.memory.next_page(now, &self.pace) else { return Ok(now) };
            let limit = self.page_size.rows();
            let asked = Instant::now();
            let page = reader.page(&cursor, hot, limit).await?;
            self.page_size.note(page.len(), asked.elapsed());
            let last = page.last().filter(|_| page.len() >= limit);
            // In this order: who is told of the rows is told of the place behind them, too.
            let counted = self.count(&page).await?;
            self.memory.advance(last.map_or_else(|| Place::before(hot), |row| row.place()));
            if counted > 0 {
                self.settle().await?;
            }
            if last.is_some() {
                self.tell_how_far();
                now = reader.now().await?;
            }
        }
    }

    fn tell_how_far(&mut self) {
        let Some(at) = self.memory.progress.cursor().map(Place::at) else { return };
        self.reading.progress = ReadingProgress::CatchingUp;
        (self.reading.as_of, self.reading.last_poll_at) = (at, Some(clock()));
        self.publish();
        let (since, rows) = self.told;
        if since.elapsed() >= TELL_EVERY {
            let rate = (self.counted - rows) as f64 / since.elapsed().as_secs_f64();
            let reached = jiff::Timestamp::from(at);
            tracing::info!(%reached, rows = self.counted, rows_per_second = rate.round(), "catching up with the spend log");
            self.told = (Instant::now(), self.counted);
        }
    }

    /// Reads the rows that began lately, or in the future by a clock that is ahead, and were not seen.
    pub(super) async fn read_hot_zone(&mut self, reader: &Reader, now: Timestamp) -> Result<(), ReadError> {
        let Some(cursor) = self.memory.progress.cursor() else { return Ok(()) };
        let mut after = Place::before(cursor.at());
        loop {
            let keys = reader.keys(&after, None, KEYS).await?;
            self.count_unseen(reader, &keys).await?;
            match keys.last() {
                Some(last) if keys.len() >= KEYS => after = last.clone(),
                _ => break,
            }
        }
        self.memory.advance(Place::before(now.minus(self.pace.hot)));
        Ok(())
    }

    /// Counts what came late into the minutes that are looked back at.
    pub(super) async fn look_back(&mut self, reader: &Reader, now: Timestamp) -> Result<(), ReadError> {
        let minutes = self.memory.lookback(now, &self.pace);
        self.compare(reader, minutes.clone()).await?;
        self.memory.note_gone_over(&minutes, now, &self.pace);
        Ok(())
    }

    /// Counts what came late into a slice of the minutes before.
    pub(super) async fn sweep(&mut self, reader: &Reader, now: Timestamp) -> Result<(), ReadError> {
        let minutes = self.memory.next_slice(now, &self.pace);
        if let Some(earliest) = self.compare(reader, minutes.clone()).await? {
            self.memory.progress.note_tardy(earliest, now, self.pace.lookback);
        }
        self.memory.note_gone_over(&minutes, now, &self.pace);
        Ok(())
    }

    /// Counts what is new in those of the minutes that have another number of rows than before. Returns when the earliest began.
    async fn compare(&mut self, reader: &Reader, minutes: Range<i64>) -> Result<Option<Timestamp>, ReadError> {
        if minutes.is_empty() {
            return Ok(None);
        }
        let mut earliest = None;
        let counts = reader.counts(self.memory.beginning_of(minutes.start), RowMark::beginning_of(minutes.end)).await?;
        let differ = self.memory.seen.lock().that_differ(minutes, &counts);
        for minute in differ {
            let (rows, first) = self.read_minute(reader, minute).await?;
            self.memory.seen.lock().note_compared(minute, rows);
            earliest = earliest.or(first);
        }
        Ok(earliest)
    }

    /// Returns how many rows it has, and when the earliest of those that were new began.
    async fn read_minute(&mut self, reader: &Reader, minute: i64) -> Result<(u64, Option<Timestamp>), ReadError> {
        let (mut rows, mut earliest) = (0, None);
        let mut after = Place::before(self.memory.beginning_of(minute));
        let end = RowMark::beginning_of(minute + 1);
        loop {
            let mut keys = reader.keys(&after, Some(end), KEYS).await?;
            let (is_full, last) = (keys.len() >= KEYS, keys.last().cloned());
            keys.retain(|key| self.memory.is_compared(key));
            rows += keys.len() as u64;
            let first = keys.iter().find(|key| self.memory.is_unseen(key)).map(Place::at);
            let late = self.count_unseen(reader, &keys).await?;
            self.setup.state.note_late(SOURCE, late);
            earliest = earliest.or(first);
            match last.filter(|_| is_full) {
                Some(last) => after = last,
                None => return Ok((rows, earliest)),
            }
        }
    }

    async fn count_unseen(&mut self, reader: &Reader, keys: &[Place]) -> Result<u64, ReadError> {
        let unseen: Vec<Place> = keys.iter().filter(|key| self.memory.is_unseen(key)).cloned().collect();
        let (mut rest, mut counted) = (&*unseen, 0);
        while !rest.is_empty() {
            let (batch, others) = rest.split_at(rest.len().min(self.page_size.rows()));
            let asked = Instant::now();
            let rows = reader.rows(batch).await?;
            self.page_size.note(rows.len(), asked.elapsed());
            let new = self.count(&rows).await?;
            if new > 0 {
                self.settle().await?;
            }
            (rest, counted) = (others, counted + new);
        }
        Ok(counted)
    }
}
