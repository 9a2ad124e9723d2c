//! How far reading has come: what must outlive a restart, and what follows from it. Pure: all clocks are the database's and are
//! given.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::place::Place;
use crate::config::Start;
use crate::event::{RowMark, Timestamp};

/// How far reading has come. Written down as JSON; what a later version adds is absent from what an earlier one wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Progress {
    /// Every row before it that was there has been counted; `None` before the first reading.
    cursor: Option<Place>,
    /// What began before is not counted, in microseconds since 1970.
    start: i64,
    /// When it was last read to the end.
    polled_at: Option<i64>,
    /// The latest time during which nothing could be read.
    outage: Option<Outage>,
    /// That rows came later than the look-back, and may again.
    tardiness: Option<Tardiness>,
    /// The first minute of which all rows that were counted are known.
    pub(super) remembered_from: i64,
    /// The [epoch](crate::handover::Lead::epoch) in which it was noted; `None` before there were any.
    pub(super) epoch: Option<u64>,
    /// Since when no other replica has read, in microseconds since 1970, by our own clock.
    alone_since: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Outage {
    began: i64,
    ended: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Tardiness {
    micros: i64,
    until: i64,
}

impl Progress {
    /// Begins where nothing was read before.
    pub(super) fn begin(&mut self, start: Start, now: Timestamp, sweep: Duration) {
        let at = match start {
            Start::Now => now,
            Start::Beginning => Timestamp::from_micros(i64::MIN),
            Start::At(at) => at,
        };
        self.cursor = Some(Place::before(at));
        self.start = at.as_micros();
        self.remembered_from = RowMark::minute_of(at.max(now.minus(sweep)));
    }

    /// Of a replica that has not begun to read, and does not know what others read before.
    pub(super) fn unknown(at: Timestamp) -> Self {
        Self { alone_since: at.as_micros(), ..Self::default() }
    }

    /// The same, of a replica that goes on from it at this moment.
    pub(super) fn taken_over(self, at: Timestamp) -> Self {
        Self { alone_since: at.as_micros(), ..self }
    }

    /// Since when no other replica has read.
    pub(super) fn alone_since(&self) -> Timestamp {
        Timestamp::from_micros(self.alone_since)
    }

    /// Where reading stands; `None` before it has begun.
    pub(super) fn cursor(&self) -> Option<&Place> {
        self.cursor.as_ref()
    }

    /// What began before is not counted.
    pub(super) fn start(&self) -> Timestamp {
        Timestamp::from_micros(self.start)
    }

    /// When it was last read to the end.
    pub(super) fn polled_at(&self) -> Option<Timestamp> {
        self.polled_at.map(Timestamp::from_micros)
    }

    /// Goes on from a row, or from before the rows of a moment. Never back.
    pub(super) fn advance(&mut self, to: Place) {
        // Of two rows of one moment only the database knows the order.
        if self
            .cursor
            .as_ref()
            .is_none_or(|cursor| cursor.at() < to.at() || (cursor.at() == to.at() && !to.id().is_empty()))
        {
            self.cursor = Some(to);
        }
    }

    /// Notes that all was read that there was at `now`. Where that was long after the time before, rows of the time between
    /// may still come.
    pub(super) fn note_poll(&mut self, now: Timestamp, longest_pause: Duration, lookback: Duration) {
        let now_micros = now.as_micros();
        if let Some(before) = self.polled_at()
            && before.is_older_than(longest_pause, now)
        {
            let earlier = self.outage.filter(|outage| outage.is_held(now, lookback));
            let began = earlier.map_or(before.as_micros(), |outage| outage.began);
            self.outage = Some(Outage { began, ended: now_micros });
        }
        self.polled_at = Some(self.polled_at.map_or(now_micros, |before| before.max(now_micros)));
    }

    /// Notes that a row came so late that only the sweep found it: whoever made it late may go on to, as a gateway whose clock is
    /// wrong does.
    pub(super) fn note_tardy(&mut self, started_at: Timestamp, now: Timestamp, lookback: Duration) {
        let Some(late) = now.since(started_at) else { return };
        let before = self.tardiness.filter(|tardiness| now.as_micros() < tardiness.until);
        let micros = micros(late).max(before.map_or(0, |tardiness| tardiness.micros));
        self.tardiness = Some(Tardiness { micros, until: now.as_micros().saturating_add(self::micros(lookback)) });
    }

    /// From where on stragglers are looked for again and again: `lookback` before now, and for as long after an outage `lookback`
    /// before that.
    pub(super) fn floor(&self, now: Timestamp, lookback: Duration) -> Timestamp {
        let usual = now.minus(lookback);
        let outage = self.outage.filter(|outage| outage.is_held(now, lookback));
        let before_outage = outage.map_or(usual, |outage| Timestamp::from_micros(outage.began).minus(lookback));
        let tardiness = self.tardiness.filter(|tardiness| now.as_micros() < tardiness.until);
        let as_late = tardiness
            .map_or(usual, |tardiness| Timestamp::from_micros(usual.as_micros().saturating_sub(tardiness.micros)));
        usual.min(before_outage).min(as_late)
    }
}

impl Outage {
    fn is_held(&self, now: Timestamp, lookback: Duration) -> bool {
        !Timestamp::from_micros(self.ended).is_older_than(lookback, now)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOKBACK: Duration = Duration::from_mins(30);
    const PAUSE: Duration = Duration::from_secs(15);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000 + seconds * 1_000_000)
    }

    #[test]
    fn the_floor_follows_and_waits_for_what_an_outage_held_up() {
        let mut progress = Progress::default();
        progress.begin(Start::Now, at(0), Duration::from_hours(24));
        for second in [0, 5, 10, 20] {
            progress.note_poll(at(second), PAUSE, LOOKBACK);
        }
        assert_eq!(progress.floor(at(20), LOOKBACK), at(20 - 1_800));
        progress.note_poll(at(7_220), PAUSE, LOOKBACK);
        assert_eq!(progress.floor(at(7_220), LOOKBACK), at(20 - 1_800), "two hours without a database");
        progress.note_poll(at(7_300), PAUSE, LOOKBACK);
        assert_eq!(progress.floor(at(7_300), LOOKBACK), at(20 - 1_800), "a short one soon after does not hide it");
        assert_eq!(progress.floor(at(9_100), LOOKBACK), at(20 - 1_800), "for as long as the look-back");
        assert_eq!(progress.floor(at(9_101), LOOKBACK), at(9_101 - 1_800));
    }

    #[test]
    fn what_only_the_sweep_found_is_looked_for_sooner_from_then_on() {
        let mut progress = Progress::default();
        progress.note_tardy(at(0), at(4_000), LOOKBACK);
        progress.note_tardy(at(3_000), at(4_100), LOOKBACK);
        assert_eq!(progress.floor(at(4_100), LOOKBACK), at(4_100 - 1_800 - 4_000));
        assert_eq!(progress.floor(at(5_900), LOOKBACK), at(4_100));
    }

    #[test]
    fn the_cursor_never_goes_back() {
        let mut progress = Progress::default();
        progress.begin(Start::At(at(10)), at(100), Duration::from_hours(24));
        progress.advance(Place::before(at(5)));
        assert_eq!(progress.cursor(), Some(&Place::before(at(10))));
        progress.advance(Place::new(at(10), "b"));
        progress.advance(Place::new(at(10), "A"));
        assert_eq!(progress.cursor(), Some(&Place::new(at(10), "A")), "the database's order of ids need not be ours");
        progress.advance(Place::before(at(10)));
        assert_eq!(progress.cursor(), Some(&Place::new(at(10), "A")));
    }

    #[test]
    fn what_an_earlier_version_wrote_is_read() {
        let progress: Progress =
            serde_json::from_str(r#"{"start": 5, "unknown": [1]}"#).expect("defaults for the rest");
        assert_eq!(progress, Progress { start: 5, ..Progress::default() });
    }
}
