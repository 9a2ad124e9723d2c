//! When the exporter may be sent traffic.

use crate::support::deadline::PATIENCE;
use crate::support::exporter::{Exporter, Launch};
use crate::support::gateway::{Gateway, MASTER_KEY, Mood};
use crate::support::postgres::Postgres;
use crate::told::{wait_for, wait_for_error};

const QUICK: &str =
    "dependencies: {interval: 200ms, timeout: 2s}\nshutdown: {delay: 5s, grace: 6s}\nprobes: {enabled: false}\n";

fn start(config: &str) -> Exporter {
    Launch::default().config(&format!("{QUICK}{config}")).start()
}

/// Status, `db_initialized` and `router_initialized`; the gauges say the same.
fn readiness(exporter: &Exporter) -> (u16, bool, bool) {
    let answer = exporter.get("/health/readiness");
    let json = answer.json();
    let is = |key: &str| json[key].as_bool().unwrap_or_else(|| panic!("{key}: {json}"));
    assert_eq!(json["status"], if answer.status == 200 { "ready" } else { "not_ready" });
    (answer.status, is("db_initialized"), is("router_initialized"))
}

fn wait_for_readiness(exporter: &Exporter, expected: (u16, bool, bool)) {
    exporter.wait_until("readiness", PATIENCE, |exporter| readiness(exporter) == expected);
    let metrics = exporter.metrics();
    let gauge = |name| metrics.value(name, &[]) == Some(1.0);
    assert_eq!((gauge("llm_ready"), gauge("llm_router_initialized")), (expected.0 == 200, expected.2));
}

#[test]
fn a_database_must_have_been_reached_once_and_no_more_than_that() {
    let mut database = Postgres::start();
    database.stop();
    let exporter = start(&format!("database: {{url: '{}'}}\n", database.url()));
    wait_for_error(&exporter, "database");
    wait_for_readiness(&exporter, (503, false, true));
    assert_eq!(exporter.get("/health/liveliness").status, 200, "a restart would not help");

    database.start_again();
    wait_for_readiness(&exporter, (200, true, true));
    wait_for(&exporter, "database", "connected");
    database.stop();
    wait_for_error(&exporter, "database");
    assert_eq!(readiness(&exporter), (200, true, true), "an outage takes no replica out");
    assert_eq!(exporter.get("/health").status, 503);

    exporter.sigterm();
    wait_for_readiness(&exporter, (503, true, true));
}

#[test]
fn a_list_of_models_must_have_been_read_once_and_no_more_than_that() {
    let gateway = Gateway::listing(include_str!("../data/rest/model_info.json"));
    gateway.be(Mood::Failing(500));
    let config = format!("gateway: {{url: '{}', api_key: {MASTER_KEY}, models_interval: 200ms}}\n", gateway.url());
    let exporter = start(&config);
    exporter.wait_until("it was asked", PATIENCE, |_| gateway.requests("GET /model/info") > 1);
    wait_for_readiness(&exporter, (503, true, false));
    gateway.be(Mood::Well);
    wait_for_readiness(&exporter, (200, true, true));
    gateway.be(Mood::Down);
    wait_for_error(&exporter, "gateway");
    assert_eq!(readiness(&exporter), (200, true, true));
    gateway.assert_nothing_billed();
}

#[test]
fn redis_is_no_reason_to_wait() {
    let exporter = start("redis: {url: 'redis://127.0.0.1:1'}\n");
    wait_for_error(&exporter, "redis");
    assert_eq!(readiness(&exporter), (200, true, true));
}
