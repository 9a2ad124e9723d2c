//! What an attempt cost, or why nobody knows.

use super::Usd;

/// What a gateway booked for an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// The gateway booked this much; nothing, for what is not charged.
    Booked(Usd),
    /// Tokens were used and the gateway knows no price for them. That is not the same as free.
    Unpriced(UnpricedReason),
}

impl Cost {
    /// What was booked; nothing for what has no price.
    #[must_use]
    pub const fn booked(self) -> Usd {
        match self {
            Self::Booked(usd) => usd,
            Self::Unpriced(_) => Usd::ZERO,
        }
    }
}

/// Why tokens that were used have no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnpricedReason {
    /// The gateway has no price for this model at all, and was not told that it is free.
    NoPrice,
    /// It has a price for the model, but none for a kind of token that was used.
    MissingPricingKey,
    /// It has a price, and its own calculation returned nothing all the same.
    PricingNotApplied,
    /// Its calculation failed.
    CalculationError,
    /// A reason that this version does not know.
    Other,
}

impl UnpricedReason {
    /// Every reason, in the order of the metric.
    pub const ALL: [Self; 5] =
        [Self::NoPrice, Self::MissingPricingKey, Self::PricingNotApplied, Self::CalculationError, Self::Other];

    /// The label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoPrice => "no_price",
            Self::MissingPricingKey => "missing_pricing_key",
            Self::PricingNotApplied => "pricing_not_applied",
            Self::CalculationError => "cost_calculation_error",
            Self::Other => "other",
        }
    }
}
