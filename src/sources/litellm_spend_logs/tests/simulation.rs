//! A table whose rows appear and are deleted as time goes by, an exporter that reads it, and a store that outlives it.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::Duration;

use futures_util::FutureExt as _;

use crate::config::Start;
use crate::event::{RowMark, Timestamp};
use crate::keeping::Restored;
use crate::sources::litellm_spend_logs::memory::Memory;
use crate::sources::litellm_spend_logs::pace::Pace;
use crate::sources::litellm_spend_logs::place::Place;
use crate::sources::litellm_spend_logs::tail::{Desk, Standing, follow, go_over, new_of};

/// As in `tail`, and so few that a small table has many pages.
const PAGE: usize = 5;
const PORTION: usize = 2;
/// What a question takes.
const QUESTION: Duration = Duration::from_millis(50);

/// A row of the table.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) start: Timestamp,
    pub(super) appears: Timestamp,
    pub(super) deleted: Option<Timestamp>,
}

impl Row {
    fn mark(&self) -> RowMark {
        RowMark::new(self.start, &self.id)
    }

    fn place(&self) -> Place {
        Place::new(self.start, &self.id)
    }
}

/// How reading stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The connection breaks, or another replica reads.
    Broken,
    /// The exporter is killed: what the store has is all that is left.
    Crashed,
    /// The exporter is stopped, and the store has everything.
    Restarted,
}

/// Something that happens.
#[derive(Debug, Clone)]
pub(super) struct Incident {
    /// In the first reading from then on.
    pub(super) at: Timestamp,
    /// After so many questions and portions of rows.
    pub(super) steps: u32,
    pub(super) stop: Stop,
    /// For so long nothing is read.
    pub(super) away: Duration,
}

/// Reading has stopped.
pub(super) struct Stopped;

/// What is counted, and what is noted of it.
#[derive(Debug, Clone, Default)]
struct Kept {
    counts: Vec<u32>,
    marks: Vec<RowMark>,
    progress: Option<String>,
    rows_from: Option<i64>,
}

/// The table, the exporter and the store.
#[derive(Debug)]
pub(super) struct Simulation<'a> {
    table: &'a [Row],
    first: Start,
    pace: Pace,
    /// A commit of the store comes after so many steps, at the latest.
    commits: u32,
    now: Timestamp,
    since: Timestamp,
    memory: Memory,
    state: Kept,
    store: Kept,
    steps: u32,
    stops_at: Option<u32>,
    hidden: HashSet<usize>,
}

impl<'a> Simulation<'a> {
    pub(super) fn new(table: &'a [Row], now: Timestamp, first: Start, pace: Pace, commits: u32) -> Self {
        let memory = Memory::new(Restored::default());
        let state = Kept { counts: vec![0; table.len()], ..Kept::default() };
        let (store, hidden) = (state.clone(), HashSet::new());
        let (since, steps, stops_at) = (now, 0, None);
        Self { table, first, pace, commits, now, since, memory, state, store, steps, stops_at, hidden }
    }

    /// How often a row was counted.
    pub(super) fn counted(&self, row: usize) -> u32 {
        self.state.counts[row]
    }

    /// Whether the number of its minute's rows was the same after it had come, for another was deleted. That is not noticed.
    pub(super) fn is_hidden(&self, row: usize) -> bool {
        self.hidden.contains(&row)
    }

    /// What began before does not count.
    pub(super) fn start(&self) -> Timestamp {
        self.memory.progress.start()
    }

    /// Reads until `end` at least, and on until the sweep has been everywhere after the last incident.
    pub(super) fn run(&mut self, incidents: Vec<Incident>, end: Timestamp) {
        let mut incidents = sorted(incidents);
        while self.now < end || !incidents.is_empty() {
            let incident = incidents.pop_front_if(|incident| incident.at <= self.now);
            self.stops_at = incident.as_ref().map(|incident| self.steps + incident.steps);
            if self.round().is_err() {
                incident.into_iter().for_each(|incident| self.suffer(&incident));
            }
            self.pass(self.pace.poll);
        }
        self.stops_at = None;
        // After outages the sweep has all of their time to go over first.
        let horizon = RowMark::minute_of(self.now.minus(self.pace.sweep));
        assert!((0..1_000).any(|_| self.go_on() >= horizon), "nothing is remembered for ever");
        (0..self.pace.slices * 3).for_each(|_| _ = self.go_on());
    }

    /// Reads undisturbed, and returns from where on rows are remembered.
    fn go_on(&mut self) -> i64 {
        assert!(self.round().is_ok(), "nothing happens any more");
        self.pass(self.pace.poll);
        self.memory.seen.lock().from()
    }

    fn suffer(&mut self, incident: &Incident) {
        if incident.stop == Stop::Restarted {
            self.commit();
        }
        self.pass(incident.away);
        if incident.stop != Stop::Broken {
            self.state = Kept { rows_from: None, ..self.store.clone() };
            let (progress, rows) = (self.state.progress.clone(), self.state.marks.clone());
            self.memory = Memory::new(Restored { progress, rows, ..Restored::default() });
            self.since = self.now;
        }
    }

    fn pass(&mut self, time: Duration) {
        let micros = i64::try_from(time.as_micros()).expect("hours");
        self.now = Timestamp::from_micros(self.now.as_micros() + micros);
    }

    /// Time passes, the store may write, and reading may stop.
    fn step(&mut self) -> Result<(), Stopped> {
        self.pass(QUESTION);
        self.steps += 1;
        if self.steps.is_multiple_of(self.commits) {
            self.commit();
        }
        if self.stops_at.is_some_and(|at| self.steps > at) { Err(Stopped) } else { Ok(()) }
    }

    /// As `keeping` does: everything at once, and without the rows that need not be known any more.
    fn commit(&mut self) {
        self.store = self.state.clone();
        if let Some(from) = self.state.rows_from {
            self.store.marks.retain(|mark| mark.minute >= from);
        }
    }

    fn note_progress(&mut self) {
        self.state.progress = Some(serde_json::to_string(&self.memory.progress).expect("JSON"));
        self.state.rows_from = Some(self.memory.rows_from());
    }

    /// As `Tail::read`.
    fn round(&mut self) -> Result<(), Stopped> {
        self.step()?;
        if self.memory.progress.cursor().is_none() {
            self.memory.begin(self.first, self.since, &self.pace);
        }
        let now = at_once(follow(self, self.now))?;
        self.step()?;
        at_once(go_over(self, now))?;
        self.memory.forget(now, &self.pace);
        self.note_progress();
        Ok(())
    }

    /// Notes which rows the comparison of these minutes will not find.
    fn note_hidden(&mut self, there: &[usize], differ: &[i64]) {
        let minute = |row: &usize| self.table[*row].mark().minute;
        let is_deleted = |row: &Row| row.deleted.is_some_and(|at| at <= self.now);
        let gone: HashSet<i64> = self.table.iter().filter(|row| is_deleted(row)).map(|row| row.mark().minute).collect();
        let passed_over = there.iter().filter(|row| !differ.contains(&minute(row)) && gone.contains(&minute(row)));
        let hidden = passed_over.filter(|row| self.memory.is_unseen(&self.table[**row].place())).copied();
        self.hidden.extend(hidden.collect::<Vec<_>>());
    }

    /// The rows after a place and before a moment, in their order, at most so many.
    fn ask(&mut self, after: &Place, before: Option<Timestamp>, limit: usize) -> Result<Vec<Found>, Stopped> {
        self.step()?;
        let place = (after.at(), after.id());
        let is_asked = |row: &Row| (row.start, &*row.id) > place && before.is_none_or(|before| row.start < before);
        Ok(self.found().filter(|found| is_asked(&found.row)).take(limit).collect())
    }

    fn found(&self) -> impl Iterator<Item = Found> {
        self.visible().map(|index| Found { index, row: self.table[index].clone() })
    }

    /// The rows that are there now, in the table's order.
    fn visible(&self) -> impl Iterator<Item = usize> {
        let is_there = |row: &Row| row.appears <= self.now && row.deleted.is_none_or(|deleted| deleted > self.now);
        (0..self.table.len()).filter(move |row| is_there(&self.table[*row]))
    }
}

/// A row that was found, by its number in the table.
#[derive(Debug)]
pub(super) struct Found {
    index: usize,
    row: Row,
}

impl Standing for Found {
    fn started_at(&self) -> Timestamp {
        self.row.start
    }

    fn place(&self) -> Place {
        self.row.place()
    }

    fn mark(&self) -> RowMark {
        self.row.mark()
    }
}

impl Desk for Simulation<'_> {
    type Row = Found;
    type Error = Stopped;

    const KEYS: usize = 7;

    fn rows_at_once(&self) -> usize {
        PAGE
    }

    fn memory(&mut self) -> &mut Memory {
        &mut self.memory
    }

    fn pace(&self) -> Pace {
        self.pace
    }

    async fn now(&mut self) -> Result<Timestamp, Stopped> {
        self.step()?;
        Ok(self.now)
    }

    async fn page(&mut self, after: &Place, before: Timestamp, limit: usize) -> Result<Vec<Found>, Stopped> {
        self.ask(after, Some(before), limit)
    }

    async fn keys(&mut self, after: &Place, before: Option<Timestamp>) -> Result<Vec<Place>, Stopped> {
        Ok(self.ask(after, before, Self::KEYS)?.iter().map(Standing::place).collect())
    }

    async fn rows(&mut self, places: &[Place]) -> Result<Vec<Found>, Stopped> {
        self.step()?;
        Ok(self.found().filter(|found| places.contains(&found.place())).collect())
    }

    async fn counts(&mut self, from: Timestamp, before: Timestamp) -> Result<BTreeMap<i64, u64>, Stopped> {
        self.step()?;
        let there: Vec<usize> = self.visible().filter(|row| (from..before).contains(&self.table[*row].start)).collect();
        let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
        there.iter().for_each(|row| *counts.entry(self.table[*row].mark().minute).or_default() += 1);
        let minutes = RowMark::minute_of(from)..RowMark::minute_of(before);
        let differ = self.memory.seen.lock().that_differ(minutes, &counts);
        self.note_hidden(&there, &differ);
        Ok(counts)
    }

    async fn count(&mut self, rows: &[Found]) -> Result<u64, Stopped> {
        let (new, _) = new_of(&self.memory, rows);
        for portion in new.chunks(PORTION) {
            for found in portion {
                self.state.counts[found.index] += 1;
                self.state.marks.push(found.mark());
                self.memory.remember(found.mark());
            }
            self.step()?;
        }
        Ok(new.len() as u64)
    }

    async fn settle(&mut self) -> Result<(), Stopped> {
        self.note_progress();
        self.step()?;
        self.commit();
        Ok(())
    }

    fn note_more(&mut self) {}

    fn note_late(&mut self, _: u64) {}
}

/// What a future gives that has nothing to wait for.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("a simulated table answers at once")
}

fn sorted(mut incidents: Vec<Incident>) -> VecDeque<Incident> {
    incidents.sort_by_key(|incident| incident.at);
    incidents.into()
}
