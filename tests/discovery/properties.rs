//! What holds for any lists.

use std::collections::HashSet;

use llm_exporter::config::{OwnModel, Secret};
use llm_exporter::discovery::{Listed, Mode, Prices, ProbeChoice, merge};
use proptest::prelude::*;
use proptest::sample::select;

use super::fixtures::{listed, own};

fn key() -> impl Strategy<Value = Option<Secret>> {
    select(vec![None, Some("k1"), Some("k2")]).prop_map(|key| key.map(Secret::new))
}

fn address() -> impl Strategy<Value = Option<String>> {
    let addresses = vec![None, Some("https://one/v1"), Some("https://ONE/v1/"), Some("http://two")];
    select(addresses).prop_map(|address| address.map(str::to_owned))
}

fn mode() -> impl Strategy<Value = Option<Mode>> {
    select(vec![None, Some(Mode::Chat), Some(Mode::Embedding)])
}

fn price() -> impl Strategy<Value = Prices> {
    select(vec![None, Some(0.0), Some(1.5)]).prop_map(|price| Prices { input_token: price, ..Prices::default() })
}

fn probe() -> impl Strategy<Value = ProbeChoice> {
    select(vec![ProbeChoice::AsConfigured, ProbeChoice::Off, ProbeChoice::Completion])
}

/// So few names that they meet often.
fn name() -> impl Strategy<Value = &'static str> {
    select(vec!["a", "b", "openai/*"])
}

fn deployments() -> impl Strategy<Value = Vec<Listed>> {
    let id = select(vec!["1", "2", "3", "listed-1", "listed-2"]);
    let one = (name(), id, address(), key(), mode(), price(), probe());
    let one = one.prop_map(|(model, id, api_base, api_key, mode, prices, probe)| Listed {
        api_base,
        api_key,
        mode,
        prices,
        probe,
        ..listed(model, id)
    });
    prop::collection::vec(one, 0..8)
}

fn own_models() -> impl Strategy<Value = Vec<OwnModel>> {
    let id = select(vec![None, Some("1"), Some("9")]);
    let upstream = select(vec![None, Some("openai/a"), Some("azure/a")]);
    let one = (name(), id, upstream, address(), key(), mode(), price(), probe());
    let one = one.prop_map(|(model, id, upstream, api_base, api_key, mode, prices, probe)| OwnModel {
        deployment: id.map(str::to_owned),
        upstream_model: upstream.map(str::to_owned),
        api_base,
        api_key,
        mode,
        prices,
        probe,
        ..own(model)
    });
    prop::collection::vec(one, 0..6)
}

/// Whether what is told is, or may be, of the address of `listed`.
fn is_there(told: &Listed, listed: &Listed) -> bool {
    let normalised = |address: &String| address.to_lowercase().trim_end_matches('/').to_owned();
    told.api_base.is_none() || told.api_base.as_ref().map(normalised) == listed.api_base.as_ref().map(normalised)
}

/// A list, and the same in another order.
fn with_shuffled<T: Clone + std::fmt::Debug>(
    lists: impl Strategy<Value = Vec<T>>,
) -> impl Strategy<Value = (Vec<T>, Vec<T>)> {
    lists.prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle()))
}

proptest! {
    #[test]
    fn ids_are_unique_and_the_order_of_a_list_makes_no_difference(
        gateway in prop::option::of(with_shuffled(deployments())),
        file in prop::option::of(with_shuffled(deployments())),
        own in with_shuffled(own_models()),
    ) {
        let split = |lists: Option<(Vec<Listed>, Vec<Listed>)>| lists.map_or((None, None), |(one, other)| (Some(one), Some(other)));
        let ((gateway, gateway_again), (file, file_again)) = (split(gateway), split(file));
        let roster = merge(gateway.as_deref(), file.as_deref(), &own.0);
        let ids: HashSet<_> = roster.deployments.iter().map(|listed| &listed.id).collect();
        prop_assert_eq!(ids.len(), roster.deployments.len(), "{:?}", roster);
        let again = merge(gateway_again.as_deref(), file_again.as_deref(), &own.1);
        prop_assert_eq!(&roster, &again);
        let of_authority: HashSet<_> = gateway.as_ref().or(file.as_ref()).into_iter().flatten().map(|listed| &listed.id).collect();
        prop_assert!(of_authority.is_subset(&ids), "what the authority lists is there");
        prop_assert!(roster.deployments.is_sorted_by_key(|listed| (&listed.model, &listed.provider, &listed.id)));
    }

    #[test]
    fn no_key_goes_to_another_address(gateway in deployments(), file in deployments()) {
        let roster = merge(Some(&gateway), Some(&file), &[]);
        for listed in roster.deployments {
            let Some(key) = listed.api_key.clone() else { continue };
            let of_it = |told: &&Listed| told.id == listed.id || told.model == listed.model;
            let is_for = |told: &Listed| told.api_key.as_ref() == Some(&key) && is_there(told, &listed);
            let told = gateway.iter().chain(&file).filter(of_it).any(is_for);
            prop_assert!(told, "{} has a key that is not for its address", listed.id);
        }
    }
}
