//! Behind a proxy. The environment belongs to a whole process, so these tests run themselves again in one of their own.

use std::process::Command;

use llm_exporter::event::{ErrorKind, ProbeLevel};

use crate::support::provider::{Behaviour, Provider};
use crate::{deployment, probe};

/// Nobody can reach it but through a proxy.
const HOST: &str = "provider.invalid";

/// Probes [`HOST`] in a process with this environment; gives what it prints.
fn probe_behind(proxy: &Provider, no_proxy: &str) -> String {
    let output = Command::new(std::env::current_exe().expect("this test is a file"))
        .args(["--exact", "proxy::in_a_process_of_its_own", "--ignored", "--nocapture"])
        .env("HTTP_PROXY", proxy.url())
        .env("HTTPS_PROXY", proxy.url())
        .env("http_proxy", proxy.url())
        .env("NO_PROXY", no_proxy)
        .env("no_proxy", no_proxy)
        .output()
        .expect("this test can be run");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
#[ignore = "run by the other tests of this file, with an environment of its own"]
#[expect(clippy::print_stdout, reason = "the way back to who started this process")]
fn in_a_process_of_its_own() {
    for (scheme, level) in [
        ("http", ProbeLevel::Connect),
        ("http", ProbeLevel::Models),
        ("https", ProbeLevel::Connect),
        ("https", ProbeLevel::Models),
    ] {
        let outcome = probe(&deployment("openai", &format!("{scheme}://{HOST}/v1")), level);
        let result = outcome.result.as_ref().map_or_else(|failure| failure.kind.as_str(), |()| "success");
        println!("{scheme} {}: {result}", level.as_str());
    }
}

#[test]
fn a_host_behind_a_proxy_is_reached_through_it() {
    let proxy = Provider::start();
    let printed = probe_behind(&proxy, "");
    assert!(printed.contains("http connect: success"), "{printed}");
    let seen = proxy.last("HEAD http://provider.invalid/v1").expect("the proxy was asked");
    assert_eq!(seen.header("authorization"), None, "a connection needs no key");
    assert_eq!(proxy.requests("GET http://provider.invalid/v1/models"), 1);
}

#[test]
fn a_tunnel_that_the_proxy_does_not_build_is_no_connection() {
    let proxy = Provider::start();
    let printed = probe_behind(&proxy, "");
    for level in ["connect", "models"] {
        assert!(printed.contains(&format!("https {level}: connect")), "{printed}");
    }
    let seen = proxy.last("CONNECT provider.invalid:443").expect("the proxy was asked");
    assert_eq!(seen.header("authorization"), None);
}

#[test]
fn a_proxy_that_can_not_reach_the_host_is_no_evidence_for_it() {
    let proxy = Provider::start();
    for status in [407, 502, 503, 504] {
        proxy.behave(Behaviour::Status(status));
        let printed = probe_behind(&proxy, "");
        let kind = ErrorKind::Connect.as_str();
        assert!(printed.contains(&format!("http connect: {kind}")), "{status}: {printed}");
    }
}

#[test]
fn a_host_that_needs_no_proxy_is_reached_directly() {
    let proxy = Provider::start();
    let printed = probe_behind(&proxy, HOST);
    assert!(!printed.contains("success"), "{printed}");
    assert_eq!(proxy.connections(), 0);
}
