//! Several lists put together to one. Pure: no I/O, and the order of a list makes no difference.

mod order;
mod others;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use others::Others;

use super::identity::is_same_address;
use super::own;
use super::{Listed, Roster};
use crate::config::{OwnModel, Secret};

/// Puts the lists together.
///
/// The gateway's list, where there is one, decides which deployments there are; the configuration file then only tells of these what
/// the gateway does not, keys above all. Without it the configuration file's deployments are the list. The operator's own entries tell
/// more of the deployments that they mean; one that means none is a deployment of its own.
#[must_use]
pub fn merge(gateway: Option<&[Listed]>, config_file: Option<&[Listed]>, own: &[OwnModel]) -> Roster {
    Merged::of(gateway, config_file, own).roster
}

/// A roster, and what was strange on the way there.
pub(super) struct Merged {
    pub(super) roster: Roster,
    pub(super) notes: Vec<String>,
}

impl Merged {
    pub(super) fn of(gateway: Option<&[Listed]>, config_file: Option<&[Listed]>, models: &[OwnModel]) -> Self {
        let mut used_twice = BTreeSet::new();
        let mut deployments = distinct(gateway.or(config_file).unwrap_or_default(), &mut used_twice);
        if let (Some(_), Some(config_file)) = (gateway, config_file) {
            supplement(&mut deployments, &distinct(config_file, &mut used_twice));
        }
        let of_the_operator = own::supplement(&mut deployments, models);
        let mut ids: HashSet<String> = deployments.iter().map(|listed| listed.id.clone()).collect();
        for listed in distinct(&of_the_operator, &mut used_twice) {
            if ids.insert(listed.id.clone()) {
                deployments.push(listed);
            } else {
                used_twice.insert(listed.id);
            }
        }
        deployments.sort_by(Listed::cmp_place);
        let note = |id| format!("several models have deployments with the id {id:?}; only the first is listed");
        Self { roster: Roster { deployments }, notes: used_twice.into_iter().map(note).collect() }
    }
}

/// The list with one deployment for each id. Entries with the same id and name are one; of other names the first stays.
fn distinct(list: &[Listed], used_twice: &mut BTreeSet<String>) -> Vec<Listed> {
    let mut by_id = BTreeMap::<&str, Vec<&Listed>>::new();
    for listed in list {
        by_id.entry(&listed.id).or_default().push(listed);
    }
    let one = |mut same: Vec<&Listed>| {
        same.sort_by(|one, other| one.cmp_told(other));
        let first = same[0];
        if same.iter().any(|listed| listed.model != first.model) {
            used_twice.insert(first.id.clone());
        }
        same.retain(|listed| listed.model == first.model);
        let mut listed = first.clone();
        listed.api_key = agreed_key(&same).cloned();
        same[1..].iter().for_each(|more| fill(&mut listed, more));
        listed
    };
    by_id.into_values().map(one).collect()
}

/// Tells `deployments` what other entries know of them.
fn supplement(deployments: &mut [Listed], others: &[Listed]) {
    let ids: HashSet<String> = deployments.iter().map(|listed| listed.id.clone()).collect();
    let others = Others::new(others, &ids);
    for listed in deployments {
        let same = others.like(listed);
        same.iter().for_each(|other| fill(listed, other));
        let is_there = |other: &Listed| {
            other.api_base.is_none() || is_same_address(other.api_base.as_deref(), listed.api_base.as_deref())
        };
        // A key is sent nowhere but where it is for.
        if listed.api_key.is_none() && same.iter().all(|other| is_there(other)) {
            listed.api_key = agreed_key(&same).cloned();
        }
    }
}

/// The key that all of them have. Where they differ nobody knows whose is whose, and a probe with another's key would find
/// a failure that is none.
fn agreed_key<'a>(same: &[&'a Listed]) -> Option<&'a Secret> {
    let first = same.first()?.api_key.as_ref();
    first.filter(|_| same.iter().all(|listed| listed.api_key.as_ref() == first))
}

/// Takes from `other` what is not known yet, but for the key.
fn fill(listed: &mut Listed, other: &Listed) {
    if listed.api_base.is_none() {
        if listed.is_address_unknown() {
            listed.probe = other.probe;
        }
        listed.api_base.clone_from(&other.api_base);
    }
    listed.api_version = listed.api_version.take().or_else(|| other.api_version.clone());
    listed.mode = listed.mode.or(other.mode);
    listed.prices = listed.prices.or(other.prices);
}
