//! Reading each list.

use llm_exporter::discovery::{Listed, Mode, Prices, ProbeChoice, gateway, litellm_config, merge};

use super::fixtures::{Folder, captured_answer, captured_kinds, find, ids, key};
use super::support::captures;

fn no_env(_: &str) -> Option<String> {
    None
}

#[test]
fn a_real_answer_of_the_gateway_becomes_the_roster() {
    let list = gateway::parse(&captured_answer()).expect("a list");
    assert_eq!(list.notes, [""; 0]);
    let roster = merge(Some(&list.deployments), None, &[]);
    assert_eq!(ids(&roster), ["dep-up-embed", "dep-up-ok", "dep-up-ok-b", "dep-up-tools"]);
    let embed = find(&roster, "dep-up-embed");
    assert_eq!((embed.model.as_str(), embed.provider.as_str()), ("up-embed", "openai"));
    assert_eq!(
        (embed.upstream_model.as_str(), embed.provider_model()),
        ("openai/text-embedding-3-small", "text-embedding-3-small")
    );
    assert_eq!(embed.api_base.as_deref(), Some("http://127.0.0.1:18080/b/ok/v1"));
    assert_eq!((embed.mode, embed.probe), (Some(Mode::Embedding), ProbeChoice::AsConfigured));
    assert_eq!(embed.prices, Prices { input_token: Some(2e-8), output_token: Some(0.0), request: None });
    assert_eq!(find(&roster, "dep-up-ok").mode, Some(Mode::Chat));
}

#[test]
fn the_gateway_lists_a_deployment_as_its_events_name_it() {
    let list = gateway::parse(&captured_answer()).expect("a list");
    let mut seen = 0;
    for scenario in captures::scenarios() {
        for event in captures::events(&scenario) {
            let Some(listed) = list.deployments.iter().find(|listed| event["model_id"] == listed.id) else { continue };
            seen += 1;
            assert_eq!(event["model_group"], listed.model);
            assert_eq!(event["model"], listed.upstream_model);
            assert_eq!(event["custom_llm_provider"], listed.provider);
            let api_base = event["api_base"].as_str().expect("an address").trim_end_matches('/');
            assert_eq!(Some(api_base), listed.api_base.as_deref());
        }
    }
    assert!(seen > 5, "the captures have events of these deployments");
}

/// `model provider upstream_model address key`, `-` for what is absent.
fn in_words(listed: &Listed) -> String {
    let address = if listed.probe == ProbeChoice::Off { "unknown" } else { listed.api_base.as_deref().unwrap_or("-") };
    format!("{} {} {} {address} {}", listed.model, listed.provider, listed.upstream_model, key(listed).unwrap_or("-"))
}

#[test]
fn each_kind_of_deployment_of_a_real_gateway_is_known() {
    let (answer, config) = captured_kinds();
    let list = gateway::parse(&answer).expect("a list").deployments;
    let found: Vec<_> = merge(Some(&list), None, &[]).deployments.iter().map(in_words).collect();
    let expected = [
        "az azure azure/gpt-4o https://az.example -",
        "base_url openai openai/foo http://127.0.0.1:9/bu -",
        "bedrock bedrock bedrock/anthropic.claude-3-haiku-20240307-v1:0 - -",
        "claude anthropic claude-sonnet-4-5-20250929 - -",
        "cohere cohere cohere/command-r-plus - -",
        "cred openai openai/foo unknown -",
        "custom openai my/llama http://127.0.0.1:9/custom/v1/ -",
        "dup openai openai/foo http://127.0.0.1:9/d -",
        "dup openai openai/foo http://127.0.0.1:9/d -",
        "included openai openai/inc - -",
        "missing openai openai/foo - -",
        "openai/* openai openai/* - -",
        "own openai openai/foo - -",
        "plain openai gpt-4o - -",
        "rr cohere cohere/rerank-english-v3.0 - -",
        "vertex vertex_ai vertex_ai/gemini-2.5-pro - -",
    ];
    assert_eq!(found, expected);
    let env = |name: &str| match name {
        "AZ_BASE" => Some("https://az.example/".to_owned()),
        "AZ_KEY" => Some("azk".to_owned()),
        "CRED_KEY" => Some("ck".to_owned()),
        _ => None,
    };
    let of_file = litellm_config::read(&config, &env).expect("a list").deployments;
    let more: Vec<_> = merge(Some(&list), Some(&of_file), &[]).deployments.iter().map(in_words).collect();
    let told: Vec<_> =
        more.iter().zip(expected).filter(|(now, before)| now != before).map(|(now, _)| now.as_str()).collect();
    let expected = [
        "az azure azure/gpt-4o https://az.example azk",
        "base_url openai openai/foo http://127.0.0.1:9/bu k",
        "claude anthropic claude-sonnet-4-5-20250929 - x",
        "cohere cohere cohere/command-r-plus - k",
        "cred openai openai/foo http://127.0.0.1:9/cred ck",
        "custom openai my/llama http://127.0.0.1:9/custom/v1/ k",
        "included openai openai/inc - k",
        "openai/* openai openai/* - k",
        "rr cohere cohere/rerank-english-v3.0 - k",
    ];
    assert_eq!(told, expected, "nobody can tell whose the keys of `dup` are; that of `own` is for another address");
}

#[test]
fn a_wildcard_that_the_gateway_spells_out_is_one_deployment() {
    let list = gateway::parse(&captured_kinds().0).expect("a list").deployments;
    let roster = merge(Some(&list), None, &[]);
    let mut wildcards = roster.deployments.iter().filter(|listed| listed.is_wildcard());
    let wildcard = wildcards.next().expect("a wildcard");
    assert_eq!((wildcard.mode, wildcard.prices), (None, Prices::default()), "they differ from model to model");
    assert!(wildcards.next().is_none(), "{roster:?}");
}

#[test]
fn wildcards_are_listed_as_such() {
    let body = br#"{"data":[
        {"model_name":"openai/*","litellm_params":{"model":"openai/*"},"model_info":{"id":"w1"}},
        {"model_name":"*","litellm_params":{"model":"*"},"model_info":{"id":"w2"}},
        {"model_name":"any","litellm_params":{"model":"anthropic/*"},"model_info":{"id":"w3"}},
        {"model_name":"one","litellm_params":{"model":"anthropic/one"},"model_info":{"id":"n"}}]}"#;
    let list = gateway::parse(body).expect("a list");
    let roster = merge(Some(&list.deployments), None, &[]);
    let is_wildcard: Vec<_> = ["w1", "w2", "w3", "n"].map(|id| find(&roster, id).is_wildcard()).into();
    assert_eq!(is_wildcard, [true, true, true, false]);
    assert_eq!(find(&roster, "w1").provider, "openai");
}

#[test]
fn a_configuration_file_is_read_with_what_it_includes() {
    let folder = Folder::new();
    let config = folder.write(
        "config.yaml",
        "include: [models/azure.yaml, models/openai.yaml]
litellm_settings: {drop_params: true}
model_list: [{model_name: here, litellm_params: {model: openai/here}, model_info: {id: main}}]
",
    );
    folder.write(
        "models/azure.yaml",
        "model_list: [{model_name: there, litellm_params: {model: azure/there, api_key: os.environ/AZURE_KEY}, model_info: {id: azure}}]",
    );
    // They include each other: each is read once.
    folder.write(
        "models/openai.yaml",
        "include: [../config.yaml]\nmodel_list: [{model_name: x, litellm_params: {model: openai/x}, model_info: {id: x}}]",
    );
    let env = |name: &str| (name == "AZURE_KEY").then(|| "sk-azure".to_owned());
    let list = litellm_config::read(&config, &env).expect("a list");
    assert_eq!(list.notes, [""; 0]);
    let roster = merge(None, Some(&list.deployments), &[]);
    assert_eq!(ids(&roster), ["main", "azure", "x"]);
    assert_eq!(key(find(&roster, "azure")), Some("sk-azure"));
}

#[test]
fn half_a_configuration_is_none() {
    let folder = Folder::new();
    let text = "include: [gone.yaml]\nmodel_list: [{model_name: here, litellm_params: {model: openai/here}}]";
    let config = folder.write("config.yaml", text);
    let error = litellm_config::read(&config, &no_env).expect_err("the other half is missing").to_string();
    assert!(error.contains("gone.yaml: cannot be read: No such file"), "{error}");
}

#[test]
fn a_made_up_id_is_the_same_each_time_and_differs_between_deployments() {
    let folder = Folder::new();
    let entries = "model_list:
  - {model_name: a, litellm_params: {model: openai/a, api_base: 'https://one.example/v1'}}
  - {model_name: a, litellm_params: {model: openai/a, api_base: 'https://two.example/v1'}}
  - {model_name: a, litellm_params: {model: openai/a, api_base: 'https://two.example/v1/', rpm: 3}}
";
    let config = folder.write("config.yaml", entries);
    let roster = || merge(None, Some(&litellm_config::read(&config, &no_env).expect("a list").deployments), &[]);
    let found = roster();
    assert_eq!(found, roster());
    assert_eq!(found.deployments.len(), 2, "two that are the same are one: {found:?}");
    for id in ids(&found) {
        let digits = id.strip_prefix("listed-").expect("a made-up id says so");
        assert!(digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    }
}
