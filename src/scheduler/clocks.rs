//! When each deployment's next turn is.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use xxhash_rust::xxh3::xxh3_64;

/// All have their first turn within this time: soon, and not all at once.
const FIRST_TURNS: Duration = Duration::from_secs(10);
/// By how much of it an interval is longer or shorter, at random.
const JITTER: f64 = 0.1;

/// The clock of each deployment, by id.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    clocks: HashMap<String, Clock>,
    /// Counts turns, so that each has other jitter.
    turns: u64,
}

#[derive(Debug, Clone, Copy)]
struct Clock {
    next_at: Instant,
    /// Its probe is under way.
    is_busy: bool,
    /// It left the list while its probe was under way: it stops with that, unless it comes back before.
    is_leaving: bool,
    /// Its next turn is to come soon, whatever the probe under way finds: that asks at an address which holds no more.
    is_hastened: bool,
}

impl Clock {
    const fn at(next_at: Instant) -> Self {
        Self { next_at, is_busy: false, is_leaving: false, is_hastened: false }
    }
}

impl Clocks {
    /// Keeps the clocks of these deployments, begins those that are new, and drops all others; those that are busy once they rest.
    pub(super) fn keep<'a>(&mut self, ids: impl Iterator<Item = &'a str>, interval: Duration, now: Instant) {
        let mut kept = HashMap::with_capacity(self.clocks.len());
        let spread = interval.min(FIRST_TURNS);
        for id in ids {
            let first = || Clock::at(now + spread.mul_f64(fraction(id, 0)));
            let clock = self.clocks.remove(id).unwrap_or_else(first);
            kept.insert(id.to_owned(), Clock { is_leaving: false, ..clock });
        }
        let leaving = self.clocks.drain().filter(|(_, clock)| clock.is_busy);
        kept.extend(leaving.map(|(id, clock)| (id, Clock { is_leaving: true, ..clock })));
        self.clocks = kept;
    }

    /// Gives a deployment its turn as soon as one that is new, unless that comes sooner anyway; after the probe that is under way.
    pub(super) fn hasten(&mut self, id: &str, interval: Duration, now: Instant) {
        let soon = now + interval.min(FIRST_TURNS).mul_f64(fraction(id, 0));
        if let Some(clock) = self.clocks.get_mut(id) {
            clock.next_at = if clock.is_busy { soon } else { clock.next_at.min(soon) };
            clock.is_hastened = clock.is_busy;
        }
    }

    /// Takes those whose turn it is, the longest overdue first. Each is busy until [`rest`](Self::rest) is called for it.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<String> {
        let mut due: Vec<(Instant, &String)> = Vec::new();
        for (id, clock) in &mut self.clocks {
            if !clock.is_busy && clock.next_at <= now {
                clock.is_busy = true;
                due.push((clock.next_at, id));
            }
        }
        due.sort_unstable();
        due.into_iter().map(|(_, id)| id.clone()).collect()
    }

    /// Ends a turn: the next is after `pause`, give or take some. What a provider demands is the least, so it is only added to.
    pub(super) fn rest(&mut self, id: &str, pause: Duration, at_least: Duration, now: Instant) {
        self.turns = self.turns.wrapping_add(1);
        let jittered = pause.mul_f64(1.0 - JITTER + 2.0 * JITTER * fraction(id, self.turns));
        let Some(clock) = self.clocks.get_mut(id) else { return };
        if clock.is_leaving {
            self.clocks.remove(id);
        } else if clock.is_hastened {
            *clock = Clock::at(clock.next_at);
        } else {
            *clock = Clock::at(now + jittered.max(at_least));
        }
    }

    /// When the next turn is; `None` where no clock runs.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.clocks.values().filter(|clock| !clock.is_busy).map(|clock| clock.next_at).min()
    }
}

/// A number from 0 to 1, spread evenly over ids and turns: random enough for jitter.
fn fraction(id: &str, turn: u64) -> f64 {
    let hash = xxh3_64(&[id.as_bytes(), &turn.to_le_bytes()].concat());
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
#[path = "clocks/tests.rs"]
mod tests;
