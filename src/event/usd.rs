//! Money, without rounding errors.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// US dollars, kept as whole picodollars (10⁻¹² USD).
///
/// Sums of whole numbers are exact in any order, so the total over deployments equals the total over consumers and
/// both equal the ledger. A price of one picodollar a token is a thousand times below the cheapest known; what a
/// source sends is rounded to the nearest one, which also removes the noise of its floats (6.449999999999999e-6 is
/// 6.45e-6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Usd(u128);

const PICO_PER_USD: f64 = 1e12;

impl Usd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A single amount above this, in USD, is a mistake or a way to say that there is no limit.
    pub const LARGEST: f64 = 1e12;

    /// From a float; `None` when it is negative, not finite or above 10¹² USD.
    #[must_use]
    pub fn from_f64(usd: f64) -> Option<Self> {
        if !(0.0..=Self::LARGEST).contains(&usd) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked above")]
        let pico = (usd * PICO_PER_USD).round() as u128;
        Some(Self(pico))
    }

    /// As the nearest float.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / PICO_PER_USD
    }

    /// From whole picodollars (10⁻¹² USD), as stores that know no larger numbers keep them; `None` when they are negative.
    #[must_use]
    pub fn from_picos(picos: i64) -> Option<Self> {
        u128::try_from(picos).ok().map(Self)
    }

    /// As whole picodollars: exact up to nine million USD, and no more than that.
    #[must_use]
    pub fn as_picos(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// From whole picodollars (10⁻¹² USD), however many.
    #[must_use]
    pub const fn from_all_picos(picos: u128) -> Self {
        Self(picos)
    }

    /// As whole picodollars, however many.
    #[must_use]
    pub const fn as_all_picos(self) -> u128 {
        self.0
    }

    /// How much more this is than `other`, as the nearest float; negative where it is less. Exact but for that: what is the same
    /// differs by nothing.
    #[must_use]
    pub fn difference(self, other: Self) -> f64 {
        let distance = self.distance(other).as_f64();
        if self < other { -distance } else { distance }
    }

    /// How far apart the two are, whichever is more.
    #[must_use]
    pub const fn distance(self, other: Self) -> Self {
        Self(self.0.abs_diff(other.0))
    }

    /// This much less, and nothing where that is more than there is.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Whether it is nothing at all.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Add for Usd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_million_small_costs_add_up_to_the_cent() {
        let one = Usd::from_f64(0.000_002_5).expect("a price");
        let total: Usd = std::iter::repeat_n(one, 10_000_000).sum();
        assert_eq!(total.as_f64(), 25.0);
    }

    #[test]
    fn the_noise_of_floats_is_rounded_away() {
        assert_eq!(Usd::from_f64(6.449_999_999_999_999e-6), Usd::from_f64(6.45e-6));
    }

    #[test]
    fn whole_picodollars_are_kept_exactly() {
        for picos in [0, 1, 2_500_000, i64::MAX] {
            assert_eq!(Usd::from_picos(picos).map(Usd::as_picos), Some(picos));
        }
        assert_eq!(Usd::from_picos(-1), None, "debts are no amount");
        assert_eq!(Usd::from_f64(1e12).map(Usd::as_picos), Some(i64::MAX));
    }

    #[test]
    fn differences_of_large_sums_are_exact() {
        let large = Usd::from_all_picos(20_000_000_000_000_000_000);
        let larger = large + Usd::from_f64(0.000_001).expect("an amount");
        assert_eq!([larger.difference(large), large.difference(larger), large.difference(large)], [1e-6, -1e-6, 0.0]);
        assert_eq!(Usd::from_all_picos(larger.as_all_picos()), larger, "beyond what 64 bits hold");
    }

    #[test]
    fn what_is_no_amount_of_money_is_refused() {
        for bad in [-0.01, f64::NAN, f64::INFINITY, 1e13] {
            assert_eq!(Usd::from_f64(bad), None, "{bad} is no price");
        }
    }
}
