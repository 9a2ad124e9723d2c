//! Every row counts once, whatever happens: the source's memory over a simulated table, asked in the order in which `tail` asks the
//! real one, with stragglers, wrong clocks, deletions, outages, crashes and restarts.

mod simulation;

use std::time::Duration;

use proptest::prelude::*;

use super::pace::Pace;
use crate::config::Start;
use crate::event::Timestamp;
use simulation::{Incident, Row, Simulation, Stop};

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// When the first reading is.
const BEGIN: i64 = 1_800_000_000 * SECOND;
/// How long rows appear, and things happen, from then on.
const LIFE: i64 = 3 * HOUR;

/// That of an ordinary exporter, with a shorter sweep and an even shorter look-back: a simulated day is long, too.
fn pace() -> Pace {
    let minutes = Duration::from_mins;
    let (poll, hot, recount, longest_pause) = (minutes(1), minutes(2), minutes(1), minutes(3));
    Pace { poll, hot, recount, slices: 8, longest_pause, lookback: minutes(5), sweep: minutes(60) }
}

/// How long after its beginning a row appears: by its gateway's clock it may be before.
fn lateness() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => 0..MINUTE,
        3 => 0..10 * MINUTE,
        3 => 0..=HOUR,
        1 => Just(HOUR),
        2 => -HOUR..0,
        1 => HOUR..3 * HOUR,
    ]
}

/// Some rows of one moment.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let appears = prop_oneof![1 => -4 * HOUR..0, 3 => 0..LIFE];
    let lives = prop_oneof![4 => Just(None), 1 => (0..2 * HOUR).prop_map(Some)];
    (appears, lateness(), lives, 1..8_usize).prop_map(|(appears, lateness, lives, count)| {
        let appears = BEGIN + appears;
        let row = Row {
            id: String::new(),
            start: Timestamp::from_micros(appears - lateness),
            appears: Timestamp::from_micros(appears),
            deleted: lives.map(|lives| Timestamp::from_micros(appears + lives)),
        };
        vec![row; count]
    })
}

fn table() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(rows(), 1..16).prop_map(|rows| {
        let mut rows: Vec<Row> = rows.into_iter().flatten().collect();
        rows.iter_mut().enumerate().for_each(|(index, row)| row.id = format!("row-{index}"));
        rows.sort_by(|one, other| (one.start, &one.id).cmp(&(other.start, &other.id)));
        rows
    })
}

fn incident() -> impl Strategy<Value = Incident> {
    let stop = prop_oneof![Just(Stop::Broken), Just(Stop::Crashed), Just(Stop::Restarted)];
    let away = prop_oneof![3 => 0..MINUTE, 2 => 0..20 * MINUTE, 1 => 0..3 * HOUR];
    // Nor is the first reading spared, which has the most to count.
    let at = prop_oneof![1 => Just(0), 2 => 0..LIFE];
    (at, 0..40_u32, stop, away).prop_map(|(at, steps, stop, away)| {
        let at = Timestamp::from_micros(BEGIN + at);
        Incident { at, steps, stop, away: Duration::from_micros(away.unsigned_abs()) }
    })
}

fn start() -> impl Strategy<Value = Start> {
    let at = (-2 * HOUR..HOUR).prop_map(|at| Start::At(Timestamp::from_micros(BEGIN + at)));
    prop_oneof![3 => Just(Start::Beginning), 1 => Just(Start::Now), 1 => at]
}

proptest! {
    #[test]
    fn every_row_that_appears_in_time_counts_once_whatever_happens(
        table in table(),
        incidents in prop::collection::vec(incident(), 0..6),
        start in start(),
        commits in 1..30_u32,
    ) {
        let begin = Timestamp::from_micros(BEGIN);
        let mut simulation = Simulation::new(&table, begin, start, pace(), commits);
        simulation.run(incidents, Timestamp::from_micros(BEGIN + LIFE));
        for (index, row) in table.iter().enumerate() {
            let times = simulation.counted(index);
            prop_assert!(times <= 1, "{row:?} counts {times} times");
            let is_in_time = row.appears <= begin || !row.start.is_older_than(pace().sweep, row.appears);
            let is_due = is_in_time && row.deleted.is_none() && row.start >= simulation.start();
            prop_assert!(times == 1 || !is_due || simulation.is_hidden(index), "{row:?} is lost");
        }
    }
}
