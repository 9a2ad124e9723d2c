//! Money as Redis and JSON can keep it exactly: whole picodollars.

use crate::event::Usd;

const PICO_PER_USD: f64 = 1e12;

/// The amount in whole picodollars. Exact up to some 2,000 USD, which no day of probing comes near; then to the nearest float.
pub(super) fn to_picos(amount: Usd) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates: what is too much stays too much")]
    let picos = (amount.as_f64() * PICO_PER_USD).round() as i64;
    picos
}

/// The amount of so many picodollars; `None` when they are negative.
pub(super) fn from_picos(picos: i64) -> Option<Usd> {
    Usd::from_f64(picos as f64 / PICO_PER_USD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_picodollar_is_lost(picos in 0..2_000_000_000_000_000_i64) {
            prop_assert_eq!(from_picos(picos).map(to_picos), Some(picos));
        }
    }

    #[test]
    fn debts_are_no_amount() {
        assert_eq!(from_picos(-1), None);
    }
}
