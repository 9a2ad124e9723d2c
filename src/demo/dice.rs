//! Chance, the same every time for one seed.

use std::time::Duration;

/// A source of chance.
#[derive(Debug, Clone)]
pub(super) struct Dice(fastrand::Rng);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// From 0 to 1, without the 1.
    pub(super) fn fraction(&mut self) -> f64 {
        self.0.f64()
    }

    /// Evenly from `low` to `high`.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.fraction()
    }

    /// Whether something happens that happens so often.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    /// Log-normal: half are below the median, and a few far above it. A `spread` of 0 has none.
    pub(super) fn around(&mut self, median: f64, spread: f64) -> f64 {
        // Box and Muller's transform; the logarithm of 0 is not asked for.
        let radius = (-2.0 * (1.0 - self.fraction()).ln()).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.fraction()).cos();
        median * (spread * normal).exp()
    }

    /// The time until the next of what happens so often in a second, whenever the last was.
    pub(super) fn pause(&mut self, per_second: f64) -> Duration {
        seconds(-(1.0 - self.fraction()).ln() / per_second)
    }

    /// One of these by their weights; `None` where there is none of any weight.
    pub(super) fn pick<T>(&mut self, weighted: &[(f64, T)]) -> Option<T>
    where
        T: Copy,
    {
        let mut left = self.fraction() * weighted.iter().map(|(weight, _)| weight).sum::<f64>();
        let chosen = weighted.iter().find(|(weight, _)| {
            left -= weight;
            left < 0.0
        });
        chosen.map(|(_, item)| *item)
    }

    /// Puts these in any order.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        self.0.shuffle(items);
    }

    /// A random UUID in form.
    pub(super) fn uuid(&mut self) -> String {
        let digits = self.hex();
        let (a, b, c, d, e) = (&digits[..8], &digits[8..12], &digits[13..16], &digits[17..20], &digits[20..]);
        format!("{a}-{b}-4{c}-8{d}-{e}")
    }

    /// 32 hexadecimal digits.
    pub(super) fn hex(&mut self) -> String {
        format!("{:032x}", self.0.u128(..))
    }
}

/// A duration of so many seconds, none where they are no length of time.
pub(super) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// The whole part of what is not negative.
pub(super) fn whole(number: f64) -> u64 {
    // As seconds, which know how to be whole.
    seconds(number).as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_has_one_fate() {
        let fate = |seed| {
            let mut dice = Dice::new(seed);
            (dice.uuid(), dice.around(1.0, 0.5).to_bits(), dice.pick(&[(1.0, 'a'), (2.0, 'b')]))
        };
        assert_eq!(fate(1), fate(1));
        assert_ne!(fate(1), fate(2));
    }

    #[test]
    fn half_are_below_the_median_and_weights_are_kept() {
        let mut dice = Dice::new(1);
        let below = (0..10_000).filter(|_| dice.around(3.0, 0.8) < 3.0).count();
        assert!((4_700..5_300).contains(&below), "{below} of 10,000");
        let heavy = (0..10_000).filter(|_| dice.pick(&[(1.0, false), (0.0, false), (3.0, true)]) == Some(true)).count();
        assert!((7_300..7_700).contains(&heavy), "{heavy} of 10,000");
        assert_eq!(dice.pick::<u8>(&[]), None);
    }

    #[test]
    fn numbers_are_cut_to_their_whole_part() {
        assert_eq!([whole(0.9), whole(1.0), whole(12.7), whole(-3.0), whole(f64::NAN)], [0, 1, 12, 0, 0]);
    }
}
