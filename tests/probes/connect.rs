//! A connection: DNS, TCP, TLS with the name checked.

use std::net::TcpListener;

use llm_exporter::config::Probes;
use llm_exporter::event::{ErrorKind, ProbeLevel};

use crate::support::deadline::{PATIENCE, poll};
use crate::support::provider::{Behaviour, Provider};
use crate::{assert_failure, assert_success, at, config, deployment, probe, probe_shortly, probe_with};

const LEVEL: ProbeLevel = ProbeLevel::Connect;

/// An address where nobody listens.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

#[test]
fn a_port_that_is_open_is_connected_to_and_asked_nothing() {
    let provider = Provider::start();
    provider.behave(Behaviour::Status(500));
    assert_success(&probe(&at(&provider), LEVEL), LEVEL);
    assert!(poll(PATIENCE, || (provider.connections() == 1).then_some(())).is_some(), "nobody came");
    assert_eq!(provider.all_requests(), 0);
}

#[test]
fn a_port_that_is_closed_is_named_with_its_host_and_with_nothing_secret() {
    let port = closed_port();
    let base = format!("http://user:passw0rd@127.0.0.1:{port}/hidden/v1?api-key=s3cr3t");
    let outcome = probe(&deployment("openai", &base), LEVEL);
    let failure = assert_failure(&outcome, LEVEL, ErrorKind::Connect);
    assert!(failure.message.starts_with(&format!("TCP 127.0.0.1:{port}: ")), "{}", failure.message);
    for secret in ["user", "passw0rd", "hidden", "s3cr3t"] {
        assert!(!failure.message.contains(secret), "{}", failure.message);
    }
}

#[test]
fn a_name_that_does_not_exist_is_a_failure_of_dns() {
    let outcome = probe(&deployment("openai", "https://no-such-host.invalid/v1"), LEVEL);
    let failure = outcome.result.expect_err("no such host");
    assert!(failure.message.starts_with("DNS no-such-host.invalid:443: "), "{}", failure.message);
}

#[test]
fn a_name_with_several_addresses_is_reached_over_the_one_that_answers() {
    let provider = Provider::start();
    // `localhost` may be `::1` too, where nobody listens.
    let base = format!("http://localhost:{}/v1", provider.address().port());
    assert_success(&probe(&deployment("openai", &base), LEVEL), LEVEL);
}

#[test]
fn a_certificate_by_an_authority_that_the_operator_trusts_is_good() {
    let provider = Provider::start_tls();
    let config = Probes { ca_file: Some(provider.ca_path()), ..config() };
    assert_success(&probe_with(&config, &at(&provider), LEVEL), LEVEL);
    assert_success(&probe_with(&config, &at(&provider), ProbeLevel::Models), ProbeLevel::Models);
}

#[test]
fn a_certificate_by_someone_else_is_a_failure_of_tls() {
    let provider = Provider::start_tls();
    let outcome = probe(&at(&provider), LEVEL);
    let failure = assert_failure(&outcome, LEVEL, ErrorKind::Connect);
    assert!(failure.message.starts_with("TLS 127.0.0.1:"), "{}", failure.message);
    assert!(failure.message.contains("UnknownIssuer"), "{}", failure.message);
    let outcome = probe(&at(&provider), ProbeLevel::Models);
    let failure = assert_failure(&outcome, ProbeLevel::Models, ErrorKind::Connect);
    assert!(failure.message.contains("UnknownIssuer"), "{}", failure.message);
    assert_eq!(provider.all_requests(), 0, "a key was shown to who knows whom");
}

#[test]
fn a_certificate_for_another_name_is_a_failure_of_tls() {
    let provider = Provider::start_tls_as("other.example");
    let config = Probes { ca_file: Some(provider.ca_path()), ..config() };
    let outcome = probe_with(&config, &at(&provider), LEVEL);
    let failure = assert_failure(&outcome, LEVEL, ErrorKind::Connect);
    assert!(failure.message.contains("not valid for name"), "{}", failure.message);
}

#[test]
fn a_host_that_takes_the_connection_and_says_nothing_is_a_timeout_of_tls() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let base = format!("https://{}/v1", silent.local_addr().expect("it is bound"));
    let outcome = probe_shortly(&deployment("openai", &base), LEVEL);
    let failure = assert_failure(&outcome, LEVEL, ErrorKind::Timeout);
    assert!(failure.message.starts_with("TLS 127.0.0.1:"), "{}", failure.message);
}

#[test]
fn a_deployment_without_an_address_is_not_blamed() {
    let mut listed = deployment("bedrock", "");
    listed.api_base = None;
    let outcome = probe(&listed, LEVEL);
    assert_failure(&outcome, LEVEL, ErrorKind::BadRequest);
}

#[test]
fn certificates_that_can_not_be_read_are_told_at_the_start() {
    let config = Probes { ca_file: Some("/no/such/file.pem".into()), ..config() };
    let error = llm_exporter::probes::Prober::new(&config).expect_err("no such file").to_string();
    assert!(error.starts_with("`probes.ca_file`: /no/such/file.pem: "), "{error}");
}
