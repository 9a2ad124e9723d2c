//! What the operator's own entries add.

use llm_exporter::config::OwnModel;
use llm_exporter::discovery::{Mode, ProbeChoice, merge};

use super::fixtures::{Told as _, find, ids, key, listed, own};

#[test]
fn an_entry_tells_more_of_every_deployment_that_it_means() {
    let gateway = [listed("a", "1").for_(Mode::Chat).charging(1.0), listed("a", "2"), listed("b", "3")];
    let mut entry = own("a").with_key("k").for_(Mode::Embedding).charging(5.0);
    entry.api_version = Some("v".into());
    entry.probe = ProbeChoice::Completion;
    let roster = merge(Some(&gateway), None, &[entry]);
    for id in ["1", "2"] {
        let listed = find(&roster, id);
        assert_eq!(
            (key(listed), listed.mode, listed.probe),
            (Some("k"), Some(Mode::Embedding), ProbeChoice::Completion)
        );
        assert_eq!((listed.prices.input_token, listed.api_version.as_deref()), (Some(5.0), Some("v")));
    }
    assert_eq!(find(&roster, "3"), &listed("b", "3"), "of another model it says nothing");
}

#[test]
fn a_given_field_must_be_the_same() {
    let gateway = [listed("a", "1").at("https://one/"), listed("a", "2").at("https://two")];
    let narrowed: [(&str, OwnModel); 4] = [
        ("deployment", OwnModel { deployment: Some("1".into()), ..own("a") }),
        ("provider", OwnModel { provider: Some("azure".into()), ..own("a") }),
        ("upstream_model", OwnModel { upstream_model: Some("openai/b".into()), ..own("a") }),
        ("api_base", own("a").at("https://ONE")),
    ];
    for (field, entry) in narrowed {
        let roster = merge(Some(&gateway), None, &[entry.with_key("k")]);
        assert_eq!(key(find(&roster, "2")), None, "{field}");
        let is_meant = matches!(field, "deployment" | "api_base");
        assert_eq!(key(find(&roster, "1")).is_some(), is_meant, "{field}");
        assert_eq!(
            roster.deployments.len(),
            if is_meant { 2 } else { 3 },
            "{field}: an entry that means none is one itself"
        );
    }
}

#[test]
fn an_entry_that_means_none_is_a_deployment_of_its_own() {
    let entry = OwnModel { upstream_model: Some("azure/gpt-4o".into()), ..own("gpt-4") }
        .at("https://azure.example")
        .with_key("k");
    let named = OwnModel { deployment: Some("mine".into()), ..own("bare") };
    let roster = merge(Some(&[listed("gpt-4", "1")]), None, &[entry, named]);
    assert_eq!(roster.deployments.len(), 3);
    let mine = find(&roster, "mine");
    assert_eq!((mine.upstream_model.as_str(), mine.provider.as_str()), ("bare", "unknown"));
    let azure = roster.deployments.iter().find(|listed| listed.provider == "azure").expect("the first entry");
    assert!(azure.id.starts_with("listed-"), "{azure:?}");
    assert_eq!((azure.provider_model(), key(azure)), ("gpt-4o", Some("k")));
    assert_eq!(key(find(&roster, "1")), None, "the key of another address");
}

#[test]
fn an_address_is_added_only_where_nobody_has_it() {
    let gateway = [listed("a", "1"), listed("a", "2").at("https://two")];
    let roster = merge(Some(&gateway), None, &[own("a").at("https://two").with_key("k")]);
    assert_eq!(find(&roster, "1"), &listed("a", "1"));
    assert_eq!(key(find(&roster, "2")), Some("k"));
    let roster = merge(Some(&gateway), None, &[own("a").at("https://three").with_key("k")]);
    assert_eq!(find(&roster, "1"), &listed("a", "1").at("https://three").with_key("k"));
    assert_eq!(key(find(&roster, "2")), None);
}

#[test]
fn whose_address_nobody_knows_is_not_probed_until_the_operator_tells_it() {
    let mut hidden = listed("a", "1");
    hidden.probe = ProbeChoice::Off;
    let wanted = OwnModel { probe: ProbeChoice::Completion, ..own("a") };
    let probe = |entries: &[OwnModel]| merge(Some(&[hidden.clone()]), None, entries).deployments[0].probe;
    assert_eq!(probe(std::slice::from_ref(&wanted)), ProbeChoice::Off);
    assert_eq!(probe(&[own("a").at("https://here")]), ProbeChoice::AsConfigured);
    assert_eq!(probe(&[wanted.clone(), own("a").at("https://here")]), ProbeChoice::Completion);
    assert_eq!(probe(&[wanted.at("https://here")]), ProbeChoice::Completion);
}

#[test]
fn the_entry_that_says_more_of_what_it_means_is_above_the_others() {
    let one = OwnModel { deployment: Some("1".into()), ..own("a") }.with_key("of one");
    let all = OwnModel { probe: ProbeChoice::Off, ..own("a") }.with_key("of all");
    for entries in [[one.clone(), all.clone()], [all, one]] {
        let roster = merge(Some(&[listed("a", "1"), listed("a", "2")]), None, &entries);
        assert_eq!(["1", "2"].map(|id| key(find(&roster, id))), [Some("of one"), Some("of all")]);
        assert_eq!(["1", "2"].map(|id| find(&roster, id).probe), [ProbeChoice::Off; 2]);
    }
}

#[test]
fn the_operators_key_is_above_that_of_the_configuration_file() {
    let file = [listed("a", "1").with_key("file's")];
    let roster = merge(Some(&[listed("a", "1")]), Some(&file), &[own("a").with_key("operator's")]);
    assert_eq!(key(find(&roster, "1")), Some("operator's"));
}

#[test]
fn an_id_that_the_gateway_gave_to_another_model_stays_there() {
    let entry = OwnModel { deployment: Some("1".into()), ..own("b") };
    let roster = merge(Some(&[listed("a", "1")]), None, &[entry]);
    assert_eq!(roster.deployments, [listed("a", "1")]);
    assert_eq!(ids(&roster), ["1"]);
}
