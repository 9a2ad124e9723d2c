//! The real table, and the state in which its rows are counted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::passes::Desk;
use super::{SOURCE, Tail, clock};
use crate::event::Timestamp;
use crate::sources::litellm_spend_logs::error::ReadError;
use crate::sources::litellm_spend_logs::memory::Memory;
use crate::sources::litellm_spend_logs::pace::Pace;
use crate::sources::litellm_spend_logs::place::Place;
use crate::sources::litellm_spend_logs::reader::Reader;
use crate::sources::litellm_spend_logs::row::LogRow;
use crate::state::ReadingProgress;

/// How often it is told how far catching up is.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// A tail whose reader is open.
pub(super) struct AtTable<'t, 'a> {
    pub(super) tail: &'t mut Tail<'a>,
    pub(super) reader: &'t Reader,
}

impl Desk for AtTable<'_, '_> {
    type Row = LogRow;
    type Error = ReadError;

    const KEYS: usize = 10_000;

    fn rows_at_once(&self) -> usize {
        self.tail.page_size.rows()
    }

    fn memory(&mut self) -> &mut Memory {
        self.tail.memory
    }

    fn pace(&self) -> Pace {
        self.tail.pace
    }

    async fn now(&mut self) -> Result<Timestamp, ReadError> {
        self.reader.now().await
    }

    async fn page(&mut self, after: &Place, before: Timestamp, limit: usize) -> Result<Vec<LogRow>, ReadError> {
        let asked = Instant::now();
        let page = self.reader.page(after, before, limit).await?;
        self.tail.page_size.note(page.len(), asked.elapsed());
        Ok(page)
    }

    async fn keys(&mut self, after: &Place, before: Option<Timestamp>) -> Result<Vec<Place>, ReadError> {
        self.reader.keys(after, before, Self::KEYS).await
    }

    async fn rows(&mut self, places: &[Place]) -> Result<Vec<LogRow>, ReadError> {
        let asked = Instant::now();
        let rows = self.reader.rows(places).await?;
        self.tail.page_size.note(rows.len(), asked.elapsed());
        Ok(rows)
    }

    async fn counts(&mut self, from: Timestamp, before: Timestamp) -> Result<BTreeMap<i64, u64>, ReadError> {
        self.reader.counts(from, before).await
    }

    async fn count(&mut self, rows: &[LogRow]) -> Result<u64, ReadError> {
        self.tail.count(rows).await
    }

    async fn settle(&mut self) -> Result<(), ReadError> {
        self.tail.settle().await
    }

    fn note_more(&mut self) {
        self.tail.tell_how_far();
    }

    fn note_late(&mut self, rows: u64) {
        self.tail.setup.state.note_late(SOURCE, rows);
    }
}

impl Tail<'_> {
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
}
