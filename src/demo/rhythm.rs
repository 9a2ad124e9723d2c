//! How busy the gateway is: quiet in the night, busiest in the afternoon, by UTC.

use crate::event::Timestamp;

use super::dice::Dice;

/// Calls a second in the depth of the night.
const QUIET: f64 = 2.2;
/// Calls a second in the busiest hour.
const BUSY: f64 = 7.0;
const BUSIEST_HOUR: f64 = 15.0;
const MINUTE: f64 = 60.0;
const HOUR: f64 = 3_600.0;
const DAY: f64 = 24.0 * HOUR;
/// By how much it goes up and down from one minute to the next.
const UNREST: f64 = 0.18;

/// How many calls begin in a second at this moment.
#[must_use]
pub fn calls_per_second(seed: u64, now: Timestamp) -> f64 {
    let second = now.as_secs_f64();
    let from_busiest = (second.rem_euclid(DAY) - BUSIEST_HOUR * HOUR) / DAY;
    let daylight = f64::midpoint(1.0, (std::f64::consts::TAU * from_busiest).cos());
    (QUIET + (BUSY - QUIET) * daylight) * (1.0 + UNREST * unrest(seed, second / MINUTE))
}

/// From -1 to 1: chance at each whole number, and straight lines between.
fn unrest(seed: u64, minute: f64) -> f64 {
    let at = |minute: f64| 2.0 * Dice::new(seed ^ minute.to_bits()).fraction() - 1.0;
    let (before, share) = (minute.floor(), minute.fract());
    at(before) * (1.0 - share) + at(before + 1.0) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_hour(hour: f64) -> f64 {
        let day = 20_000.0 * DAY;
        let minutes = (0..60).map(|minute| day + hour * HOUR + f64::from(minute) * MINUTE);
        let rates = minutes.map(|second| calls_per_second(1, Timestamp::from_secs_f64(second).expect("a moment")));
        rates.sum::<f64>() / 60.0
    }

    #[test]
    fn the_afternoon_is_busier_than_the_night_and_the_night_is_not_dead() {
        let (afternoon, night) = (at_hour(14.5), at_hour(2.5));
        assert!(afternoon > 2.5 * night, "{afternoon} against {night}");
        assert!((6.0..8.0).contains(&afternoon) && (1.8..2.8).contains(&night), "{afternoon} and {night}");
    }

    #[test]
    fn it_changes_smoothly() {
        let at = |second| calls_per_second(1, Timestamp::from_secs_f64(second).expect("a moment"));
        for second in 0..600 {
            let (now, next) = (at(f64::from(second)), at(f64::from(second) + 1.0));
            assert!((now - next).abs() < 0.05, "at {second} s: {now}, then {next}");
        }
    }
}
