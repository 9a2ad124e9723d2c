//! The gateway's list and its configuration file put together.

use llm_exporter::discovery::{Mode, ProbeChoice, merge};

use super::fixtures::{Told as _, find, ids, key, listed};

#[test]
fn the_gateway_decides_which_deployments_there_are() {
    let gateway = [listed("a", "1"), listed("b", "2")];
    let file = [listed("b", "2").with_key("kb"), listed("c", "3").with_key("kc")];
    let roster = merge(Some(&gateway), Some(&file), &[]);
    assert_eq!(ids(&roster), ["1", "2"], "what only the file lists is not running");
    assert_eq!(ids(&merge(None, Some(&file), &[])), ["2", "3"], "without the gateway's list the file's is the list");
    assert_eq!(ids(&merge(Some(&[]), Some(&file), &[])), [""; 0], "no models are a list too");
}

#[test]
fn the_file_tells_only_what_the_gateway_does_not() {
    let gateway = [listed("a", "1").at("https://gw").charging(1.0)];
    let mut of_file = listed("renamed", "1").with_key("k").for_(Mode::Rerank).charging(2.0);
    of_file.upstream_model = "other/a".into();
    of_file.api_version = Some("v".into());
    of_file.prices.request = Some(3.0);
    let roster = merge(Some(&gateway), Some(&[of_file]), &[]);
    let mut expected = listed("a", "1").at("https://gw").with_key("k").for_(Mode::Rerank).charging(1.0);
    expected.api_version = Some("v".into());
    expected.prices.request = Some(3.0);
    assert_eq!(roster.deployments, [expected]);
}

#[test]
fn without_an_id_name_and_address_tell_which_is_meant() {
    let gateway = [listed("a", "1").at("https://one/v1/"), listed("a", "2").at("https://two/v1"), listed("a", "3")];
    let file = [
        listed("a", "listed-x").at("https://ONE/v1").with_key("k1"),
        listed("a", "listed-y").at("https://two/v1/").with_key("k2"),
        listed("b", "listed-z").with_key("not a's"),
    ];
    let roster = merge(Some(&gateway), Some(&file), &[]);
    let keys = ["1", "2", "3"].map(|id| key(find(&roster, id)));
    assert_eq!(keys, [Some("k1"), Some("k2"), None]);
}

#[test]
fn an_id_is_above_name_and_address() {
    let gateway = [listed("a", "1"), listed("a", "2")];
    let file = [listed("a", "1").with_key("k1"), listed("a", "2").with_key("k2"), listed("a", "9").with_key("k9")];
    let roster = merge(Some(&gateway), Some(&file), &[]);
    assert_eq!(["1", "2"].map(|id| key(find(&roster, id))), [Some("k1"), Some("k2")]);
    // What is known under another id of the gateway's is not taken for this one.
    let roster = merge(Some(&gateway), Some(&file[..1]), &[]);
    assert_eq!(["1", "2"].map(|id| key(find(&roster, id))), [Some("k1"), None]);
}

#[test]
fn a_key_that_may_be_anothers_is_not_used() {
    let gateway = [listed("a", "1"), listed("a", "2")];
    let file = [listed("a", "listed-x").with_key("k1"), listed("a", "listed-x").with_key("k2")];
    let roster = merge(Some(&gateway), Some(&file), &[]);
    assert_eq!(["1", "2"].map(|id| key(find(&roster, id))), [None, None]);
    assert_eq!(key(&merge(None, Some(&file), &[]).deployments[0]), None);
    let same = [listed("a", "listed-x").with_key("k"), listed("a", "listed-x").with_key("k")];
    assert_eq!(key(find(&merge(Some(&gateway), Some(&same), &[]), "2")), Some("k"));
}

#[test]
fn an_address_that_only_the_file_knows_can_be_asked() {
    let mut unknown = listed("a", "1");
    unknown.probe = ProbeChoice::Off;
    let roster = merge(Some(&[unknown]), Some(&[listed("a", "1").at("https://file")]), &[]);
    assert_eq!(roster.deployments, [listed("a", "1").at("https://file")]);
}

#[test]
fn a_key_is_for_its_address() {
    let gateway = [listed("a", "1").at("https://old")];
    let file = [listed("a", "1").at("https://new").with_key("k").for_(Mode::Chat)];
    assert_eq!(
        merge(Some(&gateway), Some(&file), &[]).deployments,
        [listed("a", "1").at("https://old").for_(Mode::Chat)]
    );
}

#[test]
fn an_address_that_the_gateway_keeps_to_itself_is_found_by_name_where_there_is_only_one() {
    let mut hidden = listed("a", "1");
    hidden.probe = ProbeChoice::Off;
    let file = [listed("a", "listed-x").at("https://one").with_key("k"), listed("b", "listed-y").at("https://two")];
    let roster = merge(Some(&[hidden.clone()]), Some(&file), &[]);
    assert_eq!(roster.deployments, [listed("a", "1").at("https://one").with_key("k")]);
    let file = [listed("a", "listed-x").at("https://one").with_key("k"), listed("a", "listed-y").at("https://two")];
    assert_eq!(merge(Some(&[hidden.clone()]), Some(&file), &[]).deployments, [hidden], "two may be meant");
}

#[test]
fn no_two_deployments_share_an_id() {
    let roster = merge(Some(&[listed("b", "1"), listed("a", "1"), listed("a", "2")]), None, &[]);
    let named: Vec<_> = roster.deployments.iter().map(|listed| (listed.model.as_str(), listed.id.as_str())).collect();
    assert_eq!(named, [("a", "1"), ("a", "2")]);
}

#[test]
fn the_roster_is_sorted() {
    let mut azure = listed("b", "9");
    azure.provider = "azure".into();
    let roster = merge(Some(&[listed("c", "0"), listed("b", "2"), listed("b", "1"), azure]), None, &[]);
    assert_eq!(ids(&roster), ["9", "1", "2", "0"]);
}

#[test]
fn a_roster_shows_no_secrets() {
    let of_gateway = listed("a", "1").at("https://user:hunter2@host/v1?token=abc");
    let roster = merge(Some(&[of_gateway]), Some(&[listed("a", "1").with_key("sk-very-secret")]), &[]);
    assert_eq!(key(&roster.deployments[0]), Some("sk-very-secret"));
    let shown = format!("{roster:?} {roster:#?}");
    for secret in ["hunter2", "token=abc", "very-secret"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(shown.contains("https://host/v1"), "{shown}");
}
