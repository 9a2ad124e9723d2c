//! Servers that stop, hang, go on and come back.

use crate::support::exporter::{Exporter, Launch};
use crate::support::gateway::{Gateway, Mood};
use crate::support::postgres::Postgres;
use crate::support::redis::Redis;
use crate::support::server::Server;
use crate::told::{assert_answers_at_once, services, wait_for, wait_for_error, wait_for_log};

/// A check is answered within this time also on a busy machine.
const CHECKS: &str = "dependencies: {interval: 200ms, timeout: 2s}\n";

fn start(config: &str) -> Exporter {
    Launch::default().config(&format!("{CHECKS}{config}")).start()
}

#[test]
fn nothing_configured_is_nothing_missing() {
    let exporter = start("");
    let services = services(&exporter);
    for name in ["database", "redis", "gateway"] {
        assert_eq!(services[name]["status"], "not_configured");
    }
    let health = exporter.get("/health").json();
    assert_eq!((&health["db"], &health["redis"]), (&"not_configured".into(), &"not_configured".into()));
}

/// It is well in the end, and was away once and hung once.
fn assert_faults_are_told<S: Server>(name: &str) -> (S, Exporter) {
    let mut server = S::start();
    let exporter = start(&format!("{name}: {{url: '{}'}}\n", server.url()));
    wait_for(&exporter, name, "connected");
    wait_for_log(&exporter, name, [1, 0]);

    server.stop();
    assert!(wait_for_error(&exporter, name).contains("connection refused"));
    wait_for_log(&exporter, name, [1, 1]);
    server.start_again();
    let told = wait_for(&exporter, name, "connected");
    assert!(told["last_error"].as_str().is_some_and(|error| error.contains("connection refused")), "kept: {told}");
    wait_for_log(&exporter, name, [2, 1]);

    server.pause();
    assert_eq!(wait_for_error(&exporter, name), "no answer within 2s");
    assert_answers_at_once(&exporter);
    wait_for_log(&exporter, name, [2, 2]);
    server.resume();
    wait_for(&exporter, name, "connected");
    wait_for_log(&exporter, name, [3, 2]);
    (server, exporter)
}

#[test]
fn a_database_is_told_of_through_every_fault() {
    let name = "database";
    let (mut server, exporter) = assert_faults_are_told::<Postgres>(name);
    server.stop();
    wait_for_error(&exporter, name);
    wait_for_log(&exporter, name, [3, 3]);
    server.start_again_empty();
    wait_for(&exporter, name, "connected");
    wait_for_log(&exporter, name, [4, 3]);
}

/// It keeps nothing: each start is one with new data.
#[test]
fn a_redis_is_told_of_through_every_fault() {
    assert_faults_are_told::<Redis>("redis");
}

#[test]
fn a_gateway_is_told_of_through_every_fault() {
    let gateway = Gateway::listing(r#"{"data": []}"#);
    let exporter = start(&format!("gateway: {{url: '{}'}}\n", gateway.url()));
    let name = "gateway";
    wait_for(&exporter, name, "connected");
    wait_for_log(&exporter, name, [1, 0]);

    gateway.be(Mood::Down);
    wait_for_error(&exporter, name);
    wait_for_log(&exporter, name, [1, 1]);
    gateway.be(Mood::Well);
    wait_for(&exporter, name, "connected");
    wait_for_log(&exporter, name, [2, 1]);

    gateway.be(Mood::Hanging);
    assert_eq!(wait_for_error(&exporter, name), "no answer within 2s");
    assert_answers_at_once(&exporter);
    wait_for_log(&exporter, name, [2, 2]);
    gateway.be(Mood::Failing(503));
    exporter.wait_until("another error is told", crate::support::deadline::PATIENCE, |exporter| {
        services(exporter)[name]["error"] == "GET /health/liveliness answered 503"
    });
    gateway.be(Mood::Well);
    wait_for(&exporter, name, "connected");
    wait_for_log(&exporter, name, [3, 2]);
    assert_eq!(gateway.requests("GET /model/info"), 0, "without a key it tells nobody");
    gateway.assert_nothing_billed();
}

#[test]
fn one_that_is_away_says_nothing_against_the_others() {
    let (mut database, redis) = (Postgres::start(), Redis::start());
    let exporter = start(&format!("database: {{url: '{}'}}\nredis: {{url: '{}'}}\n", database.url(), redis.url()));
    wait_for(&exporter, "database", "connected");
    wait_for(&exporter, "redis", "connected");
    database.stop();
    wait_for_error(&exporter, "database");
    assert_eq!(services(&exporter)["redis"]["status"], "connected");
    redis.pause();
    wait_for_error(&exporter, "redis");
    database.start_again();
    wait_for(&exporter, "database", "connected");
    assert_eq!(exporter.get("/health").status, 503, "one is still away");
    redis.resume();
    wait_for(&exporter, "redis", "connected");
    assert_eq!(exporter.get("/health").status, 200);
}
