//! Behind a proxy. The environment belongs to a whole process, so it is the command `probe` that asks here.

use std::fs;
use std::process::Command;

use llm_exporter::event::ErrorKind;

use crate::support::provider::{Behaviour, Provider};

/// Nobody can reach it but through a proxy.
const HOST: &str = "provider.invalid";

/// What came of probing [`HOST`] in a process with this environment: the result of each way, by its name such as `http-connect`.
fn probe_behind(proxy: &Provider, no_proxy: &str) -> impl Fn(&str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("llm-exporter.yml");
    let model = |scheme: &str, level: &str| {
        format!(
            "  - {{model: {scheme}-{level}, deployment: {scheme}-{level}, upstream_model: openai/gpt-4o, api_key: sk-proxied, \
             probe: {level}, api_base: '{scheme}://{HOST}/v1'}}\n"
        )
    };
    let ways = [("http", "connect"), ("http", "models"), ("https", "connect"), ("https", "models")];
    let models: String = ways.into_iter().map(|(scheme, level)| model(scheme, level)).collect();
    fs::write(&config, format!("models:\n{models}")).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_llm-exporter"))
        .arg("probe")
        .arg("--config")
        .arg(&config)
        .env_clear()
        .env("HTTP_PROXY", proxy.url())
        .env("HTTPS_PROXY", proxy.url())
        .env("http_proxy", proxy.url())
        .env("NO_PROXY", no_proxy)
        .env("no_proxy", no_proxy)
        .output()
        .expect("the command can be run");
    let printed = String::from_utf8(output.stdout).expect("text");
    move |way| {
        let row = printed.lines().find(|line| line.split_whitespace().next() == Some(way));
        let result = row.and_then(|row| row.split_whitespace().nth(3));
        result.unwrap_or_else(|| panic!("{way} has no result in\n{printed}")).to_owned()
    }
}

#[test]
fn a_host_behind_a_proxy_is_reached_through_it() {
    let proxy = Provider::start();
    assert_eq!(probe_behind(&proxy, "")("http-connect"), "ok");
    let seen = proxy.last("HEAD http://provider.invalid/v1").expect("the proxy was asked");
    assert_eq!(seen.header("authorization"), None, "a connection needs no key");
    assert_eq!(proxy.requests("GET http://provider.invalid/v1/models"), 1);
}

#[test]
fn a_tunnel_that_the_proxy_does_not_build_is_no_connection() {
    let proxy = Provider::start();
    let result = probe_behind(&proxy, "");
    for way in ["https-connect", "https-models"] {
        assert_eq!(result(way), ErrorKind::Connect.as_str(), "{way}");
    }
    let seen = proxy.last("CONNECT provider.invalid:443").expect("the proxy was asked");
    assert_eq!(seen.header("authorization"), None);
}

#[test]
fn a_proxy_that_can_not_reach_the_host_is_no_evidence_for_it() {
    let proxy = Provider::start();
    for status in [407, 502, 503, 504] {
        proxy.behave(Behaviour::Status(status));
        assert_eq!(probe_behind(&proxy, "")("http-connect"), ErrorKind::Connect.as_str(), "{status}");
    }
}

#[test]
fn a_host_that_needs_no_proxy_is_reached_directly() {
    let proxy = Provider::start();
    let result = probe_behind(&proxy, HOST);
    for way in ["http-connect", "http-models", "https-connect", "https-models"] {
        assert_ne!(result(way), "ok", "{way}");
    }
    assert_eq!(proxy.connections(), 0);
}
