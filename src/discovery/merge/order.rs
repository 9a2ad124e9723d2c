//! In which order deployments stand, so that it does not depend on the order of the lists.

use std::cmp::Ordering;

use super::super::{Listed, Prices};

impl Listed {
    /// The order of a roster.
    pub(super) fn cmp_place(&self, other: &Self) -> Ordering {
        (&self.model, &self.provider, &self.id).cmp(&(&other.model, &other.provider, &other.id))
    }

    /// An order of all that is told, but for the key.
    pub(in super::super) fn cmp_told(&self, other: &Self) -> Ordering {
        let Self { upstream_model, api_base, api_version, api_key: _, mode, prices, probe, .. } = self;
        let of_other = (&other.upstream_model, &other.api_base, &other.api_version, other.mode, other.probe);
        self.cmp_place(other)
            .then_with(|| (upstream_model, api_base, api_version, *mode, *probe).cmp(&of_other))
            .then_with(|| cmp_prices(prices, &other.prices))
    }
}

fn cmp_prices(one: &Prices, other: &Prices) -> Ordering {
    let known =
        |prices: &Prices| [prices.input_token, prices.output_token, prices.request].map(|price| price.unwrap_or(-1.0));
    let pairs = known(one).into_iter().zip(known(other));
    pairs.map(|(one, other)| one.total_cmp(&other)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}
