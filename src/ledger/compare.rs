//! Puts both sides together.

use std::collections::{BTreeMap, BTreeSet};

use super::BooksByModel;
use crate::event::Usd;
use crate::state::{Booked, ComparedModel, Counted};

/// Sums that differ by no more than this are the same: whoever adds up floats is off by as much.
const TOLERANCE: Usd = Usd::from_all_picos(1_000_000);

/// Half a cent: what differs by less is the same to the cent.
const HALF_A_CENT: Usd = Usd::from_all_picos(5_000_000_000);

/// Both sides of every model that either of them has, by name.
#[must_use]
pub fn compare(counted: &BTreeMap<String, Counted>, spend_log: &BooksByModel) -> Vec<ComparedModel> {
    let models: BTreeSet<&String> = counted.keys().chain(spend_log.keys()).collect();
    let side = |model: &String| ComparedModel {
        model: model.clone(),
        counted: counted.get(model).copied().unwrap_or_default(),
        spend_log: spend_log.get(model).copied().unwrap_or_default(),
        daily: None,
    };
    models.into_iter().map(side).collect()
}

/// Whether a model that rows tell of stands apart, as there was room for what was counted: what stands apart on one side must do so on
/// the other.
pub(crate) fn has_room(counted: &BTreeMap<String, Counted>, model: &str, so_far: usize, most: usize) -> bool {
    counted.contains_key(model) || (counted.len() < most && so_far < most)
}

/// Adds up several comparisons, model by model.
pub(crate) fn add_up<'c>(comparisons: impl IntoIterator<Item = &'c [ComparedModel]>) -> Vec<ComparedModel> {
    let mut sums: BTreeMap<&str, ComparedModel> = BTreeMap::new();
    for compared in comparisons.into_iter().flatten() {
        match sums.get_mut(&*compared.model) {
            None => _ = sums.insert(&compared.model, compared.clone()),
            Some(sum) => {
                sum.counted.add(&compared.counted);
                sum.spend_log.add(&compared.spend_log);
            }
        }
    }
    sums.into_values().collect()
}

/// Adds what the daily table says, and the models that only it has.
pub(super) fn with_daily(models: Vec<ComparedModel>, daily: &BooksByModel) -> Vec<ComparedModel> {
    let mut models: BTreeMap<String, ComparedModel> =
        models.into_iter().map(|compared| (compared.model.clone(), compared)).collect();
    for model in daily.keys() {
        models.entry(model.clone()).or_insert_with(|| ComparedModel {
            model: model.clone(),
            counted: Counted::default(),
            spend_log: Booked::default(),
            daily: None,
        });
    }
    let said = |model: &str| daily.get(model).copied().unwrap_or_default();
    models.into_values().map(|compared| ComparedModel { daily: Some(said(&compared.model)), ..compared }).collect()
}

impl ComparedModel {
    /// Whether both sides say the same cost.
    #[must_use]
    pub fn costs_agree(&self) -> bool {
        self.counted.cost.distance(self.spend_log.cost) <= TOLERANCE
    }
}

/// Both sides of all models together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Total {
    /// What was counted.
    pub counted: Counted,
    /// What the spend log says.
    pub spend_log: Booked,
}

impl Total {
    /// Of these models.
    #[must_use]
    pub fn of(models: &[ComparedModel]) -> Self {
        let mut total = Self::default();
        for compared in models {
            total.counted.add(&compared.counted);
            total.spend_log.add(&compared.spend_log);
        }
        total
    }

    /// Whether the numbers of requests are the same, but for failures of which the gateway stores no row.
    ///
    /// Only of all models together: to which model a failure belongs that reached no deployment is told differently, and is of no
    /// consequence, as it costs nothing.
    #[must_use]
    pub const fn requests_agree(&self) -> bool {
        let Counted { requests, unstored, .. } = self.counted;
        let rows = self.spend_log.requests;
        requests.saturating_sub(unstored) <= rows && rows <= requests
    }
}

/// Whether the costs of all of these models agree to the cent.
#[must_use]
pub fn agree_to_the_cent(models: &[ComparedModel]) -> bool {
    let Total { counted, spend_log } = Total::of(models);
    let is_same = |counted: Usd, booked: Usd| counted.distance(booked) < HALF_A_CENT;
    is_same(counted.cost, spend_log.cost)
        && models.iter().all(|compared| is_same(compared.counted.cost, compared.spend_log.cost))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(picos: u128) -> Usd {
        Usd::from_all_picos(picos)
    }

    fn counted(requests: u64, unstored: u64, picos: u128) -> Counted {
        Counted { requests, unstored, cost: usd(picos) }
    }

    fn booked(requests: u64, picos: u128) -> Booked {
        Booked { requests, cost: usd(picos) }
    }

    fn compared(counted: Counted, spend_log: Booked) -> ComparedModel {
        ComparedModel { model: "m".to_owned(), counted, spend_log, daily: None }
    }

    #[test]
    fn what_one_side_lacks_is_nothing_on_that_side() {
        let models = compare(
            &BTreeMap::from([("a".to_owned(), counted(1, 0, 5)), ("b".to_owned(), counted(2, 1, 0))]),
            &BTreeMap::from([("b".to_owned(), booked(1, 0)), ("c".to_owned(), booked(3, 7))]),
        );
        let sides: Vec<_> = models.iter().map(|it| (&*it.model, it.counted.requests, it.spend_log.requests)).collect();
        assert_eq!(sides, [("a", 1, 0), ("b", 2, 1), ("c", 0, 3)]);
        let twice = add_up([&*models, &*models]);
        assert_eq!(Total::of(&twice), Total { counted: counted(6, 2, 10), spend_log: booked(8, 14) });
        let daily =
            with_daily(twice, &BTreeMap::from([("a".to_owned(), booked(2, 10)), ("d".to_owned(), booked(1, 1))]));
        let said: Vec<_> = daily.iter().map(|it| (&*it.model, it.daily.map(|daily| daily.requests))).collect();
        assert_eq!(said, [("a", Some(2)), ("b", Some(0)), ("c", Some(0)), ("d", Some(1))]);
    }

    #[test]
    fn a_millionth_of_a_dollar_is_no_drift_and_half_a_cent_is_none_to_the_cent() {
        for (distance, agree, to_the_cent) in
            [(0, true, true), (1_000_000, true, true), (1_000_001, false, true), (5_000_000_000, false, false)]
        {
            for (left, right) in [(0, distance), (distance, 0)] {
                let models = [compared(counted(1, 0, left), booked(1, right))];
                assert_eq!(models[0].costs_agree(), agree, "{distance}");
                assert_eq!(agree_to_the_cent(&models), to_the_cent, "{distance}");
            }
        }
    }

    #[test]
    fn a_surplus_of_failures_that_no_row_told_is_explained_and_nothing_else_is() {
        for (requests, unstored, rows, agree) in
            [(5, 0, 5, true), (5, 2, 3, true), (5, 2, 4, true), (5, 2, 2, false), (5, 0, 4, false), (5, 2, 6, false)]
        {
            let total = Total { counted: counted(requests, unstored, 0), spend_log: booked(rows, 0) };
            assert_eq!(total.requests_agree(), agree, "{total:?}");
        }
    }
}
