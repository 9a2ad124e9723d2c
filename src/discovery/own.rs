//! The operator's own entries: what the gateway does not tell of its deployments, and deployments that it does not list.

use super::identity::{Identity, is_same_address};
use super::{Listed, ProbeChoice, providers};
use crate::config::OwnModel;

/// The deployments that the entries are, each taken for one of its own.
#[must_use]
pub fn own(models: &[OwnModel]) -> Vec<Listed> {
    models.iter().map(listed).collect()
}

fn listed(own: &OwnModel) -> Listed {
    let upstream_model = own.upstream_model.as_ref().unwrap_or(&own.model);
    let made_up = || Identity::new(&own.model, upstream_model, own.api_base.as_deref()).made_up_id();
    Listed {
        id: own.deployment.clone().unwrap_or_else(made_up),
        model: own.model.clone(),
        provider: providers::of(own.provider.as_deref(), upstream_model, None),
        upstream_model: upstream_model.clone(),
        api_base: own.api_base.clone(),
        api_version: own.api_version.clone(),
        api_key: own.api_key.clone(),
        mode: own.mode,
        prices: own.prices,
        probe: own.probe,
    }
}

/// Tells `deployments` what the operator knows of them, and returns the entries that none of them is meant by.
///
/// Where several entries mean one deployment, the one that says more of which it means is above the others.
pub(super) fn supplement(deployments: &mut [Listed], models: &[OwnModel]) -> Vec<Listed> {
    let mut entries: Vec<_> = models.iter().map(|own| (own, listed(own))).collect();
    // Two that differ in nothing but the key are a mistake, which must not depend on the order either.
    let key = |own: &OwnModel| own.api_key.as_ref().map(|key| key.expose().to_owned());
    entries.sort_by(|(own, one), (other_own, other)| {
        let by_content = || other.cmp_told(one).then_with(|| key(own).cmp(&key(other_own)));
        specificity(own).cmp(&specificity(other_own)).then_with(by_content)
    });
    let meant: Vec<_> = entries.iter().map(|(own, _)| meant(own, deployments)).collect();
    let entries = || entries.iter().zip(&meant);
    for ((own, _), places) in entries() {
        places.iter().for_each(|place| tell_address(own, &mut deployments[*place]));
    }
    let can_be_asked: Vec<_> = deployments.iter().map(|listed| !listed.is_address_unknown()).collect();
    for ((own, _), places) in entries() {
        for place in places.iter().copied() {
            tell_rest(own, &mut deployments[place]);
            if own.probe != ProbeChoice::AsConfigured && can_be_asked[place] {
                deployments[place].probe = own.probe;
            }
        }
    }
    let is_one_itself = |((_, listed), places): (&(_, Listed), &Vec<usize>)| places.is_empty().then(|| listed.clone());
    entries().filter_map(is_one_itself).collect()
}

/// How much an entry says of which deployment it means.
fn specificity(own: &OwnModel) -> usize {
    let told = [&own.deployment, &own.provider, &own.upstream_model, &own.api_base];
    told.iter().filter(|field| field.is_some()).count()
}

/// The places of the deployments that an entry means. Its address is a fact to add only where no deployment has that address.
fn meant(own: &OwnModel, deployments: &[Listed]) -> Vec<usize> {
    let is_or_any = |told: &Option<String>, of: &str| told.as_deref().is_none_or(|told| told == of);
    let is_named = |listed: &Listed| {
        own.model == listed.model
            && is_or_any(&own.deployment, &listed.id)
            && is_or_any(&own.provider, &listed.provider)
            && is_or_any(&own.upstream_model, &listed.upstream_model)
    };
    let named = || deployments.iter().enumerate().filter(|(_, listed)| is_named(listed));
    let places = |is_there: &dyn Fn(&Listed) -> bool| -> Vec<usize> {
        named().filter(|(_, listed)| is_there(listed)).map(|(place, _)| place).collect()
    };
    let Some(address) = own.api_base.as_deref() else { return places(&|_| true) };
    let there = places(&|listed| is_same_address(listed.api_base.as_deref(), Some(address)));
    if there.is_empty() { places(&|listed| listed.api_base.is_none()) } else { there }
}

/// Where a deployment is, the operator tells only where nobody else does.
fn tell_address(own: &OwnModel, listed: &mut Listed) {
    if listed.api_base.is_some() || own.api_base.is_none() {
        return;
    }
    if listed.is_address_unknown() {
        listed.probe = ProbeChoice::AsConfigured;
    }
    listed.api_base.clone_from(&own.api_base);
}

/// Of everything else, what the operator says to the exporter is above what the gateway says to itself.
fn tell_rest(own: &OwnModel, listed: &mut Listed) {
    listed.api_version = own.api_version.clone().or(listed.api_version.take());
    listed.api_key = own.api_key.clone().or(listed.api_key.take());
    listed.mode = own.mode.or(listed.mode);
    listed.prices = own.prices.or(listed.prices);
}
