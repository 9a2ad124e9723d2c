//! Differences, each told once, and again when it has changed.

use std::collections::BTreeMap;

use super::compare::Total;
use crate::event::UtcHour;
use crate::state::{Booked, ComparedModel, Counted};

/// What differs in an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Drift {
    pub(super) hour: UtcHour,
    /// The model whose cost differs; `None` where it is the number of requests of all together.
    pub(super) model: Option<String>,
    pub(super) counted: Counted,
    pub(super) spend_log: Booked,
}

/// What was told, by hour and model.
#[derive(Debug, Default)]
pub(super) struct Drifts {
    told: BTreeMap<(UtcHour, Option<String>), (Counted, Booked)>,
}

impl Drifts {
    /// What differs in an hour and has not been told like this before.
    pub(super) fn note(&mut self, hour: UtcHour, compared: &[ComparedModel]) -> Vec<Drift> {
        let of_costs = compared.iter().filter(|compared| !compared.costs_agree()).map(|compared| {
            let ComparedModel { model, counted, spend_log, daily: _ } = compared.clone();
            Drift { hour, model: Some(model), counted, spend_log }
        });
        let Total { counted, spend_log } = Total::of(compared);
        let of_requests =
            (!Total { counted, spend_log }.requests_agree()).then_some(Drift { hour, model: None, counted, spend_log });
        let drifts: Vec<Drift> = of_requests.into_iter().chain(of_costs).collect();
        // What agrees by now may differ again.
        self.told.retain(|(told, model), _| *told != hour || drifts.iter().any(|drift| drift.model == *model));
        drifts.into_iter().filter(|drift| self.is_news(drift)).collect()
    }

    /// Forgets what is before this hour.
    pub(super) fn forget(&mut self, first: UtcHour) {
        self.told = self.told.split_off(&(first, None));
    }

    fn is_news(&mut self, drift: &Drift) -> bool {
        let Drift { hour, model, counted, spend_log } = drift;
        let said = (*counted, *spend_log);
        self.told.insert((*hour, model.clone()), said) != Some(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Timestamp, Usd};

    fn compared(counted: u64, booked: u64) -> Vec<ComparedModel> {
        // Each request costs a cent.
        let cost = |requests: u64| Usd::from_all_picos(u128::from(requests) * 10_000_000_000);
        let counted = Counted { requests: counted, unstored: 0, cost: cost(counted) };
        let spend_log = Booked { requests: booked, cost: cost(booked) };
        vec![ComparedModel { model: "m".to_owned(), counted, spend_log, daily: None }]
    }

    #[test]
    fn a_difference_is_told_once_and_again_when_it_has_changed_or_come_back() {
        let mut drifts = Drifts::default();
        let hour = UtcHour::of(Timestamp::from_micros(1_795_515_600_000_000));
        let told = |drifts: &mut Drifts, counted, booked| {
            let told = drifts.note(hour, &compared(counted, booked));
            told.into_iter().map(|drift| drift.model).collect::<Vec<_>>()
        };
        let both = [None, Some("m".to_owned())];
        assert_eq!(told(&mut drifts, 2, 2), []);
        assert_eq!(told(&mut drifts, 2, 3), both);
        assert_eq!(told(&mut drifts, 2, 3), []);
        assert_eq!(told(&mut drifts, 2, 4), both);
        assert_eq!(told(&mut drifts, 4, 4), []);
        assert_eq!(told(&mut drifts, 2, 4), both);
        drifts.forget(hour.plus(1));
        assert_eq!(told(&mut drifts, 2, 4), both);
    }
}
