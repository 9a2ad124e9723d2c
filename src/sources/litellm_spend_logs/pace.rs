//! How often what is read. All of it follows from how often the table is asked for new rows.

use std::time::Duration;

use crate::config::SpendLogs;

/// How often what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    /// How often it is asked for new rows.
    pub(super) poll: Duration,
    /// What began so lately is gone over whenever it is asked: most rows are there by then.
    pub(super) hot: Duration,
    /// How often the minutes of the look-back are counted again, and a slice is swept.
    pub(super) recount: Duration,
    /// How many slices the sweep has: it is through in an hour.
    pub(super) slices: u32,
    /// What is longer between two readings is an outage.
    pub(super) longest_pause: Duration,
    /// How long after the beginning of its request a row is found soon.
    pub(super) lookback: Duration,
    /// How long after the beginning of its request a row is found at all.
    pub(super) sweep: Duration,
}

impl Pace {
    pub(super) fn of(config: &SpendLogs) -> Self {
        let SpendLogs { enabled: _, start: _, poll_interval, lookback, sweep, share: _ } = *config;
        let hot = (poll_interval * 24).min(Duration::from_mins(2)).max(poll_interval * 2);
        Self {
            poll: poll_interval,
            hot,
            recount: (poll_interval * 12).min(Duration::from_mins(1)).max(poll_interval),
            slices: 60,
            longest_pause: poll_interval * 3,
            lookback,
            // What is gone over whenever it is asked must be remembered.
            sweep: sweep.max(hot * 4),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_two_minutes_are_hot_and_each_minute_is_counted_again() {
        let pace = Pace::of(&SpendLogs::default());
        assert_eq!((pace.hot, pace.recount), (Duration::from_mins(2), Duration::from_mins(1)));
        assert_eq!(pace.recount * pace.slices, Duration::from_hours(1));
    }

    #[test]
    fn whoever_asks_seldom_goes_over_more() {
        let pace = Pace::of(&SpendLogs { poll_interval: Duration::from_mins(5), ..SpendLogs::default() });
        assert_eq!((pace.hot, pace.recount), (Duration::from_mins(10), Duration::from_mins(5)));
    }
}
