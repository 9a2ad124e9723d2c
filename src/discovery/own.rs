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
    let mut without_one = Vec::new();
    let meant: Vec<_> = entries.iter().map(|(own, _)| meant(own, deployments)).collect();
    for ((own, as_listed), meant) in entries.into_iter().zip(meant) {
        if meant.is_empty() {
            without_one.push(as_listed);
        }
        for index in meant {
            apply(own, &mut deployments[index]);
        }
    }
    without_one
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

/// What the operator says to the exporter is above what the gateway says to itself, but for where the deployment is.
fn apply(own: &OwnModel, listed: &mut Listed) {
    if listed.api_base.is_none() && own.api_base.is_some() {
        listed.api_base.clone_from(&own.api_base);
        // It may have been switched off for want of an address.
        listed.probe = ProbeChoice::AsConfigured;
    }
    let over = |told: &Option<String>, field: &mut Option<String>| {
        if told.is_some() {
            field.clone_from(told);
        }
    };
    over(&own.api_version, &mut listed.api_version);
    if own.api_key.is_some() {
        listed.api_key.clone_from(&own.api_key);
    }
    listed.mode = own.mode.or(listed.mode);
    listed.prices = own.prices.or(listed.prices);
    if own.probe != ProbeChoice::AsConfigured {
        listed.probe = own.probe;
    }
}
