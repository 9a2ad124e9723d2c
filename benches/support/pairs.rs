//! Two pieces of work, timed in turn: where the speed of the machine drifts it drifts for both, and their ratio holds.

use std::time::{Duration, Instant};

/// Pairs that are timed; the median of so many stands still.
const PAIRS: usize = 301;
/// What one of a pair should take at least, so that the clock does not matter.
const SHORTEST: Duration = Duration::from_micros(300);

/// Medians over all pairs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Compared {
    /// Nanoseconds of one run of the first.
    pub(crate) first: f64,
    /// Nanoseconds of one run of the second.
    pub(crate) second: f64,
    /// How many times as long the second takes, pair by pair.
    pub(crate) ratio: f64,
}

/// Times both in turn.
pub(crate) fn compare(mut first: impl FnMut(), mut second: impl FnMut()) -> Compared {
    let runs = [runs_of(&mut first), runs_of(&mut second)];
    let pairs: Vec<(f64, f64)> = (0..PAIRS).map(|_| (time(&mut first, runs[0]), time(&mut second, runs[1]))).collect();
    Compared {
        first: median(pairs.iter().map(|(first, _)| *first)),
        second: median(pairs.iter().map(|(_, second)| *second)),
        ratio: median(pairs.iter().map(|(first, second)| second / first)),
    }
}

/// How many runs take long enough to be timed together.
fn runs_of(work: &mut impl FnMut()) -> u32 {
    let mut runs = 1;
    while time(work, runs) * f64::from(runs) < SHORTEST.as_nanos() as f64 {
        runs *= 2;
    }
    runs
}

fn time(work: &mut impl FnMut(), runs: u32) -> f64 {
    let started = Instant::now();
    (0..runs).for_each(|_| work());
    started.elapsed().as_nanos() as f64 / f64::from(runs)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
