//! Passwords, certificates and names that are wrong: told in words that say what to do, without a secret.

use std::path::Path;

use crate::support::certificates::Authority;
use crate::support::exporter::{Exporter, Launch};
use crate::support::gateway::{Gateway, Mood};
use crate::support::{postgres, redis};
use crate::told::{assert_kept_secret, services, wait_for, wait_for_error};

const RIGHT: &str = "pa55word-that-is-right";
const WRONG: &str = "pa55word-that-is-wrong";

fn start(config: &str) -> Exporter {
    Launch::default().config(&format!("dependencies: {{interval: 200ms, timeout: 2s}}\n{config}")).start()
}

/// Both by their addresses.
fn start_with(database: &str, redis: &str) -> Exporter {
    start(&format!("database: {{url: '{database}'}}\nredis: {{url: '{redis}'}}\n"))
}

/// Both by their addresses, with an authority to trust.
fn start_trusting(database: &str, redis: &str, ca_file: &Path) -> Exporter {
    let ca_file = ca_file.display();
    start(&format!(
        "database: {{url: '{database}', ca_file: '{ca_file}'}}\nredis: {{url: '{redis}', ca_file: '{ca_file}'}}\n"
    ))
}

#[test]
fn a_right_password_opens_and_a_wrong_one_is_told_and_never_shown() {
    let (database, redis) = (postgres::Postgres::with_password(RIGHT), redis::Redis::with_password(RIGHT));
    let exporter = start_with(&database.url(), &redis.url());
    for name in ["database", "redis"] {
        wait_for(&exporter, name, "connected");
    }
    assert_kept_secret(&exporter, RIGHT);

    let wrong = |url: String| url.replace(RIGHT, WRONG);
    let exporter = start_with(&wrong(database.url()), &wrong(redis.url()));
    let error = wait_for_error(&exporter, "database");
    assert!(error.contains("password"), "{error}");
    let error = wait_for_error(&exporter, "redis");
    assert!(error.contains("password"), "{error}");
    exporter.wait_until("it is logged", crate::support::deadline::PATIENCE, |exporter| {
        exporter.log().matches("disconnected").count() == 2
    });
    assert_kept_secret(&exporter, WRONG);
    assert_kept_secret(&exporter, RIGHT);
}

#[test]
fn tls_is_trusted_by_the_file_of_the_right_authority_alone() {
    let (authority, other) = (Authority::new(), Authority::new());
    let certificate = authority.certify("127.0.0.1");
    let database = postgres::Setup::default().tls(&certificate).start();
    let redis = redis::Setup::default().tls(&certificate).start();
    let database_url = format!("{}?sslmode=verify-full", database.url());

    let exporter = start_trusting(&database_url, &redis.url(), &authority.file());
    for name in ["database", "redis"] {
        wait_for(&exporter, name, "connected");
    }
    let exporter = start_trusting(&database_url, &redis.url(), &other.file());
    for name in ["database", "redis"] {
        let error = wait_for_error(&exporter, name);
        assert!(error.contains("authority that is not trusted"), "{name}: {error}");
    }
}

#[test]
fn a_name_that_does_not_resolve_is_told() {
    let host = "no-such-host.invalid";
    let exporter = start(&format!(
        "database: {{url: 'postgresql://postgres@{host}/x'}}\nredis: {{url: 'redis://{host}'}}\ngateway: {{url: 'http://{host}:4000'}}\n"
    ));
    for name in ["database", "redis", "gateway"] {
        let error = wait_for_error(&exporter, name);
        // Where nobody answers for names, time runs out.
        assert!(error.contains(host) || error.contains("no answer within"), "{name}: {error}");
    }
}

#[test]
fn a_gateway_that_refuses_the_key_lives_and_tells_nothing() {
    let gateway = Gateway::listing(r#"{"data": []}"#);
    let exporter = start(&format!("gateway: {{url: '{}', api_key: {WRONG}, models_interval: 200ms}}\n", gateway.url()));
    wait_for(&exporter, "gateway", "connected");
    exporter.wait_until("the list is down", crate::support::deadline::PATIENCE, |exporter| {
        services(exporter)["router"]["lists"][0]["status"] == "down"
    });
    let told = services(&exporter);
    let error = told["router"]["lists"][0]["error"].as_str().unwrap_or_default();
    assert!(error.contains("does not accept gateway.api_key"), "{told}");
    assert_eq!(exporter.get("/health/readiness").status, 503, "no list was read yet");
    assert_kept_secret(&exporter, WRONG);
    gateway.be(Mood::Failing(401));
    let error = wait_for_error(&exporter, "gateway");
    assert!(error.contains("401"), "{error}");
}
